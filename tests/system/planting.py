"""What a test puts into an installation's data with the project's own code (`Installation.plant`): policies, haste, and poison.

Poison is data that the code of production fails on, and nothing else: no handler knows of it.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from ledger.actions import configure
from oncall.escalation import ESCALATION
from oncall.models import EscalationPolicy, EscalationTarget, Page, Schedule, Service
from standard import clocks
from standard.away import Away
from standard.models import Clock, ClockFailure
from tenants.actors import Actor, Via, system
from tenants.credentials import organisation_by_slug
from tenants.models import User
from tenants.scope import scope
from tenants.time import now

GONE = 10**15  # the id of a page that is not there
LATE = timedelta(seconds=70)  # how late poison is, so that the watchdog, which is patient for a minute, finds it at once
APART = timedelta(seconds=0.5)


@contextmanager
def _inside(slug: str) -> Iterator[Actor]:
    organisation_id = organisation_by_slug(slug)
    assert organisation_id is not None
    by = system(organisation_id, Via.COMMAND)
    with scope(organisation_id, surface=Via.COMMAND, actor=by):
        yield by


def policies(slug: str, wanted: dict[str, tuple[dict[str, int], list[tuple[int, str, str]]]]) -> None:
    """Give services policies: numbers, and (minutes after the page began, kind, which), where a person is named by their address."""
    with _inside(slug) as by:
        for service, (numbers, targets) in wanted.items():
            made = configure(EscalationPolicy(), {"slug": service, "name": f"For {service}", **numbers}, by=by)
            for minutes, kind, which in targets:
                row = {"policy": made, "after_minutes": minutes, "kind": kind, **_named(kind, which)}
                configure(EscalationTarget(), row, by=by)
            configure(Service.objects.get(slug=service), {"policy": made}, by=by)


def _named(kind: str, which: str) -> dict[str, Any]:
    if kind == "person":
        return {"user": User.objects.get(email=which)}
    if kind == "schedule":
        return {"schedule": Schedule.objects.get(slug=which)}
    return {"duty": which} if kind == "duty" else {}


def haste(slug: str, pages: Iterable[int]) -> None:
    """Have the next step of each of these pages come soon, one after the other."""
    for number, page_id in enumerate(pages, start=2):
        with _inside(slug):
            clocks.start(ESCALATION, Page.objects.get(pk=page_id), due=number * APART)


def late_clock(slug: str, page_id: int) -> None:
    """Let the clock of a page's next step have been due for a while; of a page that is not there, where it is not there."""
    with _inside(slug) as by:
        page = Page.objects.filter(pk=page_id).first() or Page(pk=page_id, organisation_id=by.organisation_id)
        clocks.start(ESCALATION, page, due=-LATE)


def unreadable_page(slug: str, page_id: int) -> None:
    """A page of low urgency whose moment came a while ago, and whose plan nobody can read."""
    with _inside(slug):
        page = Page.objects.get(pk=page_id)
        clocks.fall_away(page, ESCALATION, why=Away.CALMED)
        page.plan, page.urgency, page.next_at = {"steps": "none"}, Page.Urgency.LOW, now() - LATE
        page.save()


def mend(slug: str, page_id: int) -> None:
    """Take the poison out again."""
    with _inside(slug):
        ClockFailure.objects.all().delete()
        clocks.stop_all(
            Clock.objects.filter(subject_type="oncall.page", subject_id=page_id, stopped_at=None), fell_away=Away.CALMED
        )
        for page in Page.objects.filter(pk=page_id, state=Page.State.OPEN):
            page.plan, page.next_at, page.state = {}, None, Page.State.ENDED
            page.save()
