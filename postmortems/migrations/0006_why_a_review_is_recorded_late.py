"""Why a review was written down only after its clock was broken, which that rights."""

from django.db import migrations, models

from ledger.guards import Regard


class Migration(migrations.Migration):
    dependencies = [("postmortems", "0005_two_times_of_a_review_and_an_item")]
    operations = [
        migrations.AddField("review", "record_reason", models.TextField(blank=True, default="")),
        migrations.AddField("historicalreview", "record_reason", models.TextField(blank=True, default="")),
        Regard("postmortems", "review"),
    ]
