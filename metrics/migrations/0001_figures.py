"""One row of figures an incident, and one a clause of it: derived from the record and behind both walls. What there is is measured by 0002."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

import tenants.scope
import tenants.walled
from tenants.together import together
from tenants.walls import NeedToKnow, Wall

TABLES = ("incidentfigure", "clockfigure")


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("incidents", "0017_corrected_times_and_targets"),
        ("tenants", "0005_own_work"),
    ]

    operations = [
        migrations.CreateModel(
            name="ClockFigure",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("clause", models.CharField(max_length=60)),
                ("detected_at", models.DateTimeField()),
                ("severity", models.IntegerField()),
                ("kept", models.IntegerField()),
                ("broken", models.IntegerField()),
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
                "indexes": [models.Index(fields=["organisation", "clause", "detected_at"], name="clock_figure_by_clause")],
                "constraints": [
                    models.UniqueConstraint(fields=("organisation", "incident", "clause"), name="one_clock_figure_a_clause")
                ],
            },
        ),
        migrations.CreateModel(
            name="IncidentFigure",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("severity", models.IntegerField()),
                ("impact_start", models.DateTimeField(null=True)),
                ("detected_at", models.DateTimeField()),
                ("acknowledged_at", models.DateTimeField(null=True)),
                ("mitigated_at", models.DateTimeField(null=True)),
                ("resolved_at", models.DateTimeField(null=True)),
                ("impact_end", models.DateTimeField(null=True)),
                ("to_detect", models.FloatField(null=True)),
                ("to_acknowledge", models.FloatField(null=True)),
                ("to_mitigate", models.FloatField(null=True)),
                ("to_resolve", models.FloatField(null=True)),
                ("service_ids", django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), default=list)),
                ("team_ids", django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), default=list)),
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
                "indexes": [models.Index(fields=["organisation", "detected_at"], name="figure_by_detection")],
                "constraints": [models.UniqueConstraint(fields=("organisation", "incident"), name="one_figure_an_incident")],
            },
        ),
        *(Wall("metrics", table) for table in TABLES),
        NeedToKnow("metrics", *TABLES),
    ]
    operations = together(operations)
