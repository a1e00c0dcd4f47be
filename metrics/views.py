"""The pages of this room: read the filters, ask, show. Every member sees them."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from ledger.exports import give
from ledger.form_pages import actor
from metrics import behind, definitions, report
from metrics.definitions import BY_KEY
from metrics.filters import BY, Filters, Places, places, read
from metrics.forms import form_of, refused_form
from metrics.listed import LISTINGS
from tenants.refusals import NotFound, Refused
from tenants.time import now

PER_PAGE = 50
PERIODS = ((30, "30 days"), (90, "90 days"), (365, "A year"), (1096, "Three years"))


def _asked(request: HttpRequest) -> dict[str, list[str]]:
    return {name: [str(value) for value in values] for name, values in request.GET.lists()}


@dataclass(frozen=True, slots=True)
class _View:
    """One page of figures: its address and name, what it is made of, and which filters it has besides the period."""

    name: str
    label: str
    make: Callable[[Filters, Places], dict[str, Any]]
    asked: tuple[str, ...] = ("severity", "service", "team")

    @property
    def url(self) -> str:
        """Where it stands."""
        return reverse(self.name)


VIEWS = (
    _View("metrics-home", "Times", report.times, ("severity", "service", "team", "by")),
    _View("metrics-clocks", "Clocks", lambda filters, known: report.clocks(filters)),
    _View("metrics-pages", "Pages", lambda filters, known: report.pages(filters)),
    _View("metrics-items", "Action items", lambda filters, known: report.items(filters)),
    _View("metrics-availability", "Availability", lambda filters, known: report.components(filters), ()),
)


def page(view: _View) -> Callable[[HttpRequest], HttpResponse]:
    """The page of one view. What cannot be asked is said beside its field, and nothing typed is lost."""

    def show(request: HttpRequest) -> HttpResponse:
        known = places()
        context: dict[str, Any] = {"counted": definitions.COUNTED, "here": view.url, "title": view.label}
        try:
            filters = read(_asked(request), known)
        except Refused as refused:
            context |= {"form": refused_form(request.GET, known, view.asked, refused), "views": _views(None, view)}
            return render(request, "metrics/home.html", context, status=refused.status)
        if not view.asked:
            filters = filters.of_the_period()
        today = now().astimezone(known.zone).date()
        context |= {"filters": filters, "form": form_of(filters, known, view.asked), "zone": known.zone.key}
        context |= {"chosen": _chosen(filters, known), "periods": _periods(filters, today), "views": _views(filters, view)}
        context |= {"ways": _ways(filters) if "by" in view.asked else []} | view.make(filters, known)
        return render(request, "metrics/home.html", context)

    return require_GET(show)


def _views(filters: Filters | None, here: _View) -> list[dict[str, Any]]:
    query = f"?{filters.query()}" if filters else ""
    return [{"label": view.label, "url": f"{view.url}{query}", "current": view is here} for view in VIEWS]


def _periods(filters: Filters, today: date) -> list[dict[str, Any]]:
    found = []
    for days, label in PERIODS:
        first = today - timedelta(days=days - 1)
        wanted = filters.but(first=first, last=today, since=None, until=None)
        found.append({"label": label, "url": f"?{wanted.query()}", "current": filters == wanted})
    return found


def _ways(filters: Filters) -> list[dict[str, Any]]:
    return [{"label": label, "url": f"?{filters.but(by=by).query()}", "current": by == filters.by} for by, label in BY.items()]


def _chosen(filters: Filters, known: Places) -> list[str]:
    """What besides the period was chosen, in words."""
    found = [f"SEV {level}" for level in filters.severities]
    for name, pk in (("service", filters.service_id), ("team", filters.team_id)):
        if pk is not None:
            found.append(known.of(name)[pk][1] if pk else f"no {name} named")
    return found


def _csv_url(key: str, filters: Filters, **more: str) -> str:
    return f"{reverse('metrics-csv', args=[key])}?{filters.query(**more)}"


@require_GET
def incidents(request: HttpRequest) -> HttpResponse:
    """The incidents behind a figure."""
    known = places()
    filters = read(_asked(request), known)
    figure, missing = _figure(request)
    page: Any = Paginator(behind.behind(filters, figure, missing=missing), PER_PAGE).get_page(request.GET.get("page"))
    page.object_list = behind.rows(page.object_list)
    more = {"figure": figure, "missing": "1"} if figure and missing else {"figure": figure} if figure else {}
    context = {
        "page": page,
        "filters": filters,
        "chosen": _chosen(filters, known),
        "zone": known.zone.key,
        "figure": BY_KEY.get(figure),
        "missing": missing,
        "back_url": f"{reverse('metrics-home')}?{filters.query()}",
        "csv_url": _csv_url("incidents", filters, **more),
        "counted": definitions.COUNTED,
    }
    return render(request, "metrics/incidents.html", context)


def _figure(request: HttpRequest) -> tuple[str, bool]:
    figure = request.GET.get("figure", "")
    return (figure if figure in BY_KEY else ""), request.GET.get("missing") == "1"


def listing(key: str) -> Callable[[HttpRequest], HttpResponse]:
    """The page of one listing: what a number of another page counts (metrics/listed.py)."""
    make, home = LISTINGS[key]

    def show(request: HttpRequest) -> HttpResponse:
        known, asked = places(), _asked(request)
        filters = _filters_of(key, read(asked, known))
        made = make(filters, asked, actor(request))
        page: Any = Paginator(made.found, PER_PAGE).get_page(request.GET.get("page"))
        more = {name: asked[name][-1] for name in _NARROWS if asked.get(name)}
        context = {
            "page": page,
            "listing": made,
            "table": made.table(page.object_list),
            "filters": filters,
            "chosen": _chosen(filters, known),
            "zone": known.zone.key,
            "back_url": f"{reverse(home)}?{filters.query()}",
            "csv_url": _csv_url(key, filters, **more),
            "counted": definitions.COUNTED,
        }
        return render(request, "metrics/listing.html", context)

    return require_GET(show)


# What narrows a listing besides the filters.
_NARROWS = ("clause", "outcome", "alone", "person", "night", "kind", "which", "component")


def _filters_of(key: str, filters: Filters) -> Filters:
    """Availability knows no severity, service and team, and so do the outages that it counts."""
    return filters.of_the_period() if key == "outages" else filters


@require_GET
def as_csv(request: HttpRequest, table: str) -> HttpResponse:
    """One table of the page as a file, in seconds and shares of one."""
    known = places()
    filters = read(_asked(request), known)
    if table == "incidents":
        figure, missing = _figure(request)
        found = behind.as_table(behind.behind(filters, figure, missing=missing).iterator(2000))
    elif table in LISTINGS:
        found = LISTINGS[table][0](_filters_of(table, filters), _asked(request), actor(request)).table()
    else:
        made = report.table(table, filters, known)
        if made is None:
            raise NotFound("table")
        found = made
    name = f"{table}-{filters.first}-{filters.last}.csv"
    content = give(found.csv(), name, by=actor(request), asked=request.GET.lists())
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(content, content_type="text/csv; charset=utf-8", headers=headers)
