"""The watchdog finds so many differences of each organisation: a storm in one hides nothing of another."""

from django.db import migrations

from oncall.watchdog import UNSENT
from tenants.walls import Sql


class Migration(migrations.Migration):
    dependencies = [("oncall", "0013_alarms")]
    operations = [Sql(UNSENT)]
