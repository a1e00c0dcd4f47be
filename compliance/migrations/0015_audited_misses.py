"""An auditor sees the clocks that broke and name no incident: of pages, of custodians, of quarterly reviews (people.auditor)."""

from django.db import migrations

from compliance.audit_sql import MISSES
from tenants.walls import Sql


class Migration(migrations.Migration):
    dependencies = [
        ("compliance", "0014_held_while_it_ran"),
        ("incidents", "0020_holds"),
        ("portal", "0003_auditors_role"),
        ("standard", "0009_clocks_that_fell_away"),
    ]

    operations = [Sql(MISSES)]
