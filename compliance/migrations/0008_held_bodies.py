"""A legal hold wins over an erasure in the ledger too (breach.preserve-logs)."""

from django.db import migrations

from compliance.holds_sql import held_bodies


class Migration(migrations.Migration):
    dependencies = [("compliance", "0007_held_too"), ("ledger", "0007_ledger")]

    operations = held_bodies()
