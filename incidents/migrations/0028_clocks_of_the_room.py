"""A room knows the clocks that run on it: its page, its reports and the API read them with everything else."""

from django.db import migrations

from incidents.facts import room_facts_sql
from tenants.walls import Sql


class Migration(migrations.Migration):
    dependencies = [("incidents", "0027_called_anew")]

    operations = [Sql(room_facts_sql())]
