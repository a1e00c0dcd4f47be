"""The context is believed only where it is signed: SQL alone moves nobody into another organisation."""

from django.db import migrations

from tenants.context_sql import SIGNED_CONTEXT
from tenants.walls import Sql


class Migration(migrations.Migration):
    dependencies = [("tenants", "0005_own_work")]
    operations = [Sql(SIGNED_CONTEXT)]
