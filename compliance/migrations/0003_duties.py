"""Rules of law, and for an incident what was decided of each, when its clocks began, what was filed."""

import django.db.models.deletion
import simple_history.models
from django.conf import settings
from django.db import migrations, models

import tenants.scope
import tenants.time
import tenants.walled
from ledger.guards import append_only, audited
from tenants.together import together
from tenants.walls import DropLoneIndexes, NeedToKnow


class Migration(migrations.Migration):
    dependencies = [
        ("compliance", "0002_engagements"),
        ("incidents", "0018_service_components"),
        ("ledger", "0006_answers_tell_of_events"),
        ("tenants", "0005_own_work"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="HistoricalRegulatorRule",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                ("history_xid", models.BigIntegerField(default=0, editable=False)),
                ("key", models.CharField(max_length=60)),
                ("version", models.IntegerField()),
                ("regime", models.CharField(max_length=80)),
                ("stage", models.CharField(max_length=120)),
                ("trigger", models.CharField(max_length=20)),
                ("limits", models.JSONField(default=list)),
                ("calendar", models.CharField(max_length=20)),
                ("roll", models.CharField(max_length=10)),
                ("roll_until", models.CharField(blank=True, max_length=5)),
                ("recipient", models.CharField(max_length=200)),
                ("citation", models.CharField(max_length=300)),
                ("note", models.TextField(blank=True)),
                ("valid_from", models.DateField(null=True)),
                ("valid_to", models.DateField(null=True)),
                ("loaded_at", models.DateTimeField(default=tenants.time.now)),
                ("approved_at", models.DateTimeField(null=True)),
                ("withdrawn_at", models.DateTimeField(null=True)),
                ("withdrawn_why", models.TextField(blank=True)),
                ("history_user_id", models.BigIntegerField(null=True)),
                ("history_change_reason", models.TextField(null=True)),
                ("history_id", models.BigAutoField(editable=False, primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_type", models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1)),
                (
                    "approved_by",
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
                    "loaded_by",
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
                (
                    "withdrawn_by",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "historical regulator rule",
                "verbose_name_plural": "historical regulator rules",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="RegulatorRule",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("key", models.CharField(max_length=60)),
                ("version", models.IntegerField()),
                ("regime", models.CharField(max_length=80)),
                ("stage", models.CharField(max_length=120)),
                ("trigger", models.CharField(max_length=20)),
                ("limits", models.JSONField(default=list)),
                ("calendar", models.CharField(max_length=20)),
                ("roll", models.CharField(max_length=10)),
                ("roll_until", models.CharField(blank=True, max_length=5)),
                ("recipient", models.CharField(max_length=200)),
                ("citation", models.CharField(max_length=300)),
                ("note", models.TextField(blank=True)),
                ("valid_from", models.DateField(null=True)),
                ("valid_to", models.DateField(null=True)),
                ("loaded_at", models.DateTimeField(default=tenants.time.now)),
                ("approved_at", models.DateTimeField(null=True)),
                ("withdrawn_at", models.DateTimeField(null=True)),
                ("withdrawn_why", models.TextField(blank=True)),
                (
                    "approved_by",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "loaded_by",
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
                (
                    "withdrawn_by",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="HistoricalDutyCase",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                ("history_xid", models.BigIntegerField(default=0, editable=False)),
                ("proposed_at", models.DateTimeField(default=tenants.time.now)),
                ("applies", models.BooleanField(null=True)),
                ("decided_at", models.DateTimeField(null=True)),
                ("reason", models.TextField(blank=True)),
                ("began_at", models.DateTimeField(null=True)),
                ("due_at", models.DateTimeField(null=True)),
                ("filed_at", models.DateTimeField(null=True)),
                ("history_user_id", models.BigIntegerField(null=True)),
                ("history_change_reason", models.TextField(null=True)),
                ("history_id", models.BigAutoField(editable=False, primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_type", models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1)),
                (
                    "decided_by",
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
                    "incident",
                    tenants.walled.TenantKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="incidents.incident",
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
                    "proposed_by",
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
                    "rule",
                    tenants.walled.TenantKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="compliance.regulatorrule",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical duty case",
                "verbose_name_plural": "historical duty cases",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="DutyCase",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("proposed_at", models.DateTimeField(default=tenants.time.now)),
                ("applies", models.BooleanField(null=True)),
                ("decided_at", models.DateTimeField(null=True)),
                ("reason", models.TextField(blank=True)),
                ("began_at", models.DateTimeField(null=True)),
                ("due_at", models.DateTimeField(null=True)),
                ("filed_at", models.DateTimeField(null=True)),
                (
                    "decided_by",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "incident",
                    tenants.walled.TenantKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="duties",
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
                (
                    "proposed_by",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "rule",
                    tenants.walled.TenantKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="cases",
                        to="compliance.regulatorrule",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="DutyFiling",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                ("reference", models.CharField(max_length=200)),
                ("file", models.IntegerField()),
                ("sha256", models.CharField(max_length=64)),
                ("note", models.TextField(blank=True)),
                ("recorded_at", models.DateTimeField(default=tenants.time.now)),
                (
                    "case",
                    tenants.walled.TenantKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="filings",
                        to="compliance.dutycase",
                    ),
                ),
                (
                    "filed_by",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL),
                ),
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
                "indexes": [models.Index(fields=["organisation", "case"], name="duty_filing_by_case")],
            },
        ),
        migrations.CreateModel(
            name="DutyStart",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("start", models.CharField(max_length=20)),
                ("at", models.DateTimeField()),
                ("reason", models.TextField()),
                ("recorded_at", models.DateTimeField(default=tenants.time.now)),
                (
                    "case",
                    tenants.walled.TenantKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="starts",
                        to="compliance.dutycase",
                    ),
                ),
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
                (
                    "recorded_by",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["organisation", "case"], name="duty_start_by_case")],
            },
        ),
        migrations.AddConstraint(
            model_name="regulatorrule",
            constraint=models.UniqueConstraint(fields=("organisation", "key", "version"), name="a_duty_version_once"),
        ),
        migrations.AddConstraint(
            model_name="regulatorrule",
            constraint=models.UniqueConstraint(
                condition=models.Q(("approved_at__isnull", False), ("withdrawn_at__isnull", True)),
                fields=("organisation", "key"),
                name="one_version_of_a_duty_in_force",
            ),
        ),
        migrations.AddConstraint(
            model_name="regulatorrule",
            constraint=models.CheckConstraint(condition=models.Q(("citation", ""), _negated=True), name="a_duty_has_a_citation"),
        ),
        migrations.AddConstraint(
            model_name="regulatorrule",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("approved_at__isnull", True), ("approved_by__isnull", True)),
                    models.Q(
                        models.Q(("approved_at__isnull", True), _negated=True),
                        models.Q(("approved_by__isnull", True), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="a_duty_is_approved_by_somebody",
            ),
        ),
        migrations.AddConstraint(
            model_name="regulatorrule",
            constraint=models.CheckConstraint(
                condition=models.Q(("withdrawn_at__isnull", True), ("approved_at__isnull", False), _connector="OR"),
                name="only_an_approved_duty_is_withdrawn",
            ),
        ),
        migrations.AddIndex(
            model_name="dutycase",
            index=models.Index(
                condition=models.Q(("filed_at__isnull", True)), fields=["organisation", "due_at"], name="duty_by_due"
            ),
        ),
        migrations.AddConstraint(
            model_name="dutycase",
            constraint=models.UniqueConstraint(fields=("organisation", "incident", "rule"), name="a_duty_once_an_incident"),
        ),
        migrations.AddConstraint(
            model_name="dutycase",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("applies__isnull", True),
                    models.Q(
                        ("decided_at__isnull", False), ("decided_by__isnull", False), models.Q(("reason", ""), _negated=True)
                    ),
                    _connector="OR",
                ),
                name="a_decided_duty_says_why",
            ),
        ),
        migrations.AddConstraint(
            model_name="dutycase",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("due_at__isnull", True), ("began_at__isnull", True)),
                    models.Q(
                        models.Q(("due_at__isnull", True), _negated=True), models.Q(("began_at__isnull", True), _negated=True)
                    ),
                    _connector="OR",
                ),
                name="what_is_due_began",
            ),
        ),
        *audited("compliance", "regulatorrule", "dutycase"),
        *append_only("compliance", "dutystart", "dutyfiling"),
        NeedToKnow("compliance", "dutycase", "historicaldutycase", "dutystart", "dutyfiling"),
        DropLoneIndexes("compliance"),
    ]
    operations = together(operations)
