"""Escalation policies, and what a page keeps of the one that it goes through."""

import datetime

import django.core.validators
import django.db.models.deletion
import simple_history.models
from django.conf import settings
from django.db import migrations, models

import tenants.scope
import tenants.time
import tenants.walled
from tenants.together import together


class Migration(migrations.Migration):
    dependencies = [
        ("oncall", "0006_schedule_walls"),
        ("tenants", "0005_own_work"),
        ("tenants", "__first__"),
    ]

    operations = [
        migrations.CreateModel(
            name="EscalationPolicy",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "slug",
                    models.CharField(
                        max_length=40,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[a-z0-9][a-z0-9-]{0,39}$", "Lower-case letters, digits and hyphens."
                            )
                        ],
                    ),
                ),
                ("name", models.CharField(max_length=80)),
                ("is_default", models.BooleanField(default=False, help_text="For every team and service that names none.")),
                (
                    "repeat",
                    models.IntegerField(
                        default=0, help_text="How often all steps are gone through again while nobody acknowledges."
                    ),
                ),
                ("patience_minutes", models.IntegerField(default=15, help_text="How long the last step is waited for.")),
                (
                    "forgotten_minutes",
                    models.IntegerField(
                        default=30,
                        help_text="After this long, whoever acknowledged is asked again where nothing was done about it. 0: never.",
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
                "verbose_name_plural": "escalation policies",
            },
        ),
        migrations.CreateModel(
            name="EscalationTarget",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("after_minutes", models.IntegerField(default=0, help_text="Minutes after the page began.")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("primary", "The team's primary on call"),
                            ("secondary", "The team's secondary on call"),
                            ("lead", "The team's Engineering Manager"),
                            ("everyone", "Everyone in the team"),
                            ("person", "A person"),
                            ("schedule", "Who is primary in a schedule"),
                            ("duty", "Who holds a duty"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "duty",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("engineering_director", "Engineering director"),
                            ("executive_team", "Executive team"),
                            ("privacy_officer", "Privacy officer"),
                            ("legal_counsel", "Legal counsel"),
                            ("pr", "PR"),
                            ("cfo", "CFO"),
                        ],
                        max_length=40,
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
                    "policy",
                    tenants.walled.TenantKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="targets",
                        to="oncall.escalationpolicy",
                    ),
                ),
                (
                    "schedule",
                    tenants.walled.TenantKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="oncall.schedule",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="HistoricalEscalationPolicy",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                ("history_xid", models.BigIntegerField(default=0, editable=False)),
                (
                    "slug",
                    models.CharField(
                        max_length=40,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[a-z0-9][a-z0-9-]{0,39}$", "Lower-case letters, digits and hyphens."
                            )
                        ],
                    ),
                ),
                ("name", models.CharField(max_length=80)),
                ("is_default", models.BooleanField(default=False, help_text="For every team and service that names none.")),
                (
                    "repeat",
                    models.IntegerField(
                        default=0, help_text="How often all steps are gone through again while nobody acknowledges."
                    ),
                ),
                ("patience_minutes", models.IntegerField(default=15, help_text="How long the last step is waited for.")),
                (
                    "forgotten_minutes",
                    models.IntegerField(
                        default=30,
                        help_text="After this long, whoever acknowledged is asked again where nothing was done about it. 0: never.",
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
                "verbose_name": "historical escalation policy",
                "verbose_name_plural": "historical escalation policies",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalEscalationTarget",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                ("history_xid", models.BigIntegerField(default=0, editable=False)),
                ("after_minutes", models.IntegerField(default=0, help_text="Minutes after the page began.")),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("primary", "The team's primary on call"),
                            ("secondary", "The team's secondary on call"),
                            ("lead", "The team's Engineering Manager"),
                            ("everyone", "Everyone in the team"),
                            ("person", "A person"),
                            ("schedule", "Who is primary in a schedule"),
                            ("duty", "Who holds a duty"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "duty",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("engineering_director", "Engineering director"),
                            ("executive_team", "Executive team"),
                            ("privacy_officer", "Privacy officer"),
                            ("legal_counsel", "Legal counsel"),
                            ("pr", "PR"),
                            ("cfo", "CFO"),
                        ],
                        max_length=40,
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
                (
                    "policy",
                    tenants.walled.TenantKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="oncall.escalationpolicy",
                    ),
                ),
                (
                    "schedule",
                    tenants.walled.TenantKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="oncall.schedule",
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
                "verbose_name": "historical escalation target",
                "verbose_name_plural": "historical escalation targets",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="PageDecline",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("incident_id", models.BigIntegerField(null=True)),
                ("declined_at", models.DateTimeField(default=tenants.time.now)),
                ("reason", models.CharField(blank=True, max_length=200)),
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
                    "page",
                    tenants.walled.TenantKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="declines",
                        to="oncall.page",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL),
                ),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.AddField(
            model_name="historicalpage",
            name="ahead",
            field=models.DurationField(default=datetime.timedelta),
        ),
        migrations.AddField(
            model_name="historicalpage",
            name="began_at",
            field=models.DateTimeField(default=tenants.time.now),
        ),
        migrations.AddField(
            model_name="historicalpage",
            name="next_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="historicalpage",
            name="plan",
            field=models.JSONField(default=dict),
        ),
        migrations.AddField(
            model_name="historicalpage",
            name="urgency",
            field=models.CharField(choices=[("high", "High"), ("low", "Low: in business hours")], default="high", max_length=10),
        ),
        migrations.AddField(
            model_name="page",
            name="ahead",
            field=models.DurationField(default=datetime.timedelta),
        ),
        migrations.AddField(
            model_name="page",
            name="began_at",
            field=models.DateTimeField(default=tenants.time.now),
        ),
        migrations.AddField(
            model_name="page",
            name="next_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="page",
            name="plan",
            field=models.JSONField(default=dict),
        ),
        migrations.AddField(
            model_name="page",
            name="urgency",
            field=models.CharField(choices=[("high", "High"), ("low", "Low: in business hours")], default="high", max_length=10),
        ),
        migrations.AddIndex(
            model_name="page",
            index=models.Index(condition=models.Q(("next_at__isnull", False)), fields=["next_at"], name="page_due"),
        ),
        migrations.AddConstraint(
            model_name="page",
            constraint=models.CheckConstraint(
                condition=models.Q(models.Q(("state", "ended"), _negated=True), ("next_at__isnull", True), _connector="OR"),
                name="an_ended_page_waits_for_nothing",
            ),
        ),
        migrations.AddField(
            model_name="historicalservice",
            name="policy",
            field=tenants.walled.TenantKey(
                blank=True,
                db_constraint=False,
                help_text="Empty: its team's.",
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="oncall.escalationpolicy",
            ),
        ),
        migrations.AddField(
            model_name="historicalteam",
            name="policy",
            field=tenants.walled.TenantKey(
                blank=True,
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="oncall.escalationpolicy",
            ),
        ),
        migrations.AddField(
            model_name="service",
            name="policy",
            field=tenants.walled.TenantKey(
                blank=True,
                db_constraint=False,
                help_text="Empty: its team's.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="oncall.escalationpolicy",
            ),
        ),
        migrations.AddField(
            model_name="team",
            name="policy",
            field=tenants.walled.TenantKey(
                blank=True,
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="oncall.escalationpolicy",
            ),
        ),
        migrations.AddConstraint(
            model_name="escalationpolicy",
            constraint=models.UniqueConstraint(fields=("organisation", "slug"), name="policy_slug_once"),
        ),
        migrations.AddConstraint(
            model_name="escalationpolicy",
            constraint=models.UniqueConstraint(
                condition=models.Q(("is_default", True)), fields=("organisation",), name="one_default_policy"
            ),
        ),
        migrations.AddConstraint(
            model_name="escalationpolicy",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("forgotten_minutes__gte", 0), ("patience_minutes__gte", 1), ("repeat__gte", 0), ("repeat__lte", 9)
                ),
                name="a_policy_ends",
            ),
        ),
        migrations.AddIndex(
            model_name="escalationtarget",
            index=models.Index(fields=["organisation", "policy"], name="target_by_policy"),
        ),
        migrations.AddConstraint(
            model_name="escalationtarget",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("duty", ""),
                        ("kind__in", ["primary", "secondary", "lead", "everyone"]),
                        ("schedule__isnull", True),
                        ("user__isnull", True),
                    ),
                    models.Q(("duty", ""), ("kind", "person"), ("schedule__isnull", True), ("user__isnull", False)),
                    models.Q(("duty", ""), ("kind", "schedule"), ("schedule__isnull", False), ("user__isnull", True)),
                    models.Q(
                        ("kind", "duty"),
                        ("schedule__isnull", True),
                        ("user__isnull", True),
                        models.Q(("duty", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="a_target_is_somebody",
            ),
        ),
        migrations.AddConstraint(
            model_name="escalationtarget",
            constraint=models.CheckConstraint(
                condition=models.Q(("after_minutes__gte", 0), ("after_minutes__lte", 1440)), name="a_target_waits"
            ),
        ),
        migrations.AddConstraint(
            model_name="pagedecline",
            constraint=models.UniqueConstraint(
                fields=("organisation", "page", "user"), name="declined_once", deferrable=models.Deferrable.DEFERRED
            ),
        ),
    ]
    operations = together(operations)
