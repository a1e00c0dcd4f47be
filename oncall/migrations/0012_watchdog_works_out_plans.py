"""The watchdog works out from a page's plan who should have been called, whatever its clock says."""

from django.db import migrations

from oncall.watchdog import UNSENT
from tenants.walls import Sql


class Migration(migrations.Migration):
    dependencies = [("oncall", "0011_service_tiers")]
    operations = [Sql(UNSENT)]
