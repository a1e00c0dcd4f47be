"""Walls and guards of schedules, and no index that no query uses."""

from django.db import migrations

from ledger.guards import audited
from tenants.walls import DropLoneIndexes, Wall

AUDITED = ("schedule", "layer", "layermember", "swap", "override", "calendarlink")


class Migration(migrations.Migration):
    dependencies = [("oncall", "0005_schedules"), ("ledger", "0002_guards")]
    operations = [
        *audited("oncall", *AUDITED),
        Wall("oncall", "calendarlinksecret"),
        DropLoneIndexes("oncall"),
    ]
