"""What was reviewed, decided and packed of an incident is held with it (breach.preserve-logs)."""

from django.db import migrations

from compliance.holds_sql import held_since
from tenants.together import together


class Migration(migrations.Migration):
    dependencies = [("compliance", "0006_packs")]

    operations = together(held_since())
