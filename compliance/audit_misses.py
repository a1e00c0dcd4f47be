"""Broken clocks that name no incident and belong to an engagement's period all the same, as the database says it (people.auditor).

A page's clock may be older than its incident; a custodian's names none, so that they can stop it; a quarterly review has none.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from compliance.models import AuditEngagement

PAGE, CUSTODIAN = "oncall.page", "compliance.custodiantask"
_SUBJECTS = {PAGE: "page {}", CUSTODIAN: "custodian's task {}", "standard.processreview": "quarterly review {}"}


@dataclass(frozen=True, slots=True)
class Miss:
    """One such clock. `incident_id`: whose it is by now, None where it is nobody's. `about` is what people call what it was about.

    `of_kind` and `of_number` are a page's subject ("incidents.signal", 12); "" and None of others.
    """

    clock_id: int
    incident_id: int | None
    clause: str
    due_at: datetime
    broken_at: datetime
    stopped_at: datetime | None
    fell_away: str
    kind: str
    number: int
    of_kind: str
    of_number: int | None
    about: str

    @property
    def source(self) -> str:
        """What it measured."""
        return source_of(self.kind, self.number, self.of_kind, self.of_number)


def misses(engagement: AuditEngagement) -> Sequence[Miss]:
    """Those that belong to an engagement's period and that its auditor may know of, the longest ago first. None for anybody else."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM muster.audited_misses(%s)", [engagement.pk])
        return [Miss(*row) for row in cursor.fetchall()]


def source_of(kind: str, number: int, of_kind: str = "", of_number: int | None = None) -> str:
    """What a clock without an incident measured, in words that pages and packs share: "page 7 of signal 12", "quarterly review 5"."""
    found = _SUBJECTS[kind].format(number)
    return f"{found} of {of_kind.rpartition('.')[2]} {of_number}" if of_number is not None else found
