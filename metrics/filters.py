"""Which incidents a figure is about: a period on the organisation's calendar, severities, a service, a team. Read from an address."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from incidents.states import Severity
from oncall.models import Service
from standard.calendar import instant
from standard.models import Calendar
from tenants.refusals import Reason, check
from tenants.time import now

DAYS = 90  # without any word of the period: the last ones, today included
DAYS_MOST = 3_660
EARLIEST, LATEST = date(2000, 1, 1), date(9000, 1, 1)
_INSTANT = timedelta(microseconds=1)
_ZONED = re.compile(r"(?:Z|[+-]\d\d:?\d\d)$")
NONE = "-"  # instead of a slug: incidents that name no service, and so no team
BY = {"month": "Month", "severity": "Severity", "service": "Service", "team": "Team"}


@dataclass(frozen=True, slots=True)
class Places:
    """The organisation's zone, its services and their teams, as figures name them."""

    zone: ZoneInfo
    services: dict[int, tuple[str, str]]  # id -> (slug, name)
    teams: dict[int, tuple[str, str]]

    def of(self, by: str) -> dict[int, tuple[str, str]]:
        """Services or teams."""
        return self.services if by == "service" else self.teams


def places() -> Places:
    """Read them: two queries."""
    name = Calendar.objects.values_list("time_zone", flat=True).first() or "UTC"
    services = list(Service.objects.select_related("team").order_by("name", "id"))
    teams = {service.team_id: (service.team.slug, service.team.name) for service in services}
    return Places(
        ZoneInfo(name),
        {service.pk: (service.slug, service.name) for service in services},
        dict(sorted(teams.items(), key=lambda item: item[1][1])),
    )


@dataclass(frozen=True, slots=True)
class Filters:
    """What was asked for. `first` and `last` are days of `zone`, both included; `service_id` and `team_id` are 0 for "none named".

    `since` and `until` are instants within those days at which the period begins and is over, where it is not made of whole days.
    """

    zone: ZoneInfo
    first: date
    last: date
    severities: tuple[int, ...] = ()
    service: str = ""
    service_id: int | None = None
    team: str = ""
    team_id: int | None = None
    by: str = "month"
    since: datetime | None = None
    until: datetime | None = None

    @classmethod
    def between(cls, zone: ZoneInfo, start: datetime, end: datetime, by: str = "month") -> "Filters":
        """The period from one instant to another, which is not in it: as days where it is made of whole ones."""
        first = start.astimezone(zone).date()
        made = cls(zone, first, max(first, (end - _INSTANT).astimezone(zone).date()), by=by)
        return made if (made.start, made.end) == (start, end) else made.but(since=start, until=end)

    @property
    def start(self) -> datetime:
        """The first instant of the period (UTC)."""
        return self.since or instant(self.zone, self.first, time())

    @property
    def end(self) -> datetime:
        """The first instant after the period (UTC)."""
        return self.until or instant(self.zone, self.last + timedelta(days=1), time())

    @property
    def edges(self) -> tuple[str, str]:
        """The period as an address and the form carry it: days, both included, or instants, the second not."""
        since, until = (
            moment and moment.astimezone(UTC).isoformat().replace("+00:00", "Z") for moment in (self.since, self.until)
        )
        return since or self.first.isoformat(), until or self.last.isoformat()

    @property
    def said(self) -> str:
        """The period as people read it."""
        return f"{_said(self.first, self.since, self.zone)} to {_said(self.last, self.until, self.zone)}"

    @property
    def narrow(self) -> bool:
        """Whether more than the period was chosen."""
        return bool(self.severities) or self.service_id is not None or self.team_id is not None

    def of_the_period(self) -> "Filters":
        """The same period, and nothing else."""
        return Filters(self.zone, self.first, self.last, by=self.by, since=self.since, until=self.until)

    def but(self, **changes: Any) -> "Filters":
        """The same with some of it changed."""
        return replace(self, **changes)

    def query(self, **more: str) -> str:
        """As an address carries it."""
        pairs = list(zip(("from", "to"), self.edges, strict=True))
        pairs += [("severity", str(level)) for level in self.severities]
        pairs += [(name, value) for name, value in (("service", self.service), ("team", self.team), ("by", self.by)) if value]
        return urlencode([*(pair for pair in pairs if pair[0] not in more), *more.items()])

    def where(self, table: str = "f") -> tuple[str, dict[str, Any]]:
        """The same as SQL on a table of figures, with its values."""
        narrow, values = self.narrowed(table)
        period = f"{table}.detected_at >= %(start)s AND {table}.detected_at < %(end)s"
        return (f"{period} AND {narrow}" if narrow else period), {"start": self.start, "end": self.end} | values

    def narrowed(self, table: str = "f") -> tuple[str, dict[str, Any]]:
        """What was chosen besides the period as SQL ("" for nothing), with its values: of what goes by another time than the detection."""
        parts: list[str] = []
        values: dict[str, Any] = {}
        if self.severities:
            parts.append(f"{table}.severity = ANY(%(severities)s)")
            values["severities"] = list(self.severities)
        for name, pk in (("service", self.service_id), ("team", self.team_id)):
            if pk is not None:
                parts.append(f"{table}.{name}_ids = '{{}}'" if pk == 0 else f"{table}.{name}_ids @> ARRAY[%({name})s]::bigint[]")
                values[name] = pk
        return " AND ".join(parts), values


