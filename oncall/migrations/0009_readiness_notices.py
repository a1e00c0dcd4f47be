"""When administrators are told next of what would go wrong; and the open pages, which the watchdog looks through."""

import django.db.models.deletion
from django.db import migrations, models

import tenants.scope
import tenants.time
from tenants.together import together


class Migration(migrations.Migration):
    dependencies = [
        ("oncall", "0008_policy_walls"),
        ("tenants", "0005_own_work"),
        ("tenants", "__first__"),
    ]

    operations = [
        migrations.CreateModel(
            name="ReadinessNotice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("next_at", models.DateTimeField(default=tenants.time.now)),
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
        migrations.AddIndex(
            model_name="page",
            index=models.Index(condition=models.Q(("state", "open")), fields=["id"], name="page_open"),
        ),
        migrations.AddIndex(
            model_name="readinessnotice",
            index=models.Index(fields=["next_at"], name="notice_due"),
        ),
        migrations.AddConstraint(
            model_name="readinessnotice",
            constraint=models.UniqueConstraint(fields=("organisation",), name="one_notice"),
        ),
    ]
    operations = together(operations)
