"""The figures that a quarter's review was signed off with: kept as data, and never changed."""

import django.db.models.deletion
from django.db import migrations, models

import tenants.scope
import tenants.time
import tenants.walled
from ledger.guards import append_only
from tenants.together import together
from tenants.walls import DropLoneIndexes


class Migration(migrations.Migration):
    dependencies = [("standard", "0009_clocks_that_fell_away"), ("tenants", "0005_own_work")]
    operations = [
        migrations.CreateModel(
            name="SignedFigures",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("covers_from", models.DateTimeField()),
                ("covers_until", models.DateTimeField()),
                ("figures", models.JSONField()),
                ("signed_at", models.DateTimeField(default=tenants.time.now)),
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
                    "review",
                    tenants.walled.TenantKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="signed_figures",
                        to="standard.processreview",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "signed figures",
                "constraints": [models.UniqueConstraint(fields=("organisation", "review"), name="figures_signed_once")],
            },
        ),
        *append_only("standard", "signedfigures"),
        DropLoneIndexes("standard"),
    ]
    operations = together(operations)
