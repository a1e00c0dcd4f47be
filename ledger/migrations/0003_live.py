"""Tell the web processes of each entry of a timeline, and of each right that ends."""

from django.db import migrations

from ledger.live import NOTIFY
from tenants.walls import Sql


class Migration(migrations.Migration):
    dependencies = [("ledger", "0002_guards")]
    operations = [Sql(NOTIFY)]
