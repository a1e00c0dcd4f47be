"""The second wall around what was recorded before a restricted incident was declared, and around the queues and raw requests."""

from django.db import migrations, models

from incidents.sql import DUE_EXPIRIES, HIDDEN, OTHER_WALLS
from tenants.together import together
from tenants.walls import Sql


class Migration(migrations.Migration):
    dependencies = [
        ("incidents", "0010_ship_components"),
        ("tenants", "0005_own_work"),
        ("ledger", "0006_answers_tell_of_events"),
    ]
    operations = [
        migrations.AddField(
            "inbound", "group_key", models.CharField(max_length=64, blank=True, default=""), preserve_default=False
        ),
        migrations.AddIndex(
            "needtoknow",
            models.Index(
                fields=["expires_at"],
                name="admitted_until",
                condition=models.Q(removed_at__isnull=True, expires_at__isnull=False),
            ),
        ),
        Sql(HIDDEN),
        Sql(DUE_EXPIRIES),
        Sql(OTHER_WALLS),
    ]
    operations = together(operations)
