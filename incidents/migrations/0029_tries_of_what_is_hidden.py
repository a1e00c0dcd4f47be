"""That a reaction to what led to a restricted incident was tried again is for those who are named on it (breach.need-to-know)."""

from django.db import migrations

from incidents.sql import HIDDEN_TRIES
from tenants.walls import Sql


class Migration(migrations.Migration):
    dependencies = [("incidents", "0028_clocks_of_the_room"), ("ledger", "0007_ledger")]

    operations = [Sql(HIDDEN_TRIES)]
