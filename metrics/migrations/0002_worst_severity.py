"""The worst severity of each incident beside its last: added, and everything measured again from the record."""

from django.db import migrations, models

from metrics.sql import ALL, statements
from tenants.walls import Sql


class Migration(migrations.Migration):
    dependencies = [
        ("incidents", "0023_sources_since"),
        ("ledger", "0001_initial"),
        ("metrics", "0001_figures"),
        ("oncall", "0001_initial"),
        ("standard", "0011_feedback_on_conformance"),
    ]

    operations = [
        migrations.AddField("incidentfigure", "worst", models.IntegerField(default=4), preserve_default=False),
        *(Sql(statement) for statement in statements(ALL)),
    ]
