"""Why nothing is to be done after an incident: closing asks for action items, or for this."""

from django.db import migrations, models

from ledger.guards import Regard


class Migration(migrations.Migration):
    dependencies = [("postmortems", "0003_action_items_at_work")]
    operations = [
        migrations.AddField("postmortem", "no_items_reason", models.TextField(blank=True, default="")),
        migrations.AddField("historicalpostmortem", "no_items_reason", models.TextField(blank=True, default="")),
        Regard("postmortems", "postmortem"),
    ]
