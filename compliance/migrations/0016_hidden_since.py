"""A pack of an engagement is not handed out once something in it became part of a restricted incident (breach.need-to-know)."""

from django.db import migrations

from compliance.packs_sql import HIDDEN_SINCE
from tenants.walls import Sql


class Migration(migrations.Migration):
    dependencies = [
        ("compliance", "0015_audited_misses"),
        ("incidents", "0029_tries_of_what_is_hidden"),
        ("ledger", "0007_ledger"),
    ]

    operations = [Sql(HIDDEN_SINCE)]
