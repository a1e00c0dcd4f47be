"""Walls and guards around contact methods, and the composite keys of what refers to them."""

from django.db import migrations

from ledger.guards import audited
from tenants.walls import DropLoneIndexes, Wall, Within


class Migration(migrations.Migration):
    dependencies = [("notifications", "0004_contact_methods")]
    operations = [
        *audited("notifications", "contactmethod"),
        Wall("notifications", "contactsecret"),
        Wall("notifications", "contactcode"),
        Within("notifications", "delivery", "method"),
        Within("notifications", "attempt", "method"),
        DropLoneIndexes("notifications"),
    ]
