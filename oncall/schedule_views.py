"""The pages of schedules: who is on call, the calendar, and the forms that change it. Parse, gate, action, respond."""

from datetime import date, datetime, timedelta
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from ledger.form_pages import Words, actor, send
from ledger.idempotency import once_on_the_web
from oncall import asking, board_pages, forms, gate
from oncall.actions import calendars, overrides, schedules, swaps
from oncall.addresses import feed
from oncall.models import Schedule, Team
from oncall.rota import OnCallDuty
from oncall.rota.wall import shown
from oncall.rotas import crew, people, zone
from oncall.rules import schedules as rules
from tenants.refusals import Conflict, Refused, check
from tenants.time import now


@require_GET
def oncall(request: HttpRequest) -> HttpResponse:
    """Who is on now for what, and where nobody is in the next 14 days."""
    return render(request, "oncall/oncall.html", board_pages.overview(actor(request)))


@require_http_methods(["GET", "POST"])
def my_shifts(request: HttpRequest) -> HttpResponse:
    """My shifts, and the secret addresses at which my calendars read. POST makes another; it is shown once."""
    by, made, status = actor(request), "", 200
    refusals: Any = ()
    if request.method == "POST":
        slug = str(request.POST.get("schedule", ""))[:60]
        try:
            schedule = gate.schedule_for(by, slug) if slug else None
            link, credential = calendars.share_calendar(by=by, schedule=schedule)
            made = request.build_absolute_uri("/")[:-1] + feed(link, credential)
        except Refused as refused:
            refusals, status = refused.reasons, refused.status
    return render(request, "oncall/my_shifts.html", board_pages.mine(by) | {"made": made, "refusals": refusals}, status=status)


@require_POST
def calendar_revoke(request: HttpRequest, link_id: int) -> HttpResponse:
    """Make a calendar's address show nothing any more."""
    link = gate.link_for(actor(request), link_id)
    return _press(request, lambda: calendars.revoke_calendar(link, by=actor(request)), reverse("my-shifts"))


@require_GET
def schedule_page(request: HttpRequest, schedule: str) -> HttpResponse:
    """One schedule: now, the calendar as a list or a grid, gaps, load, overrides, swaps, layers."""
    found = gate.schedule_for(actor(request), schedule)
    wanted = str(request.GET.get("week", ""))
    grid = request.GET.get("view") == "grid"
    return render(request, "oncall/schedule.html", board_pages.schedule(found, actor(request), _monday(found, wanted), grid=grid))


def _monday(schedule: Schedule, wanted: str) -> date:
    """The Monday of the week that a date names; of this week, where it names none."""
    today = now().astimezone(zone(schedule.time_zone)).date()
    try:
        day = date.fromisoformat(wanted)
    except ValueError:
        day = today
    if abs(day - today) > timedelta(days=3660):
        day = today
    return day - timedelta(days=day.weekday())


# --- Overrides and swaps ---------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
def override(request: HttpRequest, schedule: str) -> HttpResponse:
    """Take a duty for a while, or give it."""
    by = actor(request)
    found = gate.schedule_for(by, schedule)
    form = forms.OverrideForm(request.POST or None, initial=_asked_for(request, found), crew=_crew(found))
    words = Words(
        f"Override: {found.name}",
        "Put it in",
        _page(found),
        f"Times are {found.time_zone}. Whoever takes it is on call from then on; they and whoever was are told.",
    )

    def act(data: dict[str, Any]) -> None:
        asked = asking.stretch(found, data, by)
        overrides.give_override(found, asked, by=by, reason=data["reason"])

    return send(request, form, act, words)


def _asked_for(request: HttpRequest, schedule: Schedule) -> dict[str, Any]:
    """What the link says: the duty, and the stretch (of a gap) or the day (of the calendar's cell); else from now on, for a day."""
    duty = str(request.GET.get("duty", ""))
    start, end = _stretch_asked(request, shown(zone(schedule.time_zone), now()).replace(second=0, microsecond=0))
    return {
        "duty": duty if duty in set(OnCallDuty) else OnCallDuty.PRIMARY,
        "person": actor(request).email,
        "start": start,
        "end": end,
    }


