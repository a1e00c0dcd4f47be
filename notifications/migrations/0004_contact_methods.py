"""Contact methods: where a person is reached, what is sealed of it, and by which of them a message was tried."""

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
        ("ledger", "0006_answers_tell_of_events"),
        ("notifications", "0003_no_lone_indexes"),
        ("tenants", "0005_own_work"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ContactMethod",
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
                    "user",
                    models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("email", "E-mail"),
                            ("apprise", "Messenger"),
                            ("webpush", "Browser push"),
                            ("sms", "SMS"),
                            ("voice", "Phone call"),
                        ],
                        max_length=10,
                    ),
                ),
                ("label", models.CharField(max_length=60)),
                ("masked", models.CharField(max_length=120)),
                ("position", models.IntegerField()),
                (
                    "quiet",
                    models.CharField(
                        choices=[
                            ("always", "At any time"),
                            ("hours", "In business hours only"),
                            ("never", "Never"),
                        ],
                        default="always",
                        max_length=10,
                    ),
                ),
                ("created_at", models.DateTimeField(default=tenants.time.now)),
                ("verified_at", models.DateTimeField(null=True)),
                ("removed_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="ContactCode",
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
                    "method",
                    tenants.walled.TenantKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="codes",
                        to="notifications.contactmethod",
                    ),
                ),
                ("issued_at", models.DateTimeField(default=tenants.time.now)),
                ("expires_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="ContactSecret",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "method",
                    tenants.walled.TenantKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="secrets",
                        to="notifications.contactmethod",
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
                ("sealed", models.TextField()),
            ],
        ),
        migrations.CreateModel(
            name="HistoricalContactMethod",
            fields=[
                ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
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
                ("history_xid", models.BigIntegerField(default=0, editable=False)),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("email", "E-mail"),
                            ("apprise", "Messenger"),
                            ("webpush", "Browser push"),
                            ("sms", "SMS"),
                            ("voice", "Phone call"),
                        ],
                        max_length=10,
                    ),
                ),
                ("label", models.CharField(max_length=60)),
                ("masked", models.CharField(max_length=120)),
                ("position", models.IntegerField()),
                (
                    "quiet",
                    models.CharField(
                        choices=[
                            ("always", "At any time"),
                            ("hours", "In business hours only"),
                            ("never", "Never"),
                        ],
                        default="always",
                        max_length=10,
                    ),
                ),
                ("created_at", models.DateTimeField(default=tenants.time.now)),
                ("verified_at", models.DateTimeField(null=True)),
                ("removed_at", models.DateTimeField(null=True)),
                ("history_user_id", models.BigIntegerField(null=True)),
                ("history_change_reason", models.TextField(null=True)),
                ("history_id", models.BigAutoField(editable=False, primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField(db_index=True)),
                ("history_type", models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1)),
            ],
            options={
                "verbose_name": "historical contact method",
                "verbose_name_plural": "historical contact methods",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.RemoveConstraint(
            model_name="delivery",
            name="one_delivery_a_channel",
        ),
        migrations.AddField(
            model_name="delivery",
            name="urgent",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="queueddelivery",
            name="together",
            field=models.CharField(blank=True, default="", max_length=60),
        ),
        migrations.AlterField(
            model_name="attempt",
            name="outcome",
            field=models.CharField(
                choices=[
                    ("started", "Started"),
                    ("sent", "Sent"),
                    ("failed", "Failed"),
                    ("gave_up", "Gave up"),
                    ("withdrawn", "No longer needed"),
                    ("waits", "Waits"),
                ],
                max_length=20,
            ),
        ),
        migrations.AddIndex(
            model_name="queueddelivery",
            index=models.Index(
                condition=models.Q(("together", ""), _negated=True), fields=["organisation", "together"], name="delivery_together"
            ),
        ),
        migrations.AddField(
            model_name="attempt",
            name="method",
            field=tenants.walled.TenantKey(
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="notifications.contactmethod",
            ),
        ),
        migrations.AddField(
            model_name="delivery",
            name="method",
            field=tenants.walled.TenantKey(
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="notifications.contactmethod",
            ),
        ),
        migrations.AddIndex(
            model_name="attempt",
            index=models.Index(
                condition=models.Q(("method__isnull", False)), fields=["organisation", "method", "at"], name="attempt_by_method"
            ),
        ),
        migrations.AddConstraint(
            model_name="delivery",
            constraint=models.UniqueConstraint(
                fields=("organisation", "event", "recipient", "channel", "method"),
                name="one_delivery_a_channel",
                nulls_distinct=False,
            ),
        ),
        migrations.AddIndex(
            model_name="contactmethod",
            index=models.Index(
                condition=models.Q(("removed_at__isnull", True)), fields=["organisation", "user"], name="contact_by_person"
            ),
        ),
        migrations.AddIndex(
            model_name="contactcode",
            index=models.Index(fields=["organisation", "method", "-id"], name="code_by_method"),
        ),
        migrations.AddConstraint(
            model_name="contactsecret",
            constraint=models.UniqueConstraint(fields=("organisation", "method"), name="one_secret_a_method"),
        ),
    ]
    operations = together(operations)
