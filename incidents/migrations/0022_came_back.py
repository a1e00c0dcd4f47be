"""A room knows when its incident came back last, so that a word to customers from before that ends nothing."""

from django.db import migrations

from incidents.facts import room_facts_sql
from tenants.walls import Sql


class Migration(migrations.Migration):
    dependencies = [("incidents", "0021_room_facts")]

    operations = [Sql(room_facts_sql())]
