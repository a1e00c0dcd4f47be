"""Who may know of a restricted incident: the function that the second wall asks."""

from django.db import migrations

from tenants.walls import NEED_TO_KNOW, Sql


class Migration(migrations.Migration):
    dependencies = [("tenants", "0002_walls")]
    operations = [Sql(NEED_TO_KNOW)]
