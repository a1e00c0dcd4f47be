"""Public holidays, days off and sprints: what a calendar needs to count business days and sprints by.

A calendar that exists already follows no country until one is named, and has sprints of two weeks from a Monday on.
"""

import datetime

import django.db.models.deletion
import simple_history.models
from django.db import migrations, models

import tenants.scope
import tenants.walled
from ledger.guards import Regard, audited
from tenants.together import together


class Migration(migrations.Migration):
    dependencies = [
        ("standard", "0002_guards"),
        ("ledger", "0002_guards"),
        ("tenants", "0002_walls"),
    ]

    operations = [
        migrations.CreateModel(
            name="CalendarDay",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField()),
                (
                    "kind",
                    models.CharField(choices=[("off", "Day off"), ("working", "Working day")], default="off", max_length=10),
                ),
                ("name", models.CharField(blank=True, help_text="Why, such as Company day.", max_length=80)),
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
                    "calendar",
                    tenants.walled.TenantKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="days",
                        to="standard.calendar",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("organisation", "calendar", "day"),
                        name="a_calendar_day_once",
                        violation_error_message="This date is in the calendar already.",
                    )
                ]
            },
        ),
        migrations.CreateModel(
            name="HistoricalCalendarDay",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                ("history_xid", models.BigIntegerField(default=0, editable=False)),
                ("day", models.DateField()),
                (
                    "kind",
                    models.CharField(choices=[("off", "Day off"), ("working", "Working day")], default="off", max_length=10),
                ),
                ("name", models.CharField(blank=True, help_text="Why, such as Company day.", max_length=80)),
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
                    "calendar",
                    tenants.walled.TenantKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="standard.calendar",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical calendar day",
                "verbose_name_plural": "historical calendar days",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.AddField(
            model_name="calendar",
            name="country",
            field=models.CharField(
                blank=True,
                help_text="Whose public holidays are free: two capital letters, such as DE. Empty: nobody's.",
                max_length=2,
            ),
        ),
        migrations.AddField(
            model_name="calendar",
            name="sprint_days",
            field=models.IntegerField(default=14, help_text="How long a sprint lasts, in days."),
        ),
        migrations.AddField(
            model_name="calendar",
            name="sprint_start",
            field=models.DateField(default=datetime.date(2024, 1, 1), help_text="The first day of any one of your sprints."),
        ),
        migrations.AddField(
            model_name="calendar",
            name="subdivision",
            field=models.CharField(
                blank=True, help_text="A state or region with holidays of its own, such as BY.", max_length=40
            ),
        ),
        migrations.AddField(
            model_name="historicalcalendar",
            name="country",
            field=models.CharField(
                blank=True,
                help_text="Whose public holidays are free: two capital letters, such as DE. Empty: nobody's.",
                max_length=2,
            ),
        ),
        migrations.AddField(
            model_name="historicalcalendar",
            name="sprint_days",
            field=models.IntegerField(default=14, help_text="How long a sprint lasts, in days."),
        ),
        migrations.AddField(
            model_name="historicalcalendar",
            name="sprint_start",
            field=models.DateField(default=datetime.date(2024, 1, 1), help_text="The first day of any one of your sprints."),
        ),
        migrations.AddField(
            model_name="historicalcalendar",
            name="subdivision",
            field=models.CharField(
                blank=True, help_text="A state or region with holidays of its own, such as BY.", max_length=40
            ),
        ),
        migrations.AlterField(
            model_name="calendar",
            name="time_zone",
            field=models.CharField(default="UTC", help_text="Such as Europe/Berlin.", max_length=60),
        ),
        migrations.AlterField(
            model_name="historicalcalendar",
            name="time_zone",
            field=models.CharField(default="UTC", help_text="Such as Europe/Berlin.", max_length=60),
        ),
        migrations.AddConstraint(
            model_name="calendar",
            constraint=models.CheckConstraint(
                condition=models.Q(("sprint_days__gte", 1), ("sprint_days__lte", 366)), name="a_sprint_lasts_days"
            ),
        ),
        Regard("standard", "calendar"),
        *audited("standard", "calendarday"),
    ]
    operations = together(operations)
