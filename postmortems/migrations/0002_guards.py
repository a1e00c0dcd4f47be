"""Walls and guards of post-mortems, reviews and action items; need to know stands on each as on its incident."""

from django.db import migrations

from ledger.guards import append_only, audited
from tenants.walls import DropLoneIndexes, NeedToKnow

OF_AN_INCIDENT = (
    "postmortem",
    "section",
    "pick",
    "why",
    "keptwording",
    "release",
    "comment",
    "reviewrequest",
    "review",
    "attendee",
    "actionitem",
)


class Migration(migrations.Migration):
    dependencies = [
        ("postmortems", "0001_initial"),
        ("incidents", "0016_raw_requests_by_their_door"),
        ("tenants", "0005_own_work"),
        ("ledger", "0006_answers_tell_of_events"),
    ]
    operations = [
        *audited("postmortems", "blamephrase", "postmortem"),
        *append_only("postmortems", "publication"),
        *audited("postmortems", *(name for name in OF_AN_INCIDENT if name != "postmortem")),
        NeedToKnow("postmortems", *OF_AN_INCIDENT, *(f"historical{name}" for name in OF_AN_INCIDENT), "publication"),
        DropLoneIndexes("postmortems"),
    ]
