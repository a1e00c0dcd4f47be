"""From when on raw requests of an integration may speak of certain incidents: said once, for the wall and for evidence packs."""

from django.db import migrations

from incidents.sql import SOURCES_SINCE
from tenants.walls import Sql


class Migration(migrations.Migration):
    dependencies = [("incidents", "0022_came_back")]
    operations = [Sql(SOURCES_SINCE)]
