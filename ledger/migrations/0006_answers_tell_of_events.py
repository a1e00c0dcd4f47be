"""A remembered answer knows the event it tells of, so that it is hidden with it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("ledger", "0005_names_of_what_is_set_aside")]
    operations = [migrations.AddField("rememberedanswer", "event_id", models.BigIntegerField(null=True))]
