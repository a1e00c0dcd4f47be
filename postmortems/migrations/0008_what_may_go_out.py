"""Whether a written reason lets out what is found in a public rendering: the organisation's to say."""

import django.db.models.deletion
import simple_history.models
from django.db import migrations, models

import tenants.scope
from ledger.guards import audited
from tenants.together import together


class Migration(migrations.Migration):
    dependencies = [
        ("postmortems", "0007_corrected_times_of_reviews"),
        ("tenants", "0006_signed_context"),
    ]
    operations = [
        migrations.CreateModel(
            name="HistoricalReleasePolicy",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                ("history_xid", models.BigIntegerField(default=0, editable=False)),
                ("overrides_allowed", models.BooleanField(default=True)),
                ("reason", models.TextField(blank=True, default="")),
                ("history_user_id", models.BigIntegerField(null=True)),
                ("history_change_reason", models.TextField(null=True)),
                ("history_id", models.BigAutoField(editable=False, primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        default=tenants.scope.organisation_id,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="tenants.organisation",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical release policy",
                "verbose_name_plural": "historical release policies",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="ReleasePolicy",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("overrides_allowed", models.BooleanField(default=True)),
                ("reason", models.TextField(blank=True, default="")),
                (
                    "organisation",
                    models.ForeignKey(
                        default=tenants.scope.organisation_id,
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenants.organisation",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "release policies",
                "constraints": [models.UniqueConstraint(fields=("organisation",), name="one_release_policy")],
            },
        ),
        *audited("postmortems", "releasepolicy"),
    ]
    operations = together(operations)
