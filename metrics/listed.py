"""What the other numbers count, one by one: the clocks, the calls, the action items and the outages behind each.

Each listing is filtered as its figure is, and says a number that equals the figure's. The walls hide the same from both.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import batched
from typing import Any

from django.conf import settings
from django.db.models import DateTimeField, F, FloatField, Func, Q, QuerySet, Sum, Value
from django.urls import reverse

from incidents.models import Incident
from incidents.queries import clock_name
from incidents.rules.outside import outside
from incidents.states import Severity
from metrics import definitions as d
from metrics.ageing import MONTH, WEEK, as_of
from metrics.behind import behind, narrowed
from metrics.clocks import alone
from metrics.components import Outage, outages
from metrics.decided import Decided, DecidedClocks
from metrics.filters import Filters
from metrics.models import ClockFigure
from metrics.tables import Cell, Table
from metrics.words import span
from oncall.models import PageStep
from postmortems.models import ActionItem
from postmortems.states import ItemKind, ItemState
from tenants.actors import Actor
from tenants.refusals import invalid
from tenants.time import now

UPDATES = "updates"  # instead of a clause: those of the cadence, as one
OUTCOMES = {"kept": "kept", "broken": "broken"}
_CHUNK = 2_000

type Asked = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Listing:
    """What one number counts: `n` is that number, `said` the same in words; `found` is read page by page, `rows` makes a table's rows of it."""

    key: str
    title: str
    says: str
    n: int
    said: str
    columns: Sequence[tuple[str, str]]
    found: Any
    rows: Callable[[Iterable[Any]], list[list[Cell]]]
    note: str = ""

    def table(self, found: Iterable[Any] | None = None) -> Table:
        """A page of it as a table; without one all of it, for a file."""
        chunks: Iterable[Iterable[Any]] = [found] if found is not None else batched(self.found, _CHUNK)
        return Table(self.key, self.title, self.columns, [row for chunk in chunks for row in self.rows(chunk)])


def _one(asked: Asked, name: str) -> str:
    """One word of an address. Refuses (422) what cannot be a word of the record."""
    found = (asked.get(name) or [""])[-1].strip()
    if "\x00" in found or len(found) > 254:
        raise invalid(name, "This is no word that figures are asked by.")
    return found


def _choice(asked: Asked, name: str, choices: Iterable[str]) -> str:
    """One of some words, or none."""
    found, known = _one(asked, name), list(choices)
    if found and found not in known:
        raise invalid(name, f"It is one of {', '.join(known)}.")
    return found


def _incident(incident: Incident) -> Cell:
    url = reverse("incident", urlconf=settings.PORTAL_URLCONF, args=[incident.ref])
    return Cell(f"{incident.ref} {incident.title}", url=url)


def _at(moment: datetime | None, otherwise: str = "") -> Cell:
    return Cell(otherwise, "" if moment is None else moment.isoformat(), at=moment)


def _of(number: int, what: str, incidents: int, sort: str = "") -> str:
    """ "14 clocks broken, of 6 incidents"."""
    rest = f" {sort}" if sort else ""
    return f"{number:,} {what}{'' if number == 1 else 's'}{rest}, of {incidents:,} incident{'' if incidents == 1 else 's'}"


# --- Clocks ------------------------------------------------------------------------------------------------------------------


def clocks(filters: Filters, asked: Asked, by: Actor) -> Listing:
    """The clocks of a clause (`clause`; `updates`: the cadence; none: all) that were kept or broken (`outcome`; none: both), one by one.

    With `alone=1` those too that belong to no incident and ended in the period.
    """
    clause, outcome = _one(asked, "clause"), _choice(asked, "outcome", OUTCOMES)
    wanted = d.CADENCE_CLAUSES if clause == UPDATES else [clause] if clause else []
    found = ClockFigure.objects.filter(detected_at__gte=filters.start, detected_at__lt=filters.end)
    if filters.severities:
        found = found.filter(severity__in=filters.severities)
    if filters.service_id is not None or filters.team_id is not None:
        found = found.filter(incident_id__in=behind(filters).order_by().values("incident_id"))
    if wanted:
        found = found.filter(clause__in=wanted)
    if outcome:
        found = found.filter(**{f"{outcome}__gt": 0})
    sums = found.aggregate(kept=Sum("kept", default=0), broken=Sum("broken", default=0))
    n = sums[outcome] if outcome else sums["kept"] + sums["broken"]
    incidents = found.order_by().values("incident_id").distinct().count()
    lone = _alone(filters, wanted, outcome) if _choice(asked, "alone", ("1",)) else 0
    said = _of(n + lone, "clock", incidents, outcome) + (f" and {lone:,} of none" if lone else "")
    name = "Clocks of updates" if clause == UPDATES else clock_name(clause) if clause else "Clocks"
    columns = [("Incident", "incident"), ("Severity", "severity"), ("Clock", "clock"), ("Clause", "clause")]
    columns += [
        ("Detected", "detected_at"),
        ("Started", "started_at"),
        ("Due", "due_at"),
        ("Done", "done_at"),
        ("Outcome", "outcome"),
    ]
    title = f"{name}{f': {outcome}' if outcome else ''}"
    listed = DecidedClocks(filters, wanted, outcome, n, lone)
    return Listing("clocks-counted", title, d.CLOCKS, n + lone, said, columns, listed, _clock_rows)


