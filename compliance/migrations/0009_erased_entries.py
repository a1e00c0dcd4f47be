"""An erasure takes the bodies of the ledger's entries that tell of a person's contact methods and account."""

from django.db import migrations

from compliance.erasing_sql import ERASING
from tenants.walls import Sql


class Migration(migrations.Migration):
    dependencies = [
        ("compliance", "0008_held_bodies"),
        ("ledger", "0007_ledger"),
        ("notifications", "0005_contact_walls"),
    ]

    operations = [Sql(ERASING)]
