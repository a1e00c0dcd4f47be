"""The history by months: which one an address names, and what lies before and after it."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime

from django.db.models import Q

from tenants.refusals import NotFound
from tenants.time import now

_MONTH = re.compile(r"(20[0-9]{2})-(0[1-9]|1[0-2])")
ON_THE_PAGE = 3  # months below what goes on, the running one among them


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """A month, in UTC."""

    year: int
    number: int

    @property
    def first(self) -> datetime:
        """When it begins."""
        return datetime(self.year, self.number, 1, tzinfo=UTC)

    def plus(self, months: int) -> "Month":
        """So many months later; earlier, where they are negative."""
        year, number = divmod(self.year * 12 + self.number - 1 + months, 12)
        return Month(year, number + 1)

    @property
    def within(self) -> Q:
        """Incidents that began in it."""
        return Q(began_at__gte=self.first, began_at__lt=self.plus(1).first)

    def __str__(self) -> str:
        return f"{self.year}-{self.number:02d}"


def of(moment: datetime) -> Month:
    """The month of a moment."""
    here = moment.astimezone(UTC)
    return Month(here.year, here.month)


def named(text: str) -> Month:
    """The month that an address names, "2026-11". Raises NotFound for what is none, and for one that is still to come."""
    match = _MONTH.fullmatch(text)
    found = Month(int(match[1]), int(match[2])) if match else None
    if found is None or found > of(now()):
        raise NotFound("month")
    return found


def recent() -> Month:
    """The first of the months that stand on the page itself."""
    return of(now()).plus(1 - ON_THE_PAGE)