def _alone(filters: Filters, wanted: Sequence[str], outcome: str) -> int:
    """How many clocks of no incident there are: one query."""
    found = [one for one in alone(filters.start, filters.end) if not wanted or one.clause in wanted]
    return sum({"kept": one.kept, "broken": one.broken}.get(outcome, one.n) for one in found)


def _clock_rows(found: Iterable[Decided]) -> list[list[Cell]]:
    """One more query: the incidents."""
    listed = list(found)
    incidents = Incident.objects.in_bulk({one.incident_id for one in listed if one.incident_id is not None})
    return [
        [
            _incident(incidents[one.incident_id]) if one.incident_id is not None else Cell(_OF_NONE[one.subject_type], ""),
            Cell(Severity(one.severity).label, Severity(one.severity).code) if one.severity is not None else Cell("none", ""),
            Cell(clock_name(one.clause)),
            Cell(one.clause),
            _at(one.detected_at, "no incident"),
            _at(one.started_at),
            _at(one.due_at),
            _at(one.done_at, "never" if one.fell_away else "not yet"),
            Cell("broken" if one.broken_at else "kept"),
        ]
        for one in listed
    ]


_OF_NONE = {"standard.processreview": "a review of the process", "oncall.page": "a call of which no incident came"}


# --- Calls -------------------------------------------------------------------------------------------------------------------

_HOUR = Func(
    Value("hour"),
    Func(F("user__time_zone"), F("paged_at"), function="timezone", output_field=DateTimeField()),
    function="date_part",
    output_field=FloatField(),
)
_NIGHT = Q(hour__lt=d.NIGHT_UNTIL.hour) | Q(hour__gte=d.NIGHT_FROM.hour)


def pages(filters: Filters, asked: Asked, by: Actor) -> Listing:
    """Each time a person (`person`, by e-mail; none: anybody) was called in the period; only at night with `night=1`."""
    person, night = _one(asked, "person"), _choice(asked, "night", ("1",))
    found = PageStep.objects.filter(paged_at__gte=filters.start, paged_at__lt=filters.end).annotate(hour=_HOUR)
    if filters.narrow:
        found = found.filter(incident_id__in=behind(filters).order_by().values("incident_id"))
    else:
        found = found.exclude(incident_id__in=Incident.objects.filter(exercise=True).values("pk"))
    if person:
        found = found.filter(user__email__iexact=person)
    if night:
        found = found.filter(_NIGHT)
    n = found.count()
    of = f" of {person}" if person else ""
    title = f"Pages{of}{' at night' if night else ''}"
    said = f"{n:,} page{'' if n == 1 else 's'}{' at night' if night else ''}"
    columns = [("Called", "paged_at"), ("Person", "person"), ("About", "incident"), ("At night", "at_night")]
    ordered = found.select_related("user").order_by("-paged_at", "-id")
    return Listing("pages-counted", title, d.PAGES, n, said, columns, ordered, _call_rows)


def _call_rows(found: Iterable[Any]) -> list[list[Cell]]:
    """One more query: what the calls were about."""
    steps = list(found)
    incidents = Incident.objects.in_bulk({step.incident_id for step in steps if step.incident_id is not None})
    return [
        [
            _at(step.paged_at),
            Cell(step.user.name),
            _incident(incidents[step.incident_id]) if step.incident_id in incidents else Cell("no incident came of it", ""),
            Cell("no" if d.NIGHT_UNTIL.hour <= step.hour < d.NIGHT_FROM.hour else "yes"),
        ]
        for step in steps
    ]


# --- Action items ------------------------------------------------------------------------------------------------------------


def _which(filters: Filters, moment: datetime) -> dict[str, Q]:
    """What the columns of the table count of the period's (metrics/ageing.py says the same in SQL, and a test compares them)."""
    at = as_of(filters, moment)
    waits, ended = Q(ended_at=None) | Q(ended_at__gte=filters.end), Q(ended_at__lt=filters.end)
    week, month = at - timedelta(days=WEEK), at - timedelta(days=MONTH)
    done = ended & Q(state=ItemState.DONE)
    return {
        "waiting": waits,
        "week": waits & Q(filed_at__gt=week),
        "month": waits & Q(filed_at__lte=week, filed_at__gt=month),
        "longer": waits & Q(filed_at__lte=month),
        "overdue": waits & Q(due_at__lt=at),
        "done": done,
        "due": done & Q(due_at__isnull=False),
        "dropped": ended & Q(state=ItemState.DROPPED),
    }


