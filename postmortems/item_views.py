"""The pages of action items: the board, the list, one item, those of one incident; and past incidents like one."""

import uuid
from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from incidents import gate, room
from incidents.facts import gather
from incidents.members import member_for
from incidents.models import Incident
from ledger.exports import give
from ledger.idempotency import once_on_the_web
from oncall.models import Service, Team
from postmortems import item_csv, item_people, item_queries, items
from postmortems.actions.items import file_item
from postmortems.actions.reminding import remind_owners
from postmortems.item_doors import DOORS, ItemDoor, form_of, offered
from postmortems.item_filters import ItemFilter
from postmortems.item_forms import ChangeForm, FileForm
from postmortems.item_gate import item_for, items_for
from postmortems.item_meanwhile import as_it_is
from postmortems.models import ActionItem
from postmortems.sla import DueDays
from tenants.actors import Actor
from tenants.models import User
from tenants.refusals import NotFound, Refused

PER_PAGE = 50
VIEWS = {"board": "Board", "list": "List"}


def _actor(request: HttpRequest) -> Actor:
    actor: Actor = request.actor  # type: ignore[attr-defined]
    return actor


def _filtered(request: HttpRequest) -> ItemFilter:
    by = _actor(request)
    found = ItemFilter(request.GET, queryset=item_queries.items(by), by=by)
    for name, rows in (
        ("team", Team.objects.order_by("name").values_list("slug", "name")),
        ("service", Service.objects.order_by("name").values_list("slug", "name")),
        ("owner", User.objects.filter(pk__in=ActionItem.objects.values("owner")).order_by("name").values_list("email", "name")),
    ):
        found.form.fields[name].widget = forms.Select(choices=[("", "Any"), *rows])
    return found


def _with(query: QueryDict, **changes: str) -> str:
    """The address's filters with some changed; "" takes one out."""
    copied = query.copy()
    copied.pop("page", None)
    for name, value in changes.items():
        if value:
            copied[name] = value
        else:
            copied.pop(name, None)
    return f"?{copied.urlencode()}"


@require_GET
def actions(request: HttpRequest) -> HttpResponse:
    """Action items across incidents, as a board or a list; the filters are in the address."""
    return _actions(request)


def _actions(request: HttpRequest, *, status: int = 200, refused: Refused | None = None) -> HttpResponse:
    by, filtered = _actor(request), _filtered(request)
    chosen = request.GET.get("view", "board")
    chosen = chosen if chosen in VIEWS else "board"
    rows, sort = filtered.qs, request.GET.get("sort", "")
    context: dict[str, Any] = {
        "filters": filtered.form,
        "counts": item_queries.counts(rows),
        "views": [
            {"label": label, "url": _with(request.GET, view=name), "count": None, "current": name == chosen}
            for name, label in VIEWS.items()
        ],
        "mine_url": _with(request.GET, mine="" if request.GET.get("mine") else "on"),
        "late_url": _with(request.GET, late="" if request.GET.get("late") else "on"),
        "only_mine": bool(request.GET.get("mine")),
        "only_late": bool(request.GET.get("late")),
        "view": chosen,
        "csv_url": reverse("actions-csv") + _with(request.GET, view=""),
        "remind_url": reverse("actions-remind"),
        "back": request.GET.urlencode(),
        "refused": refused,
        "idempotency_key": uuid.uuid4().hex,
    }
    if chosen == "board":
        context["columns"] = item_queries.columns(rows, by)
        context["list_url"] = _with(request.GET, view="list")
    else:
        page: Any = Paginator(item_queries.in_order(rows, sort), PER_PAGE).get_page(request.GET.get("page"))
        days = DueDays()
        page.object_list = [item_queries.row(item, by, days) for item in page.object_list]
        context |= {"page": page, "headings": _headings(request.GET, sort)}
    return render(request, "postmortems/actions.html", context, status=status)


def _headings(query: QueryDict, sort: str) -> dict[str, dict[str, str]]:
    """What the list can be sorted by: each heading's link turns its order round."""
    return {
        name: {
            "label": label,
            "url": _with(query, sort=f"-{name}" if sort == name else name),
            "sorted": "ascending" if sort == name else "descending" if sort == f"-{name}" else "",
        }
        for name, (label, _) in item_queries.SORTS.items()
    }


