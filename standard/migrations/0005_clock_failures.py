"""Clocks that could not be struck: when each is tried again."""

import django.db.models.deletion
from django.db import migrations, models

import tenants.scope
import tenants.walled


class Migration(migrations.Migration):
    dependencies = [
        ("standard", "0004_no_lone_indexes"),
        ("tenants", "0005_own_work"),
    ]

    operations = [
        migrations.CreateModel(
            name="ClockFailure",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("incident_id", models.BigIntegerField(null=True)),
                ("failures", models.IntegerField(default=0)),
                ("last_error", models.TextField(blank=True)),
                ("next_try_at", models.DateTimeField(null=True)),
                (
                    "clock",
                    tenants.walled.TenantKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="trouble",
                        to="standard.clock",
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
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("clock",), name="one_trouble_a_clock")],
            },
        ),
    ]
