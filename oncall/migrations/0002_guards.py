"""Walls and guards."""

from django.db import migrations

from ledger.guards import append_only, audited


class Migration(migrations.Migration):
    dependencies = [("oncall", "0001_initial"), ("ledger", "0002_guards")]
    operations = [*audited("oncall", "team", "teammember", "service", "page"), *append_only("oncall", "pagestep")]
