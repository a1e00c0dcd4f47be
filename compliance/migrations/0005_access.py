"""Access to production and its reviews, break glass, and what an organisation settles about both; their walls and guards."""

import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
import simple_history.models
from django.conf import settings
from django.db import migrations, models

import compliance.models.access_policy
import tenants.scope
import tenants.time
import tenants.walled
from ledger.guards import append_only, audited
from tenants.together import together
from tenants.walls import DropLoneIndexes, NeedToKnow

OF_AN_INCIDENT = ("accessreview", "reviewedaccess", "breakglass")


class Migration(migrations.Migration):
    dependencies = [
        ("compliance", "0004_holds"),
        ("incidents", "0019_break_glass"),
        ("tenants", "0005_own_work"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="AccessReview",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.IntegerField()),
                ("starts_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField()),
                ("opened_at", models.DateTimeField(default=tenants.time.now)),
                ("due_at", models.DateTimeField()),
                ("systems", models.JSONField(default=list)),
                ("signed_at", models.DateTimeField(null=True)),
                ("note", models.TextField(blank=True)),
                ("sha256", models.CharField(blank=True, max_length=64)),
                (
                    "incident",
                    tenants.walled.TenantKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="access_reviews",
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
                    "signed_by",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="AccessSystem",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("slug", models.CharField(max_length=40)),
                ("name", models.CharField(max_length=80)),
                ("note", models.TextField(blank=True)),
                ("registered_at", models.DateTimeField(default=tenants.time.now)),
                ("retired_at", models.DateTimeField(null=True)),
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
                    "registered_by",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "retired_by",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="AccessRun",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("source", models.CharField(max_length=60)),
                ("way", models.CharField(choices=[("csv", "CSV"), ("api", "API"), ("hand", "By hand")], max_length=10)),
                ("whole", models.BooleanField()),
                ("taken_at", models.DateTimeField(default=tenants.time.now)),
                ("named", models.IntegerField()),
                ("added", models.IntegerField()),
                ("changed", models.IntegerField()),
                ("ended", models.IntegerField()),
                ("sha256", models.CharField(max_length=64)),
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
                    "taken_by",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "system",
                    tenants.walled.TenantKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="runs",
                        to="compliance.accesssystem",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="AccessFact",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("source", models.CharField(max_length=60)),
                ("principal", models.CharField(max_length=254)),
                ("entitlement", models.CharField(max_length=200)),
                ("privileged", models.BooleanField()),
                ("valid_from", models.DateTimeField(null=True)),
                ("valid_until", models.DateTimeField(null=True)),
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
                    "ended_run",
                    tenants.walled.TenantKey(
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="ended_facts",
                        to="compliance.accessrun",
                    ),
                ),
                (
                    "run",
                    tenants.walled.TenantKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="facts",
                        to="compliance.accessrun",
                    ),
                ),
                (
                    "system",
                    tenants.walled.TenantKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="facts",
                        to="compliance.accesssystem",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="BreakGlass",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("reason", models.TextField()),
                ("minutes", models.IntegerField(default=30)),
                ("opened_at", models.DateTimeField(default=tenants.time.now)),
                ("ends_at", models.DateTimeField()),
                ("review_due_at", models.DateTimeField()),
                (
                    "verdict",
                    models.CharField(
                        blank=True, choices=[("justified", "Justified"), ("not_justified", "Not justified")], max_length=14
                    ),
                ),
                ("note", models.TextField(blank=True)),
                ("reviewed_at", models.DateTimeField(null=True)),
                (
                    "incident",
                    tenants.walled.TenantKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="broken_glass",
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
                    "place",
                    tenants.walled.TenantKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="incidents.needtoknow",
                    ),
                ),
                (
                    "reviewed_by",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL),
                ),
            ],
        ),
        migrations.CreateModel(
            name="HistoricalAccessFact",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                ("history_xid", models.BigIntegerField(default=0, editable=False)),
                ("source", models.CharField(max_length=60)),
                ("principal", models.CharField(max_length=254)),
                ("entitlement", models.CharField(max_length=200)),
                ("privileged", models.BooleanField()),
                ("valid_from", models.DateTimeField(null=True)),
                ("valid_until", models.DateTimeField(null=True)),
                ("history_user_id", models.BigIntegerField(null=True)),
                ("history_change_reason", models.TextField(null=True)),
                ("history_id", models.BigAutoField(editable=False, primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_type", models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1)),
                (
                    "ended_run",
                    tenants.walled.TenantKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="compliance.accessrun",
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
                    "run",
                    tenants.walled.TenantKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="compliance.accessrun",
                    ),
                ),
                (
                    "system",
                    tenants.walled.TenantKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="compliance.accesssystem",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical access fact",
                "verbose_name_plural": "historical access facts",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalAccessPolicy",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                ("history_xid", models.BigIntegerField(default=0, editable=False)),
                (
                    "review_from",
                    models.IntegerField(
                        choices=[(1, "SEV 1"), (2, "SEV 2"), (3, "SEV 3"), (4, "SEV 4")], default=2, verbose_name="Review from"
                    ),
                ),
                (
                    "review_days",
                    models.IntegerField(
                        default=5,
                        validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(60)],
                        verbose_name="Business days for a review",
                    ),
                ),
                (
                    "glass_openers",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[
                                ("administrator", "Administrator"),
                                ("process_owner", "Process owner"),
                                ("practitioner", "Practitioner"),
                                ("engineering_director", "Engineering director"),
                                ("executive_team", "Executive team"),
                                ("privacy_officer", "Privacy officer"),
                                ("legal_counsel", "Legal counsel"),
                                ("pr", "PR"),
                                ("cfo", "CFO"),
                            ],
                            max_length=30,
                        ),
                        blank=True,
                        default=compliance.models.access_policy.openers,
                        verbose_name="Who may break the glass",
                    ),
                ),
                ("history_user_id", models.BigIntegerField(null=True)),
                ("history_change_reason", models.TextField(null=True)),
                ("history_id", models.BigAutoField(editable=False, primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_type", models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1)),
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
                "verbose_name": "historical access policy",
                "verbose_name_plural": "historical access policies",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalAccessReview",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                ("history_xid", models.BigIntegerField(default=0, editable=False)),
                ("number", models.IntegerField()),
                ("starts_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField()),
                ("opened_at", models.DateTimeField(default=tenants.time.now)),
                ("due_at", models.DateTimeField()),
                ("systems", models.JSONField(default=list)),
                ("signed_at", models.DateTimeField(null=True)),
                ("note", models.TextField(blank=True)),
                ("sha256", models.CharField(blank=True, max_length=64)),
                ("history_user_id", models.BigIntegerField(null=True)),
                ("history_change_reason", models.TextField(null=True)),
                ("history_id", models.BigAutoField(editable=False, primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_type", models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1)),
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
                    "signed_by",
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
                "verbose_name": "historical access review",
                "verbose_name_plural": "historical access reviews",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalAccessSystem",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                ("history_xid", models.BigIntegerField(default=0, editable=False)),
                ("slug", models.CharField(max_length=40)),
                ("name", models.CharField(max_length=80)),
                ("note", models.TextField(blank=True)),
                ("registered_at", models.DateTimeField(default=tenants.time.now)),
                ("retired_at", models.DateTimeField(null=True)),
                ("history_user_id", models.BigIntegerField(null=True)),
                ("history_change_reason", models.TextField(null=True)),
                ("history_id", models.BigAutoField(editable=False, primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_type", models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1)),
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
                    "registered_by",
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
                    "retired_by",
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
                "verbose_name": "historical access system",
                "verbose_name_plural": "historical access systems",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalBreakGlass",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                ("history_xid", models.BigIntegerField(default=0, editable=False)),
                ("reason", models.TextField()),
                ("minutes", models.IntegerField(default=30)),
                ("opened_at", models.DateTimeField(default=tenants.time.now)),
                ("ends_at", models.DateTimeField()),
                ("review_due_at", models.DateTimeField()),
                (
                    "verdict",
                    models.CharField(
                        blank=True, choices=[("justified", "Justified"), ("not_justified", "Not justified")], max_length=14
                    ),
                ),
                ("note", models.TextField(blank=True)),
                ("reviewed_at", models.DateTimeField(null=True)),
                ("history_user_id", models.BigIntegerField(null=True)),
                ("history_change_reason", models.TextField(null=True)),
                ("history_id", models.BigAutoField(editable=False, primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_type", models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1)),
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
                    "place",
                    tenants.walled.TenantKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="incidents.needtoknow",
                    ),
                ),
                (
                    "reviewed_by",
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
                    "user",
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
                "verbose_name": "historical break glass",
                "verbose_name_plural": "historical break glasss",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalPrincipalName",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                ("history_xid", models.BigIntegerField(default=0, editable=False)),
                ("principal", models.CharField(max_length=254)),
                ("named_at", models.DateTimeField(default=tenants.time.now)),
                ("history_user_id", models.BigIntegerField(null=True)),
                ("history_change_reason", models.TextField(null=True)),
                ("history_id", models.BigAutoField(editable=False, primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_type", models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1)),
                (
                    "named_by",
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
                    "user",
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
                "verbose_name": "historical principal name",
                "verbose_name_plural": "historical principal names",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalReviewedAccess",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                ("history_xid", models.BigIntegerField(default=0, editable=False)),
                ("system", models.CharField(max_length=80)),
                ("source", models.CharField(max_length=60)),
                ("principal", models.CharField(max_length=254)),
                ("entitlement", models.CharField(max_length=200)),
                ("privileged", models.BooleanField()),
                ("valid_from", models.DateTimeField(null=True)),
                ("valid_until", models.DateTimeField(null=True)),
                (
                    "decision",
                    models.CharField(
                        blank=True,
                        choices=[("appropriate", "Appropriate"), ("revoke", "Revoke"), ("investigate", "Investigate")],
                        max_length=12,
                    ),
                ),
                ("note", models.TextField(blank=True)),
                ("decided_at", models.DateTimeField(null=True)),
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
                    "fact",
                    tenants.walled.TenantKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="compliance.accessfact",
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
                    "review",
                    tenants.walled.TenantKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="compliance.accessreview",
                    ),
                ),
                (
                    "subject",
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
                "verbose_name": "historical reviewed access",
                "verbose_name_plural": "historical reviewed accesss",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="PrincipalName",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("principal", models.CharField(max_length=254)),
                ("named_at", models.DateTimeField(default=tenants.time.now)),
                (
                    "named_by",
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
                    "user",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ReviewedAccess",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("system", models.CharField(max_length=80)),
                ("source", models.CharField(max_length=60)),
                ("principal", models.CharField(max_length=254)),
                ("entitlement", models.CharField(max_length=200)),
                ("privileged", models.BooleanField()),
                ("valid_from", models.DateTimeField(null=True)),
                ("valid_until", models.DateTimeField(null=True)),
                (
                    "decision",
                    models.CharField(
                        blank=True,
                        choices=[("appropriate", "Appropriate"), ("revoke", "Revoke"), ("investigate", "Investigate")],
                        max_length=12,
                    ),
                ),
                ("note", models.TextField(blank=True)),
                ("decided_at", models.DateTimeField(null=True)),
                (
                    "decided_by",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "fact",
                    tenants.walled.TenantKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="compliance.accessfact",
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
                    "review",
                    tenants.walled.TenantKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="accesses",
                        to="compliance.accessreview",
                    ),
                ),
                (
                    "subject",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="AccessPolicy",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "review_from",
                    models.IntegerField(
                        choices=[(1, "SEV 1"), (2, "SEV 2"), (3, "SEV 3"), (4, "SEV 4")], default=2, verbose_name="Review from"
                    ),
                ),
                (
                    "review_days",
                    models.IntegerField(
                        default=5,
                        validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(60)],
                        verbose_name="Business days for a review",
                    ),
                ),
                (
                    "glass_openers",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[
                                ("administrator", "Administrator"),
                                ("process_owner", "Process owner"),
                                ("practitioner", "Practitioner"),
                                ("engineering_director", "Engineering director"),
                                ("executive_team", "Executive team"),
                                ("privacy_officer", "Privacy officer"),
                                ("legal_counsel", "Legal counsel"),
                                ("pr", "PR"),
                                ("cfo", "CFO"),
                            ],
                            max_length=30,
                        ),
                        blank=True,
                        default=compliance.models.access_policy.openers,
                        verbose_name="Who may break the glass",
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
                "verbose_name_plural": "access policies",
                "constraints": [
                    models.UniqueConstraint(fields=("organisation",), name="one_access_policy"),
                    models.CheckConstraint(
                        condition=models.Q(("review_days__range", (1, 60))), name="access_is_reviewed_in_time"
                    ),
                ],
            },
        ),
        migrations.AddIndex(
            model_name="accessreview",
            index=models.Index(fields=["organisation", "due_at"], name="access_reviews_by_due"),
        ),
        migrations.AddConstraint(
            model_name="accessreview",
            constraint=models.UniqueConstraint(
                fields=("organisation", "incident", "number"), name="an_access_review_has_its_number"
            ),
        ),
        migrations.AddConstraint(
            model_name="accessreview",
            constraint=models.UniqueConstraint(
                condition=models.Q(("signed_at__isnull", True)),
                fields=("organisation", "incident"),
                name="one_open_access_review",
            ),
        ),
        migrations.AddIndex(
            model_name="accesssystem",
            index=models.Index(fields=["organisation", "name"], name="production_systems"),
        ),
        migrations.AddConstraint(
            model_name="accesssystem",
            constraint=models.UniqueConstraint(fields=("organisation", "slug"), name="a_production_system_once"),
        ),
        migrations.AddIndex(
            model_name="accessrun",
            index=models.Index(fields=["organisation", "system", "source", "id"], name="access_runs_of_a_source"),
        ),
        migrations.AddIndex(
            model_name="accessfact",
            index=models.Index(fields=["organisation", "valid_from"], name="accesses_by_begin"),
        ),
        migrations.AddConstraint(
            model_name="accessfact",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ended_run__isnull", True)),
                fields=("organisation", "system", "source", "principal", "entitlement"),
                name="an_access_once_a_source",
            ),
        ),
        migrations.AddConstraint(
            model_name="accessfact",
            constraint=models.CheckConstraint(
                condition=models.Q(("valid_until__isnull", True), ("valid_until__gte", models.F("valid_from")), _connector="OR"),
                name="an_access_ends_after_it_begins",
            ),
        ),
        migrations.AddIndex(
            model_name="breakglass",
            index=models.Index(fields=["organisation", "incident"], name="glass_by_incident"),
        ),
        migrations.AddConstraint(
            model_name="breakglass",
            constraint=models.CheckConstraint(
                condition=models.Q(("minutes__range", (1, 60))), name="glass_is_broken_for_an_hour_at_most"
            ),
        ),
        migrations.AddConstraint(
            model_name="breakglass",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("reviewed_by__isnull", True), models.Q(("reviewed_by", models.F("user")), _negated=True), _connector="OR"
                ),
                name="nobody_justifies_themselves",
            ),
        ),
        migrations.AddConstraint(
            model_name="principalname",
            constraint=models.UniqueConstraint(fields=("organisation", "principal"), name="a_principal_is_one_persons"),
        ),
        migrations.AddConstraint(
            model_name="reviewedaccess",
            constraint=models.UniqueConstraint(fields=("organisation", "review", "fact"), name="an_access_once_a_review"),
        ),
        migrations.AddConstraint(
            model_name="reviewedaccess",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("decided_by__isnull", True),
                    ("subject__isnull", True),
                    models.Q(("decided_by", models.F("subject")), _negated=True),
                    _connector="OR",
                ),
                name="nobody_judges_their_own_access",
            ),
        ),
        *audited("compliance", "accesspolicy", "accesssystem", "principalname"),
        *append_only("compliance", "accessrun"),
        *audited("compliance", "accessfact", *OF_AN_INCIDENT),
        NeedToKnow("compliance", *OF_AN_INCIDENT, *(f"historical{name}" for name in OF_AN_INCIDENT)),
        DropLoneIndexes("compliance"),
    ]
    operations = together(operations)
