"""The walls, and the named openings in them."""

from django.db import migrations

from tenants.walls import FUNCTIONS, OPENINGS, Sql, Wall


class Migration(migrations.Migration):
    dependencies = [("tenants", "0001_initial")]
    operations = [
        Sql(FUNCTIONS),
        Sql(OPENINGS),
        Wall("tenants", "membership"),
        Wall("tenants", "dutyholder"),
        Wall("tenants", "apitoken"),
        Wall("tenants", "apitokensecret"),
    ]
