"""A hold of a period keeps what went on in it, not only what began in it (breach.preserve-logs)."""

from django.db import migrations

from compliance.holds_sql import HELD_SPANS
from tenants.walls import Sql


class Migration(migrations.Migration):
    dependencies = [
        ("compliance", "0013_superseded_packs"),
        ("incidents", "0020_holds"),
        ("portal", "0003_auditors_role"),
    ]

    operations = [Sql(HELD_SPANS)]
