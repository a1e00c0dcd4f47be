"""The watchdog finds a question or a war room for which a page was never made: its row of the queue is gone."""

from django.db import migrations

from incidents.unpaged import UNPAGED_INCIDENTS, UNPAGED_SIGNALS
from tenants.walls import Sql


class Migration(migrations.Migration):
    dependencies = [("incidents", "0024_absorbed"), ("oncall", "0013_alarms")]

    operations = [
        Sql(UNPAGED_SIGNALS),
        Sql(UNPAGED_INCIDENTS),
        # Readiness is for auditors too, and says what the watchdog found.
        Sql("GRANT EXECUTE ON FUNCTION muster.unpaged_signals(timestamptz, integer) TO {auditor}"),
        Sql("GRANT EXECUTE ON FUNCTION muster.unpaged_incidents(timestamptz, integer) TO {auditor}"),
    ]