def _said(day: date, moment: datetime | None, zone: ZoneInfo) -> str:
    local = moment.astimezone(zone) if moment is not None else None
    return f"{day.day} {day:%B %Y}" if local is None else f"{local.day} {local:%B %Y, %H:%M:%S}"


def read(query: Mapping[str, Sequence[str]], known: Places) -> Filters:
    """The filters of an address: field -> its values. Refuses (422) with a sentence a field what cannot be."""
    today = now().astimezone(known.zone).date()
    wrong: list[Reason] = []

    def one(name: str) -> str:
        return (query.get(name) or [""])[-1].strip()

    since, until = (_instant(name, one(name), wrong) for name in ("from", "to"))
    first_day, last_day = (None if "T" in one(name) else _day(name, one(name), wrong) for name in ("from", "to"))
    first_day = since.astimezone(known.zone).date() if since else first_day
    last_day = max(first_day or EARLIEST, (until - _INSTANT).astimezone(known.zone).date()) if until else last_day
    last = last_day or max(today, first_day or today)
    first = first_day or last - timedelta(days=DAYS - 1)
    if not wrong:
        wrong += _period(first, last, since, until)
    levels = [level for value in query.get("severity", []) if (level := value.strip())]
    severities = [int(level[-1]) for level in levels if level.upper().removeprefix("SEV") in ("1", "2", "3", "4")]
    if len(severities) != len(levels):
        wrong.append(_invalid("severity", f"A severity is 1 to 4; there is no {', '.join(levels)[:40]}."))
    ids = {name: _named(name, one(name), known.of(name), wrong) for name in ("service", "team")}
    by = one("by") or "month"
    if by not in BY:
        wrong.append(_invalid("by", f"Figures are laid out by {', '.join(BY)}."))
    check(wrong)
    chosen = tuple(sorted({int(Severity(level)) for level in severities}))
    named = (one("service"), ids["service"], one("team"), ids["team"])
    return Filters(known.zone, first, last, chosen, *named, by=by, since=since, until=until)


def _invalid(name: str, sentence: str, code: str = "invalid") -> Reason:
    return Reason(code, sentence, field=name, status=422)


def _instant(name: str, value: str, wrong: list[Reason]) -> datetime | None:
    """An instant such as 2026-11-25T10:43:07.25Z; None where nothing was said, or a day, or nothing that is one."""
    if "T" not in value:
        return None
    try:
        found = datetime.fromisoformat(value).astimezone(UTC) if len(value) <= 40 and _ZONED.search(value) else None
    except (ValueError, OverflowError):
        found = None
    if found is None or not EARLIEST <= found.date() <= LATEST:
        wrong.append(_invalid(name, "An instant is written like 2026-11-25T10:43:07Z, with its offset."))
        return None
    return found


def _day(name: str, value: str, wrong: list[Reason]) -> date | None:
    """A day such as 2026-11-25; None where nothing was said, or nothing that is one."""
    if not value:
        return None
    try:
        found = date.fromisoformat(value) if len(value) == 10 else None
    except ValueError:
        found = None
    if found is None or not EARLIEST <= found <= LATEST:
        wrong.append(_invalid(name, f"A day is written like 2026-11-25, from {EARLIEST.year} on."))
        return None
    return found


def _period(first: date, last: date, since: datetime | None, until: datetime | None) -> list[Reason]:
    if last < first or (since is not None and until is not None and until < since):
        return [_invalid("to", f"The period ends on {last}, before it starts on {first}.", "ends_before_it_starts")]
    if (last - first).days >= DAYS_MOST:
        return [_invalid("from", "A period is at most ten years long.", "too_long")]
    return []


def _named(name: str, slug: str, known: Mapping[int, tuple[str, str]], wrong: list[Reason]) -> int | None:
    """The id of a service or a team; 0 for "none named", None where nothing was said."""
    if not slug:
        return None
    if slug == NONE:
        return 0
    found = next((pk for pk, (own, _) in known.items() if own == slug), None)
    if found is None:
        wrong.append(_invalid(name, f"There is no {name} {slug[:40]}.", f"no_such_{name}"))
    return found
