"""The alarms that administrators know of, beside their next notice; and whose alarms are to be looked at."""

from django.db import migrations, models

from oncall.alarms import TROUBLED
from tenants.walls import Sql


class Migration(migrations.Migration):
    dependencies = [
        ("oncall", "0012_watchdog_works_out_plans"),
        ("ledger", "0007_ledger"),
        ("standard", "0006_clock_failure_walls"),
    ]
    operations = [
        migrations.AddField("readinessnotice", "standing", models.JSONField(db_default={}, default=dict)),
        Sql(TROUBLED),
    ]
