"""Let an administrator make somebody a member who has no account yet, or one that only other organisations see."""

from django.db import migrations

from tenants.accounts_sql import ACCOUNT_FOR
from tenants.walls import Sql


class Migration(migrations.Migration):
    dependencies = [("tenants", "0006_signed_context"), ("account", "0001_initial")]
    operations = [Sql(ACCOUNT_FOR)]
