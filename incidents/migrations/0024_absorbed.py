"""A room knows what was merged into its incident, and how bad that was: *False positive* is offered by it, and not only refused."""

from django.db import migrations

from incidents.facts import room_facts_sql
from tenants.walls import Sql


class Migration(migrations.Migration):
    dependencies = [("incidents", "0023_sources_since")]

    operations = [Sql(room_facts_sql())]