def _of_the_period(filters: Filters, moment: datetime) -> QuerySet[ActionItem]:
    """The items that had not ended when the period began, and were filed before it was over: none of a period that is yet to begin."""
    found = ActionItem.objects.filter(incident_id__in=narrowed(filters).values("incident_id"), filed_at__lt=filters.end)
    found = found.filter(Q(ended_at=None) | Q(ended_at__gte=filters.start))
    return found if filters.start <= moment else found.none()


_SORTS = {
    "": "",
    "waiting": "waiting",
    "week": "waiting up to a week",
    "month": "waiting up to 30 days",
    "longer": "waiting longer",
    "overdue": "past due",
    "done": "done",
    "due": "done that had a due date",
    "dropped": "dropped",
}


def items(filters: Filters, asked: Asked, by: Actor) -> Listing:
    """The action items of a `kind` (none: both) that wait, are past due, done or dropped (`which`; none: all)."""
    moment = now()
    sorts = _which(filters, moment)
    kind, which = _choice(asked, "kind", ItemKind.values), _choice(asked, "which", sorts)
    found = _of_the_period(filters, moment)
    if kind:
        found = found.filter(kind=kind)
    if which:
        found = found.filter(sorts[which])
    n = found.count()
    incidents = found.order_by().values("incident_id").distinct().count()
    columns = [("Item", "item"), ("Title", "title"), ("Kind", "kind"), ("State", "state"), ("Owner", "owner")]
    columns += [("Filed", "filed_at"), ("Due", "due_at"), ("Ended", "ended_at")]
    ordered = found.select_related("incident", "owner").order_by("filed_at", "id")
    title = f"Action items{f', {ItemKind(kind).label.lower()}' if kind else ''}{f': {_SORTS[which]}' if which else ''}"
    summary = outside(by)
    note = "You read summaries, not rooms: of most items their titles and owners are left out." if summary else ""
    said = _of(n, "action item", incidents, _SORTS[which])
    return Listing(
        "items-counted", title, d.AGEING, n, said, columns, ordered, lambda rows: _item_rows(rows, summary=summary), note
    )


def _item_rows(found: Iterable[ActionItem], *, summary: bool) -> list[list[Cell]]:
    return [_item_row(one, hidden=summary and not one.incident.restricted) for one in found]


def _item_row(one: ActionItem, *, hidden: bool) -> list[Cell]:
    """An item; of one in whose room somebody does not read (`hidden`) what its incident's page tells, and no more."""
    page, name = ("incident", one.incident.ref) if hidden else ("action-item", one.ref)
    return [
        Cell(one.ref, url=reverse(page, urlconf=settings.PORTAL_URLCONF, args=[name])),
        Cell("" if hidden else one.title, "" if hidden else one.title),
        Cell(one.get_kind_display(), one.kind),
        Cell(one.get_state_display(), one.state),
        Cell("" if hidden else one.owner.name, "" if hidden else one.owner.name),
        _at(one.filed_at),
        _at(one.due_at, "no limit"),
        _at(one.ended_at, "not yet"),
    ]


# --- Outages -----------------------------------------------------------------------------------------------------------------


def outages_of(filters: Filters, asked: Asked, by: Actor) -> Listing:
    """The incidents because of which a component (`component`, by its short name; none: each of them) was down in the period."""
    slug = _one(asked, "component")
    found = outages(filters.start, filters.end, slug)
    if slug and not found:
        raise invalid("component", f"There is no component {slug[:40]}.")
    listed = [outage for one in found for outage in one.each]
    n = len(listed)
    said = _of(n, "outage", len({one.incident_id for one in listed}))
    if slug:
        said += f"; down for {span(found[0].down.total_seconds())}, overlaps once"
    columns = [("Incident", "incident"), ("Component", "component"), ("Down from", "since"), ("Until", "until")]
    columns.append(("Down in the period", "down_seconds"))
    title = f"Outages{f' of {found[0].name}' if slug else ''}"
    return Listing("outages", title, d.AVAILABILITY, n, said, columns, listed, _outage_rows)


def _outage_rows(found: Iterable[Outage]) -> list[list[Cell]]:
    """One more query: the incidents."""
    listed = list(found)
    incidents = Incident.objects.in_bulk({one.incident_id for one in listed})
    return [
        [
            _incident(incidents[one.incident_id]),
            Cell(one.component),
            _at(one.since),
            _at(one.until, "still down"),
            Cell(span(one.down.total_seconds()), one.down.total_seconds()),
        ]
        for one in listed
    ]


type Maker = Callable[[Filters, Asked, Actor], Listing]

# The listings by their key in addresses, each with the page of figures that it belongs to.
LISTINGS: Mapping[str, tuple[Maker, str]] = {
    "clocks-counted": (clocks, "metrics-clocks"),
    "pages-counted": (pages, "metrics-pages"),
    "items-counted": (items, "metrics-items"),
    "outages": (outages_of, "metrics-availability"),
}
