"""An integration knows when it was last refused: what was never taken in is no sign of life."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("incidents", "0025_unpaged")]

    operations = [
        migrations.AddField("integrationpulse", "last_refused_at", models.DateTimeField(null=True)),
        migrations.AlterField("integrationpulse", "last_heard_at", models.DateTimeField(null=True)),
    ]
