"""Audit engagements, and the period that the database keeps an auditor to (people.auditor)."""

import django.db.models.deletion
import simple_history.models
from django.conf import settings
from django.db import migrations, models

import tenants.scope
import tenants.time
from compliance.audit_sql import FUNCTIONS, KeepPeriods
from ledger.guards import audited
from tenants.together import together
from tenants.walls import DropLoneIndexes, Sql


class Migration(migrations.Migration):
    dependencies = [
        ("compliance", "0001_conformance"),
        ("tenants", "0006_signed_context"),
        ("ledger", "0006_answers_tell_of_events"),
        ("incidents", "0018_service_components"),
        ("standard", "0008_process_walls"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="HistoricalAuditEngagement",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                ("history_xid", models.BigIntegerField(default=0, editable=False)),
                ("firm", models.CharField(max_length=120)),
                ("first", models.DateField()),
                ("last", models.DateField()),
                ("starts_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField()),
                ("restricted", models.BooleanField(default=False)),
                ("expires_at", models.DateTimeField()),
                ("made_at", models.DateTimeField(default=tenants.time.now)),
                ("ended_at", models.DateTimeField(null=True)),
                ("end_reason", models.TextField(blank=True)),
                ("history_user_id", models.BigIntegerField(null=True)),
                ("history_change_reason", models.TextField(null=True)),
                ("history_id", models.BigAutoField(editable=False, primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_type", models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1)),
                (
                    "auditor",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "ended_by",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "made_by",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
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
            ],
            options={
                "verbose_name": "historical audit engagement",
                "verbose_name_plural": "historical audit engagements",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="AuditEngagement",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("firm", models.CharField(max_length=120)),
                ("first", models.DateField()),
                ("last", models.DateField()),
                ("starts_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField()),
                ("restricted", models.BooleanField(default=False)),
                ("expires_at", models.DateTimeField()),
                ("made_at", models.DateTimeField(default=tenants.time.now)),
                ("ended_at", models.DateTimeField(null=True)),
                ("end_reason", models.TextField(blank=True)),
                (
                    "auditor",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL),
                ),
                (
                    "ended_by",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "made_by",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
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
                "indexes": [models.Index(fields=["organisation", "auditor"], name="engagement_by_auditor")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("last__gte", models.F("first")), ("ends_at__gt", models.F("starts_at"))),
                        name="an_audit_has_a_period",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("ended_at__isnull", True), ("ended_by__isnull", True)),
                            models.Q(
                                models.Q(("ended_at__isnull", True), _negated=True),
                                models.Q(("ended_by__isnull", True), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="an_audit_is_ended_by_somebody",
                    ),
                ],
            },
        ),
    ]
    operations = [
        *together(operations),
        *audited("compliance", "auditengagement"),
        Sql(FUNCTIONS),
        KeepPeriods(),
        DropLoneIndexes("compliance"),
    ]
