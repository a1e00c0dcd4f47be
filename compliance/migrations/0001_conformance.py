"""One row of verdicts an incident: derived from the record, behind both walls. `manage.py judge` fills it for what there is already."""

import django.db.models.deletion
from django.db import migrations, models

import tenants.scope
import tenants.walled
from tenants.together import together
from tenants.walls import NeedToKnow, Wall

TABLE = "conformancefigure"


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("incidents", "0018_service_components"),
        ("tenants", "0005_own_work"),
    ]

    operations = [
        migrations.CreateModel(
            name="ConformanceFigure",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("last_seq", models.IntegerField()),
                ("verdicts", models.JSONField(default=dict)),
                (
                    "incident",
                    tenants.walled.TenantKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="incidents.incident",
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
                "constraints": [models.UniqueConstraint(fields=("organisation", "incident"), name="one_conformance_an_incident")],
            },
        ),
        Wall("compliance", TABLE),
        NeedToKnow("compliance", TABLE),
    ]
    operations = together(operations)
