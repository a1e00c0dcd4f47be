"""Corrections of an incident's key times, as facts beside what was recorded; and how available each component is meant to be."""

from decimal import Decimal

import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

import incidents.models.comms
import tenants.scope
import tenants.walled
from ledger.guards import Regard, append_only
from tenants.together import together
from tenants.walls import NeedToKnow


class Migration(migrations.Migration):
    dependencies = [
        ("incidents", "0016_raw_requests_by_their_door"),
        ("tenants", "0005_own_work"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="TimeCorrection",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "which",
                    models.CharField(
                        choices=[
                            ("impact_start", "Impact began"),
                            ("detected", "Detected"),
                            ("acknowledged", "First acknowledged"),
                            ("mitigated", "Mitigated"),
                            ("resolved", "Resolved"),
                            ("impact_end", "Impact ended"),
                        ],
                        max_length=20,
                    ),
                ),
                ("original", models.DateTimeField(null=True)),
                ("occurred_at", models.DateTimeField()),
                ("recorded_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("reason", models.TextField()),
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
                    "incident",
                    tenants.walled.TenantKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="time_corrections",
                        to="incidents.incident",
                    ),
                ),
                (
                    "corrected_by",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="component",
            name="down_when",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(
                    choices=[
                        ("operational", "Operational"),
                        ("degraded_performance", "Degraded performance"),
                        ("partial_outage", "Partial outage"),
                        ("major_outage", "Major outage"),
                        ("under_maintenance", "Under maintenance"),
                    ],
                    max_length=30,
                ),
                default=incidents.models.comms.counts_as_down,
                help_text="Which conditions count as time in which it was not available.",
                verbose_name="down when",
            ),
        ),
        migrations.AddField(
            model_name="component",
            name="sla",
            field=models.DecimalField(
                blank=True,
                decimal_places=4,
                help_text="Percent we promised.",
                max_digits=7,
                null=True,
                validators=[
                    django.core.validators.MinValueValidator(Decimal("50"), "A target is at least 50 percent."),
                    django.core.validators.MaxValueValidator(
                        Decimal("99.9999"), "A target is below 100 percent: nothing is always there."
                    ),
                ],
                verbose_name="SLA",
            ),
        ),
        migrations.AddField(
            model_name="component",
            name="slo",
            field=models.DecimalField(
                blank=True,
                decimal_places=4,
                help_text="Percent of the time we aim at.",
                max_digits=7,
                null=True,
                validators=[
                    django.core.validators.MinValueValidator(Decimal("50"), "A target is at least 50 percent."),
                    django.core.validators.MaxValueValidator(
                        Decimal("99.9999"), "A target is below 100 percent: nothing is always there."
                    ),
                ],
                verbose_name="SLO",
            ),
        ),
        migrations.AddField(
            model_name="historicalcomponent",
            name="down_when",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(
                    choices=[
                        ("operational", "Operational"),
                        ("degraded_performance", "Degraded performance"),
                        ("partial_outage", "Partial outage"),
                        ("major_outage", "Major outage"),
                        ("under_maintenance", "Under maintenance"),
                    ],
                    max_length=30,
                ),
                default=incidents.models.comms.counts_as_down,
                help_text="Which conditions count as time in which it was not available.",
                verbose_name="down when",
            ),
        ),
        migrations.AddField(
            model_name="historicalcomponent",
            name="sla",
            field=models.DecimalField(
                blank=True,
                decimal_places=4,
                help_text="Percent we promised.",
                max_digits=7,
                null=True,
                validators=[
                    django.core.validators.MinValueValidator(Decimal("50"), "A target is at least 50 percent."),
                    django.core.validators.MaxValueValidator(
                        Decimal("99.9999"), "A target is below 100 percent: nothing is always there."
                    ),
                ],
                verbose_name="SLA",
            ),
        ),
        migrations.AddField(
            model_name="historicalcomponent",
            name="slo",
            field=models.DecimalField(
                blank=True,
                decimal_places=4,
                help_text="Percent of the time we aim at.",
                max_digits=7,
                null=True,
                validators=[
                    django.core.validators.MinValueValidator(Decimal("50"), "A target is at least 50 percent."),
                    django.core.validators.MaxValueValidator(
                        Decimal("99.9999"), "A target is below 100 percent: nothing is always there."
                    ),
                ],
                verbose_name="SLO",
            ),
        ),
        migrations.AddIndex(
            model_name="incident",
            index=models.Index(condition=models.Q(("exercise", True)), fields=["organisation"], name="incident_exercise"),
        ),
        migrations.AddConstraint(
            model_name="component",
            constraint=models.CheckConstraint(
                condition=models.Q(("slo__isnull", True), ("sla__isnull", True), ("sla__lte", models.F("slo")), _connector="OR"),
                name="no_more_promised_than_aimed_at",
                violation_error_message="The SLA is what was promised: it is not above the SLO, which is what you aim at.",
            ),
        ),
        migrations.AddIndex(
            model_name="timecorrection",
            index=models.Index(fields=["organisation", "incident", "id"], name="corrections_of_times"),
        ),
        migrations.AddConstraint(
            model_name="timecorrection",
            constraint=models.CheckConstraint(condition=models.Q(("reason", ""), _negated=True), name="corrected_for_a_reason"),
        ),
        *append_only("incidents", "timecorrection"),
        NeedToKnow("incidents", "timecorrection"),
        Regard("incidents", "component"),
    ]
    operations = together(operations)
