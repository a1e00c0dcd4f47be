"""By which components customers notice that a service is not well."""

import django.db.models.deletion
import simple_history.models
from django.db import migrations, models

import tenants.scope
import tenants.walled
from ledger.guards import audited
from tenants.walls import DropLoneIndexes


class Migration(migrations.Migration):
    dependencies = [
        ("incidents", "0017_corrected_times_and_targets"),
        ("oncall", "0011_service_tiers"),
        ("tenants", "0005_own_work"),
        ("ledger", "0006_answers_tell_of_events"),
    ]

    operations = [
        migrations.CreateModel(
            name="HistoricalServiceComponent",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                ("history_xid", models.BigIntegerField(default=0, editable=False)),
                ("history_user_id", models.BigIntegerField(null=True)),
                ("history_change_reason", models.TextField(null=True)),
                ("history_id", models.BigAutoField(editable=False, primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_type", models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1)),
                (
                    "component",
                    tenants.walled.TenantKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="incidents.component",
                    ),
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
                (
                    "service",
                    tenants.walled.TenantKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="oncall.service",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical component of a service",
                "verbose_name_plural": "historical components of services",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="ServiceComponent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "component",
                    tenants.walled.TenantKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="service_links",
                        to="incidents.component",
                    ),
                ),
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
                (
                    "service",
                    tenants.walled.TenantKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="component_links",
                        to="oncall.service",
                    ),
                ),
            ],
            options={
                "verbose_name": "component of a service",
                "verbose_name_plural": "components of services",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("organisation", "service", "component"),
                        name="a_component_once_a_service",
                        violation_error_message="This service has this component already.",
                    )
                ],
            },
        ),
        *audited("incidents", "servicecomponent"),
        DropLoneIndexes("incidents"),
    ]