@require_GET
def actions_csv(request: HttpRequest) -> HttpResponse:
    """What the filters show, as CSV that no spreadsheet takes for formulas."""
    rows = item_queries.in_order(_filtered(request).qs, request.GET.get("sort", ""))
    content = give(item_csv.document(rows), "action-items.csv", by=_actor(request), asked=request.GET.lists())
    response = HttpResponse(content, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="action-items.csv"'
    return response


@require_POST
def actions_remind(request: HttpRequest) -> HttpResponse:
    """Remind the owners of the chosen items, each in one message."""
    by = _actor(request)
    back = QueryDict(request.POST.get("back", "")[:2000])
    chosen = items_for(by, request.POST.getlist("item")[:PER_PAGE])

    def perform() -> HttpResponse:
        told, left = remind_owners(chosen, by=by)
        rest = f" {left} left out: ended, yours, or of somebody reminded within a day." if left else ""
        messages.info(request, f"{told} {'person' if told == 1 else 'people'} reminded.{rest}")
        return HttpResponseRedirect(f"{reverse('actions')}?{back.urlencode()}")

    try:
        return once_on_the_web(request, by, perform)
    except Refused as refused:
        request.GET = back
        return _actions(request, status=refused.status, refused=refused)


@require_GET
def action_item(request: HttpRequest, item: str) -> HttpResponse:
    """One action item: what it is, where it stands, what can be done."""
    return _item(request, item_for(_actor(request), item))


def _item(
    request: HttpRequest,
    item: ActionItem,
    *,
    status: int = 200,
    failed: ItemDoor | None = None,
    form: forms.Form | None = None,
) -> HttpResponse:
    by = _actor(request)
    can, cannot = offered(item, by, item_people.of(item.incident), failed, form)
    choices = room.choices(gather(item.incident))
    for verb in can:
        choices.furnish(verb["form"], verb["name"])
    context = {
        "item": item_queries.row(item, by, DueDays()),
        "verbs": can,
        "off": cannot,
        "back_url": reverse("actions"),
        "of_url": reverse("action-items-of", args=[item.incident.ref]),
        "idempotency_key": uuid.uuid4().hex,
    }
    return render(request, "postmortems/item.html", context, status=status)


@require_POST
def action_item_verb(request: HttpRequest, item: str, verb: str) -> HttpResponse:
    """Do one verb. A refusal shows the item again, with the reasons and everything that was typed."""
    by = _actor(request)
    found, door = item_for(by, item), DOORS.get(verb)
    if door is None:
        raise NotFound()
    form = form_of(door, found, by, request.POST)
    if not form.is_valid():
        return _item(request, found, status=422, failed=door, form=form)

    def perform() -> HttpResponse:
        door.act(found, by, form.cleaned_data)
        return HttpResponseRedirect(reverse("action-item", args=[found.ref]))

    try:
        return once_on_the_web(request, by, perform)
    except Refused as refused:
        stands = item_for(by, item)
        if isinstance(form, ChangeForm) and any(reason.code == "changed_meanwhile" for reason in refused.reasons):
            form.take_over(as_it_is(stands))  # they are told of it now
        _blame(form, refused)
        return _item(request, stands, status=refused.status, failed=door, form=form)


def _blame(form: forms.Form, refused: Refused) -> None:
    """Put a refusal's sentences beside the fields they are about; what was typed stays."""
    for reason in refused.reasons:
        form.add_error(reason.field if reason.field in form.fields else None, reason.sentence)


@require_http_methods(["GET", "POST"])
def action_items_of(request: HttpRequest, ref: str) -> HttpResponse:
    """What follows from one incident, and the form to file it."""
    by = _actor(request)
    incident = gate.room_for(by, ref)
    if request.method == "GET":
        return _of(request, incident, FileForm())
    form = FileForm(request.POST)
    if not form.is_valid():
        return _of(request, incident, form, status=422)

    def perform() -> HttpResponse:
        typed = dict(form.cleaned_data)
        file_item(incident, by=by, **typed | {"owner": member_for(by, typed["owner"], field="owner")})
        return HttpResponseRedirect(reverse("action-items-of", args=[incident.ref]))

    try:
        return once_on_the_web(request, by, perform)
    except Refused as refused:
        _blame(form, refused)
        return _of(request, incident, form, status=refused.status)


def _of(request: HttpRequest, incident: Incident, form: forms.Form, *, status: int = 200) -> HttpResponse:
    by, facts = _actor(request), gather(incident)
    room.choices(facts).furnish(form, "file")
    context = {
        "incident": room.head(incident, facts),
        "panel": items.panel(incident, facts, by),
        "form": form,
        "idempotency_key": uuid.uuid4().hex,
    }
    return render(request, "postmortems/items_of.html", context, status=status)


@require_GET
def similar(request: HttpRequest, ref: str) -> HttpResponse:
    """Past incidents like one, and what is still to be done about them."""
    incident = gate.room_for(_actor(request), ref)
    context = {"incident": room.head(incident, gather(incident)), "similar": items.shown(incident)}
    return render(request, "postmortems/similar.html", context)
