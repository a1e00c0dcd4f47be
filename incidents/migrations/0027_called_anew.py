"""The watchdog finds a call that was due anew and never made, a duty that nobody called or told, and a notice that reached nobody."""

from django.db import migrations

from incidents.uncalled import UNCALLED_DUTIES
from incidents.unpaged import UNPAGED_INCIDENTS, UNPAGED_SIGNALS, UNPUT_INCIDENTS
from incidents.unreached import UNREACHED
from tenants.walls import Sql


class Migration(migrations.Migration):
    dependencies = [
        ("incidents", "0026_refused_at"),
        ("oncall", "0014_watchdog_asks_each"),
        ("notifications", "0008_what_was_given_up"),
    ]

    operations = [
        Sql(UNPAGED_SIGNALS),
        Sql(UNPAGED_INCIDENTS),
        Sql(UNPUT_INCIDENTS),
        Sql(UNCALLED_DUTIES),
        Sql(UNREACHED),
        # Readiness is for auditors too, and says what the watchdog found.
        Sql("GRANT EXECUTE ON FUNCTION muster.unput_incidents(timestamptz, integer) TO {auditor}"),
        Sql("GRANT EXECUTE ON FUNCTION muster.uncalled_duties(timestamptz, integer) TO {auditor}"),
        Sql("GRANT EXECUTE ON FUNCTION muster.unreached(timestamptz, integer) TO {auditor}"),
    ]
