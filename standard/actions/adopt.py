"""Beginning with the shipped standard."""

from datetime import time

from ledger.actions import record
from ledger.verbs import verb
from standard.actions.reviews import begin_reviews
from standard.law import shipped
from standard.models import Calendar, StandardVersion
from standard.rules import REVIEW
from tenants.actors import Actor
from tenants.time import now


@verb(
    "adopt",
    kind="standard.adopted",
    who="platform command",
    subject="standard version",
    starts=(REVIEW,),
    clauses=("people.process-owner", REVIEW),
    sometimes=("process_review.opened",),
)
def adopt_shipped(*, by: Actor, time_zone: str = "UTC") -> StandardVersion:
    """Give an organisation the shipped standard, a calendar of Monday to Friday, 09:00 to 17:00, and the running quarter's review."""
    version = StandardVersion.objects.create(number=1, effective_at=now(), content=shipped())
    Calendar.objects.create(time_zone=time_zone, opens_at=time(9), closes_at=time(17), weekdays=[1, 2, 3, 4, 5])
    record("standard.adopted", version, by=by, number=version.number, title=version.law.title)
    begin_reviews(by=by)
    return version
