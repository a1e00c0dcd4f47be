"""What a room shows is read by a function, whose plan the connection keeps."""

from django.db import migrations

from incidents.facts import room_facts_sql
from tenants.walls import Sql


class Migration(migrations.Migration):
    dependencies = [("incidents", "0020_holds")]

    operations = [Sql(room_facts_sql())]
