"""Custodians outside the organisation answer by a link: whose it is good, until when, and what they attached (breach.preserve-logs)."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import tenants.scope
import tenants.time
import tenants.walled
from ledger.guards import Regard, append_only
from tenants.together import together
from tenants.walls import DropLoneIndexes


class Migration(migrations.Migration):
    dependencies = [
        ("compliance", "0009_erased_entries"),
        ("ledger", "0007_ledger"),
        ("incidents", "0021_room_facts"),
        ("tenants", "0006_signed_context"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="CustodianFile",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=200)),
                ("content_type", models.CharField(max_length=100)),
                ("size", models.IntegerField()),
                ("sha256", models.CharField(max_length=64)),
                ("received_at", models.DateTimeField(default=tenants.time.now)),
                ("body", models.BinaryField()),
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
                    "task",
                    tenants.walled.TenantKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="files",
                        to="compliance.custodiantask",
                    ),
                ),
            ],
            options={"constraints": [models.UniqueConstraint(fields=("organisation", "task"), name="one_file_a_custodian")]},
        ),
        migrations.RemoveConstraint(
            model_name="custodiantask",
            name="custodian_answered",
        ),
        migrations.RemoveConstraint(
            model_name="custodiantask",
            name="proven_says_where",
        ),
        migrations.AddField(
            model_name="custodiantask",
            name="acknowledged_link",
            field=models.IntegerField(null=True),
        ),
        migrations.AddField(
            model_name="custodiantask",
            name="link_number",
            field=models.IntegerField(default=0),
        ),
        migrations.AddField(
            model_name="custodiantask",
            name="link_until",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="custodiantask",
            name="proven_link",
            field=models.IntegerField(null=True),
        ),
        migrations.AddField(
            model_name="custodiantask",
            name="withdrawn_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="custodiantask",
            name="withdrawn_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="historicalcustodiantask",
            name="acknowledged_link",
            field=models.IntegerField(null=True),
        ),
        migrations.AddField(
            model_name="historicalcustodiantask",
            name="link_number",
            field=models.IntegerField(default=0),
        ),
        migrations.AddField(
            model_name="historicalcustodiantask",
            name="link_until",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="historicalcustodiantask",
            name="proven_link",
            field=models.IntegerField(null=True),
        ),
        migrations.AddField(
            model_name="historicalcustodiantask",
            name="withdrawn_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="historicalcustodiantask",
            name="withdrawn_by",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddConstraint(
            model_name="custodiantask",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("acknowledged_at__isnull", True), ("acknowledged_by__isnull", True), ("acknowledged_link__isnull", True)
                    ),
                    models.Q(
                        ("acknowledged_at__isnull", False),
                        models.Q(
                            models.Q(("acknowledged_by__isnull", False), ("acknowledged_link__isnull", True)),
                            models.Q(("acknowledged_by__isnull", True), ("acknowledged_link__isnull", False)),
                            _connector="OR",
                        ),
                    ),
                    _connector="OR",
                ),
                name="custodian_answered",
            ),
        ),
        migrations.AddConstraint(
            model_name="custodiantask",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("proven_at__isnull", True), ("proven_by__isnull", True), ("proven_link__isnull", True)),
                    models.Q(
                        ("proven_at__isnull", False),
                        models.Q(
                            models.Q(("proven_by__isnull", False), ("proven_link__isnull", True)),
                            models.Q(("proven_by__isnull", True), ("proven_link__isnull", False)),
                            _connector="OR",
                        ),
                        ("acknowledged_at__isnull", False),
                        models.Q(("location", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="proven_says_where",
            ),
        ),
        migrations.AddConstraint(
            model_name="custodiantask",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("person__isnull", True),
                    models.Q(
                        ("acknowledged_link__isnull", True),
                        ("link_number", 0),
                        ("link_until__isnull", True),
                        ("proven_link__isnull", True),
                    ),
                    _connector="OR",
                ),
                name="only_outside_by_link",
            ),
        ),
        migrations.AddConstraint(
            model_name="custodiantask",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("withdrawn_at__isnull", True), ("withdrawn_by__isnull", True)),
                    models.Q(("over_at__isnull", False), ("withdrawn_at__isnull", False), ("withdrawn_by__isnull", False)),
                    _connector="OR",
                ),
                name="taken_back_is_over",
            ),
        ),
        Regard("compliance", "custodiantask"),
        *append_only("compliance", "custodianfile"),
        DropLoneIndexes("compliance"),
    ]
    operations = together(operations)
