"""Raw requests are hidden by the door they came through, since the first of them spoke of a restricted incident; references in any case."""

from django.db import migrations

from incidents.sql import HIDDEN_SOURCES
from tenants.walls import Sql


class Migration(migrations.Migration):
    dependencies = [("incidents", "0015_clock_trouble_walls")]
    operations = [Sql(HIDDEN_SOURCES)]
