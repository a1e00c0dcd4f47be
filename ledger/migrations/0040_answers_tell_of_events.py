"""A remembered answer knows the event it tells of, so that it is hidden with it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("ledger", "0002_guards")]
    operations = [migrations.AddField("rememberedanswer", "event_id", models.BigIntegerField(null=True))]
