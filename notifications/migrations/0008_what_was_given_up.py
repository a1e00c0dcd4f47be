"""What was given up is found by when that was: the watchdog asks which notices reached nobody."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("notifications", "0007_what_an_attempt_says")]

    operations = [
        migrations.AddIndex(
            "attempt",
            models.Index(fields=["organisation", "at"], name="attempt_gave_up", condition=models.Q(("outcome", "gave_up"))),
        ),
    ]
