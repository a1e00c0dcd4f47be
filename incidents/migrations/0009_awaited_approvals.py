"""Whose word an update waits for."""

from django.contrib.postgres.fields import ArrayField
from django.db import migrations, models

from ledger.guards import Regard
from tenants.together import together

AWAITS = ArrayField(
    base_field=models.CharField(
        choices=[("duty", "Legal Counsel or PR"), ("ic", "the Incident Commander")],
        max_length=10,
    ),
    blank=True,
    default=list,
    size=None,
)


class Migration(migrations.Migration):
    dependencies = [("incidents", "0008_unknown_keys")]
    operations = [
        migrations.AddField("historicalstatusupdate", "awaits", AWAITS),
        migrations.AddField("statusupdate", "awaits", AWAITS),
        migrations.AddIndex(
            "statusupdate",
            models.Index(fields=["organisation"], name="update_waiting", condition=models.Q(state="waiting")),
        ),
        Regard("incidents", "statusupdate"),
    ]
    operations = together(operations)
