"""One row of figures an incident, and one a clause of it: derived from the record, behind both walls, and made of all there is."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

import tenants.scope
import tenants.walled
from metrics.sql import ALL, statements
from tenants.together import together
from tenants.walls import NeedToKnow, Sql, Wall

# As it was before clocks said that they fell away: the column is of a later migration.
CLOCKS_THEN = """
INSERT INTO metrics_clockfigure (organisation_id, incident_id, clause, detected_at, severity, kept, broken)
SELECT f.organisation_id, f.incident_id, c.clause, f.detected_at, f.severity,
  count(*) FILTER (WHERE c.broken_at IS NULL), count(*) FILTER (WHERE c.broken_at IS NOT NULL)
FROM incidents_incident i JOIN metrics_incidentfigure f ON f.organisation_id = i.organisation_id AND f.incident_id = i.id
CROSS JOIN LATERAL (
  SELECT k.clause, k.broken_at, k.stopped_at FROM standard_clock k
  WHERE k.organisation_id = i.organisation_id AND k.incident_id = i.id
  UNION ALL
  SELECT k.clause, k.broken_at, k.stopped_at FROM oncall_page p JOIN standard_clock k ON k.organisation_id = p.organisation_id
    AND k.subject_type = 'oncall.page' AND k.subject_id = p.id AND k.incident_id IS NULL
  WHERE p.organisation_id = i.organisation_id AND p.incident_id = i.id) c
WHERE {which} AND (c.broken_at IS NOT NULL OR c.stopped_at IS NOT NULL)
GROUP BY f.organisation_id, f.incident_id, c.clause, f.detected_at, f.severity
ON CONFLICT (organisation_id, incident_id, clause) DO UPDATE SET detected_at = excluded.detected_at, severity = excluded.severity,
  kept = excluded.kept, broken = excluded.broken
"""
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
        *(Sql(statement) for statement in statements(ALL, [CLOCKS_THEN])),
    ]
    operations = together(operations)
