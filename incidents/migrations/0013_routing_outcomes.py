"""What a routing rule may do besides naming a service; maintenance windows; and signals that are suppressed."""

import django.core.validators
import django.db.models.deletion
import simple_history.models
from django.db import migrations, models

import incidents.matching
import tenants.scope
import tenants.walled
from incidents.sql import DUE_QUIET
from ledger.guards import Regard, audited
from tenants.together import together
from tenants.walls import DropLoneIndexes, Sql, Within


class Migration(migrations.Migration):
    dependencies = [
        ("incidents", "0012_doors"),
        ("oncall", "0004_composite_indexes"),
        ("tenants", "0005_own_work"),
        ("tenants", "__first__"),
    ]

    operations = [
        migrations.CreateModel(
            name="MaintenanceWindow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=80)),
                ("starts_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField()),
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
        ),
        migrations.CreateModel(
            name="MaintenanceService",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
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
                    "service",
                    tenants.walled.TenantKey(
                        db_constraint=False, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="oncall.service"
                    ),
                ),
                (
                    "window",
                    tenants.walled.TenantKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="services",
                        to="incidents.maintenancewindow",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="HistoricalMaintenanceWindow",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                ("history_xid", models.BigIntegerField(default=0, editable=False)),
                ("name", models.CharField(max_length=80)),
                ("starts_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField()),
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
                "verbose_name": "historical maintenance window",
                "verbose_name_plural": "historical maintenance windows",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalMaintenanceService",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                ("history_xid", models.BigIntegerField(default=0, editable=False)),
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
                    "service",
                    tenants.walled.TenantKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="oncall.service",
                    ),
                ),
                (
                    "window",
                    tenants.walled.TenantKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="incidents.maintenancewindow",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical maintenance service",
                "verbose_name_plural": "historical maintenance services",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.RemoveConstraint(
            model_name="signal",
            name="with_an_incident",
        ),
        migrations.AddField(
            model_name="historicalroutingrule",
            name="attach",
            field=models.CharField(
                blank=True,
                choices=[
                    ("", "None"),
                    ("service", "One of the same service"),
                    ("group", "One with an alert that has the same value of a label"),
                ],
                default="",
                max_length=10,
                verbose_name="incident that it joins",
            ),
        ),
        migrations.AddField(
            model_name="historicalroutingrule",
            name="attach_label",
            field=models.CharField(blank=True, max_length=200, verbose_name="by the label"),
        ),
        migrations.AddField(
            model_name="historicalroutingrule",
            name="attach_minutes",
            field=models.PositiveIntegerField(
                default=60, validators=[django.core.validators.MinValueValidator(1)], verbose_name="within so many minutes"
            ),
        ),
        migrations.AddField(
            model_name="historicalroutingrule",
            name="integration",
            field=tenants.walled.TenantKey(
                blank=True,
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="incidents.integration",
            ),
        ),
        migrations.AddField(
            model_name="historicalroutingrule",
            name="is_active",
            field=models.BooleanField(default=True, verbose_name="in use"),
        ),
        migrations.AddField(
            model_name="historicalroutingrule",
            name="outcome",
            field=models.CharField(
                choices=[
                    ("ask", "Ask in triage, and page"),
                    ("declare", "Declare an incident"),
                    ("suppress", "Suppress: keep and show it, page nobody"),
                ],
                default="ask",
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="historicalroutingrule",
            name="title",
            field=models.CharField(
                blank=True,
                help_text="With labels in braces: {alertname} on {service}.",
                max_length=200,
                verbose_name="title of the incident",
            ),
        ),
        migrations.AddField(
            model_name="historicalsignal",
            name="quiet_until",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="routingrule",
            name="attach",
            field=models.CharField(
                blank=True,
                choices=[
                    ("", "None"),
                    ("service", "One of the same service"),
                    ("group", "One with an alert that has the same value of a label"),
                ],
                default="",
                max_length=10,
                verbose_name="incident that it joins",
            ),
        ),
        migrations.AddField(
            model_name="routingrule",
            name="attach_label",
            field=models.CharField(blank=True, max_length=200, verbose_name="by the label"),
        ),
        migrations.AddField(
            model_name="routingrule",
            name="attach_minutes",
            field=models.PositiveIntegerField(
                default=60, validators=[django.core.validators.MinValueValidator(1)], verbose_name="within so many minutes"
            ),
        ),
        migrations.AddField(
            model_name="routingrule",
            name="integration",
            field=tenants.walled.TenantKey(
                blank=True,
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="incidents.integration",
            ),
        ),
        migrations.AddField(
            model_name="routingrule",
            name="is_active",
            field=models.BooleanField(default=True, verbose_name="in use"),
        ),
        migrations.AddField(
            model_name="routingrule",
            name="outcome",
            field=models.CharField(
                choices=[
                    ("ask", "Ask in triage, and page"),
                    ("declare", "Declare an incident"),
                    ("suppress", "Suppress: keep and show it, page nobody"),
                ],
                default="ask",
                max_length=10,
            ),
        ),
        migrations.AddField(
            model_name="routingrule",
            name="title",
            field=models.CharField(
                blank=True,
                help_text="With labels in braces: {alertname} on {service}.",
                max_length=200,
                verbose_name="title of the incident",
            ),
        ),
        migrations.AddField(
            model_name="signal",
            name="quiet_until",
            field=models.DateTimeField(null=True),
        ),
        migrations.AlterField(
            model_name="historicalroutingrule",
            name="labels",
            field=models.JSONField(
                blank=True,
                default=dict,
                help_text='Labels that all match, such as {"team": "payments", "env": ["prod", "stage"], "host": {"matches": "db-[0-9]+"}}.',
                validators=[incidents.matching.validate_labels],
            ),
        ),
        migrations.AlterField(
            model_name="historicalsignal",
            name="state",
            field=models.CharField(
                choices=[
                    ("waiting", "Waiting"),
                    ("declared", "Declared"),
                    ("attached", "Attached"),
                    ("dismissed", "Dismissed"),
                    ("suppressed", "Suppressed"),
                ],
                default="waiting",
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="routingrule",
            name="labels",
            field=models.JSONField(
                blank=True,
                default=dict,
                help_text='Labels that all match, such as {"team": "payments", "env": ["prod", "stage"], "host": {"matches": "db-[0-9]+"}}.',
                validators=[incidents.matching.validate_labels],
            ),
        ),
        migrations.AlterField(
            model_name="routingrule",
            name="service",
            field=tenants.walled.TenantKey(
                blank=True,
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="oncall.service",
            ),
        ),
        migrations.AlterField(
            model_name="signal",
            name="state",
            field=models.CharField(
                choices=[
                    ("waiting", "Waiting"),
                    ("declared", "Declared"),
                    ("attached", "Attached"),
                    ("dismissed", "Dismissed"),
                    ("suppressed", "Suppressed"),
                ],
                default="waiting",
                max_length=10,
            ),
        ),
        migrations.AddIndex(
            model_name="signal",
            index=models.Index(
                condition=models.Q(("is_open", True), ("state", "suppressed")), fields=["quiet_until"], name="signal_quiet"
            ),
        ),
        migrations.AddConstraint(
            model_name="routingrule",
            constraint=models.CheckConstraint(
                condition=models.Q(models.Q(("labels", {}), _negated=True), ("integration__isnull", False), _connector="OR"),
                name="a_rule_asks_for_something",
                violation_error_message="Say which alerts are meant: by labels, or by the integration that they come from.",
            ),
        ),
        migrations.AddConstraint(
            model_name="routingrule",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("outcome", "declare"), _negated=True), ("suggested_severity__isnull", False), _connector="OR"
                ),
                name="a_declaring_rule_knows_how_bad",
                violation_error_message="A rule that declares says how bad it is: choose a severity.",
            ),
        ),
        migrations.AddConstraint(
            model_name="routingrule",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("attach", "group"), _negated=True), models.Q(("attach_label", ""), _negated=True), _connector="OR"
                ),
                name="a_group_has_a_label",
                violation_error_message="Say which label's value makes the group.",
            ),
        ),
        migrations.AddConstraint(
            model_name="signal",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("state__in", ["waiting", "dismissed", "suppressed"]), ("incident__isnull", False), _connector="OR"
                ),
                name="with_an_incident",
            ),
        ),
        migrations.AddIndex(
            model_name="maintenancewindow",
            index=models.Index(fields=["organisation", "ends_at"], name="maintenance_by_end"),
        ),
        migrations.AddConstraint(
            model_name="maintenancewindow",
            constraint=models.CheckConstraint(
                condition=models.Q(("ends_at__gte", models.F("starts_at"))),
                name="maintenance_ends_after_it_starts",
                violation_error_message="It ends before it starts.",
            ),
        ),
        migrations.AddConstraint(
            model_name="maintenanceservice",
            constraint=models.UniqueConstraint(fields=("organisation", "window", "service"), name="service_once_a_window"),
        ),
        Within("incidents", "routingrule", "integration"),
        *audited("incidents", "maintenancewindow", "maintenanceservice"),
        Regard("incidents", "routingrule"),
        Regard("incidents", "signal"),
        DropLoneIndexes("incidents"),
        Sql(DUE_QUIET),
    ]
    operations = together(operations)
