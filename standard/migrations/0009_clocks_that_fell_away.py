"""What stopped a clock without the act that it asks for. Clocks that stopped before this do not say so: nobody had kept it."""

from django.db import migrations, models
from django.db.models import Q

from ledger.guards import Regard


class Migration(migrations.Migration):
    dependencies = [("standard", "0008_process_walls")]
    operations = [
        migrations.AddField("clock", "fell_away", models.CharField(blank=True, db_default="", default="", max_length=20)),
        migrations.AddField(
            "historicalclock", "fell_away", models.CharField(blank=True, db_default="", default="", max_length=20)
        ),
        migrations.AddConstraint(
            "clock",
            models.CheckConstraint(
                condition=Q(fell_away="") | Q(stopped_at__isnull=False),
                name="what_runs_fell_not_away",
            ),
        ),
        Regard("standard", "clock"),
    ]
