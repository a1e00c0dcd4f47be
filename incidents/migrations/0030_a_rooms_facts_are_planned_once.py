"""A room's facts are planned once a connection, where PostgreSQL planned them anew for the first five rooms."""

from django.db import migrations

from incidents.facts import room_facts_sql
from tenants.walls import Sql


class Migration(migrations.Migration):
    dependencies = [("incidents", "0029_tries_of_what_is_hidden")]

    operations = [Sql(room_facts_sql())]