def _stretch_asked(request: HttpRequest, at: datetime) -> tuple[datetime, datetime]:
    """From when until when the link asks, by the wall clock, which shows `at` now: nothing begins before. What cannot be read is passed over."""
    wall = forms.WallField()
    try:
        start, end = (wall.clean(str(request.GET.get(name, ""))) for name in ("start", "end"))
        if max(start, at) < end:  # else the gap is over by now
            return max(start, at), end
    except ValidationError:
        pass
    try:
        day = date.fromisoformat(str(request.GET.get("day", "")))
        start = max(at, datetime.combine(day, datetime.min.time()))
        return start, datetime.combine(start.date() + timedelta(days=1), datetime.min.time())
    except (ValueError, OverflowError):
        return at, at + timedelta(days=1)


@require_POST
def override_cancel(request: HttpRequest, override_id: int) -> HttpResponse:
    """Cancel an override."""
    found = gate.override_for(actor(request), override_id)
    return _press(request, lambda: overrides.cancel_override(found, by=actor(request)), _page(found.schedule))


@require_http_methods(["GET", "POST"])
def swap(request: HttpRequest, schedule: str) -> HttpResponse:
    """Offer a stretch of one's own duty."""
    by = actor(request)
    found = gate.schedule_for(by, schedule)
    others = [person for person in _crew(found) if person.pk != by.user_id]
    form = forms.SwapForm(request.POST or None, crew=others)
    words = Words(
        f"Offer a swap: {found.name}",
        "Offer it",
        _page(found),
        f"Times are {found.time_zone}. It stays yours until somebody accepts.",
    )

    def act(data: dict[str, Any]) -> None:
        swaps.offer_swap(found, asking.offer(found, data, by), by=by)

    return send(request, form, act, words)


@require_POST
def swap_accept(request: HttpRequest, swap_id: int) -> HttpResponse:
    """Accept a swap."""
    found = gate.swap_for(actor(request), swap_id)
    return _press(request, lambda: swaps.accept_swap(found, by=actor(request)), _page(found.schedule))


@require_POST
def swap_end(request: HttpRequest, swap_id: int) -> HttpResponse:
    """Withdraw or decline a swap."""
    found = gate.swap_for(actor(request), swap_id)
    return _press(request, lambda: swaps.end_swap(found, by=actor(request)), _page(found.schedule))


# --- For administrators and team leads -------------------------------------------------------------------------------------


@require_http_methods(["GET", "POST"])
def schedule_new(request: HttpRequest) -> HttpResponse:
    """Make a schedule."""
    by = actor(request)
    teams = [team for team in Team.objects.select_related("manager").order_by("name") if not rules.why_not_edit(team, by)]
    if not teams:
        check(rules.why_not_edit(None, by))
    form = forms.ScheduleForm(request.POST or None, teams=teams)
    words = Words(
        "A new schedule", "Make it", reverse("oncall"), "Then add its layers: who takes turns as primary and secondary."
    )

    def act(data: dict[str, Any]) -> str:
        made = schedules.make_schedule(
            by=by,
            name=data["name"],
            slug=data["slug"],
            team=gate.team_for(by, data["team"]),
            time_zone=data["time_zone"],
        )
        return _page(made)

    return send(request, form, act, words)


@require_http_methods(["GET", "POST"])
def schedule_change(request: HttpRequest, schedule: str) -> HttpResponse:
    """Change a schedule's name or zone, or switch it off."""
    found = _editable(request, schedule)
    initial = {"name": found.name, "time_zone": found.time_zone, "is_active": found.is_active}
    form = forms.ChangeScheduleForm(request.POST or None, initial=initial)

    def act(data: dict[str, Any]) -> None:
        schedules.change_schedule(found, by=actor(request), **data)

    return send(request, form, act, Words(f"Change {found.name}", "Change it", _page(found)))


