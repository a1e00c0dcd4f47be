"""When a review took place and when that was written down; the date that an item is judged by, and when its owner hears of the one in force."""

from django.db import migrations, models

from ledger.guards import Regard
from tenants.walls import Sql

DUE_ITEM_DATES = """
CREATE FUNCTION muster.due_item_dates(timestamptz, integer) RETURNS TABLE (organisation_id bigint, id bigint) LANGUAGE sql STABLE
SECURITY DEFINER SET search_path = public, pg_temp AS
$$ SELECT a.organisation_id, a.id FROM postmortems_actionitem a WHERE a.told_next_at <= $1 ORDER BY a.told_next_at LIMIT $2 $$;
"""


class Migration(migrations.Migration):
    dependencies = [("postmortems", "0004_no_items_needed")]
    operations = [
        migrations.AddField("review", "recorded_at", models.DateTimeField(null=True)),
        migrations.AddField("historicalreview", "recorded_at", models.DateTimeField(null=True)),
        Regard("postmortems", "review"),
        migrations.AddField("actionitem", "judged_at", models.DateTimeField(null=True)),
        migrations.AddField("historicalactionitem", "judged_at", models.DateTimeField(null=True)),
        migrations.AddField("actionitem", "told_next_at", models.DateTimeField(null=True)),
        migrations.AddField("historicalactionitem", "told_next_at", models.DateTimeField(null=True)),
        Regard("postmortems", "actionitem"),
        migrations.AddIndex(
            "actionitem",
            models.Index(fields=["told_next_at"], name="item_told_next", condition=models.Q(told_next_at__isnull=False)),
        ),
        Sql(DUE_ITEM_DATES),
    ]
