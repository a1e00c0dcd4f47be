"""Say in one place what is Muster's own work: it sees all of its organisation; whoever else is nobody in particular sees nothing hidden."""

from django.db import migrations

from tenants.walls import OWN_WORK, Sql


class Migration(migrations.Migration):
    dependencies = [("tenants", "0004_no_lone_indexes")]
    operations = [Sql(OWN_WORK)]