@require_http_methods(["GET", "POST"])
def layer_new(request: HttpRequest, schedule: str) -> HttpResponse:
    """Add people who take turns."""
    found = _editable(request, schedule)
    today = now().astimezone(zone(found.time_zone)).date()
    form = forms.LayerForm(request.POST or None, initial={"time_zone": found.time_zone, "starts_on": today})

    def act(data: dict[str, Any]) -> None:
        schedules.add_layer(found, asking.plan(found, data, actor(request)), by=actor(request))

    return send(request, form, act, Words(f"Add a layer to {found.name}", "Add it", _page(found), _who(found)))


@require_http_methods(["GET", "POST"])
def layer_change(request: HttpRequest, schedule: str, layer: int) -> HttpResponse:
    """Change a layer from now on."""
    found = gate.layer_for(actor(request), schedule, layer)
    check(rules.why_not_edit(found.schedule.team, actor(request)))
    initial = {name: getattr(found, name) for name in forms.LayerForm.base_fields if name != "people"}
    initial |= {"people": "\n".join(person.email for person in schedules.takers(found)), "row": found.pk}
    form = forms.ChangeLayerForm(request.POST or None, initial=initial)
    if form.is_bound and not form.is_valid() and "row" not in form.cleaned_data:
        form.found_again(found.pk)
    lead = f"It holds from now on; who was on call until now stays so. {_who(found.schedule)}"

    def act(data: dict[str, Any]) -> None:
        try:
            schedules.change_layer(found, asking.plan(found.schedule, data, actor(request)), by=actor(request), row=data["row"])
        except Conflict as conflict:
            form.found_again(conflict.current["row"])
            raise

    return send(request, form, act, Words(f"Change {found} of {found.schedule.name}", "Change it", _page(found.schedule), lead))


@require_POST
def layer_end(request: HttpRequest, schedule: str, layer: int) -> HttpResponse:
    """End a layer."""
    found = gate.layer_for(actor(request), schedule, layer)
    return _press(request, lambda: schedules.end_layer(found, by=actor(request)), _page(found.schedule))


@require_http_methods(["GET", "POST"])
def schedule_import(request: HttpRequest, schedule: str) -> HttpResponse:
    """Take shifts from an iCalendar file."""
    found = _editable(request, schedule)
    form = forms.ImportForm(request.POST or None, request.FILES or None)
    words = Words(
        f"Import shifts into {found.name}",
        "Import them",
        _page(found),
        "Each event is somebody's shift: its one attendee's, or whose name is its title. They become overrides, a year ahead. "
        "Importing again takes back what is not in the file any more.",
        multipart=True,
    )

    def act(data: dict[str, Any]) -> None:
        duty = OnCallDuty(data["duty"])
        result = calendars.import_calendar(found, data["file"].read(), by=actor(request), duty=duty)
        messages.info(request, result.sentence)

    return send(request, form, act, words)


def _editable(request: HttpRequest, slug: str) -> Schedule:
    """The schedule, for those who edit it; others are told who does."""
    found = gate.schedule_for(actor(request), slug)
    check(rules.why_not_edit(found.team, actor(request)))
    return found


def _page(schedule: Schedule) -> str:
    return reverse("schedule", args=[schedule.slug])


def _crew(schedule: Schedule) -> list[Any]:
    return sorted(people(crew(schedule)).values(), key=lambda person: person.name)


def _who(schedule: Schedule) -> str:
    known = ", ".join(person.email for person in _crew(schedule))
    return f"Its people: {known}." if known else ""


def _press(request: HttpRequest, act: Any, back: str) -> HttpResponse:
    """A button that needs nothing: what it refuses is said on a page of its own (the middleware's)."""

    def perform() -> HttpResponse:
        act()
        return HttpResponseRedirect(back)

    return once_on_the_web(request, actor(request), perform)
