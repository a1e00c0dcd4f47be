"""The pages of the review meeting: parse, gate, action, respond."""

import uuid
from collections.abc import Callable
from typing import Any

from django.forms import Form
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from incidents import markdown
from incidents.facts import gather
from incidents.items import Member
from incidents.members import active_for
from ledger.form_pages import actor, blame
from ledger.idempotency import once_on_the_web
from oncall.moments import settle
from postmortems import meetings
from postmortems.actions import meeting
from postmortems.actions.held_time import correct_review_time
from postmortems.models import PostMortem, released
from postmortems.review_forms import CallForm, CancelForm, CorrectHeldForm, HoldForm, MoveForm
from postmortems.rules import releasing, waiving
from standard.queries import calendar
from tenants.actors import Actor
from tenants.refusals import NotFound, Reason, Refused

LABELS = {  # in the order in which one looks for them: while none is called, that comes first
    "call": "Call the review",
    "hold": "Take attendance and write down what was decided",
    "move": "Move it, or ask more guests",
    "cancel": "Cancel it",
    "correct-time": "Correct when it took place",
}


@require_GET
def review(request: HttpRequest, ref: str) -> HttpResponse:
    """The review meeting: the blameless rule first, then who has to come, when it is, and what came of it."""
    return _page(request, meetings.review_for(actor(request), ref))


def _page(
    request: HttpRequest, postmortem: PostMortem, *, failed: str = "", form: Form | None = None, status: int = 200
) -> HttpResponse:
    by, incident = actor(request), postmortem.incident
    shown = meetings.shown(postmortem, by)
    for one in shown["reviews"]:
        one["decisions_html"] = markdown.render(one["decisions"])
    ready = {verb: form if verb == failed and form else _form(verb, shown) for verb, why in shown["allowed"].items() if not why}
    if failed and form is not None:
        ready[failed] = form
    verbs = [
        {
            "name": verb,
            "label": label,
            "url": reverse("postmortem-review-verb", args=[incident.ref, verb]),
            "form": ready[verb],
        }
        for verb, label in LABELS.items()
        if verb in ready
    ]
    why_not = shown["allowed"]["hold" if shown["called"] else "call"]
    context = {
        "postmortem": postmortem,
        "incident": incident,
        "review": shown,
        "verbs": verbs,
        "failed": form if failed else None,
        "why_not": why_not,
        "decisions": _decisions(postmortem, by),
        "incident_url": reverse("incident", args=[incident.ref]),
        "document_url": reverse("postmortem", args=[incident.ref]),
        "wording_url": reverse("postmortem-wording", args=[incident.ref]),
        "print_url": reverse("postmortem-print", args=[incident.ref]),
        "idempotency_key": uuid.uuid4().hex,
    }
    return render(request, "postmortems/review.html", context, status=status)


def _decisions(postmortem: PostMortem, by: Actor) -> list[tuple[str, str]]:
    """(label, address) of what else may be decided of the post-mortem now, each on a page of its own."""
    facts = gather(postmortem.incident)
    standing = released(postmortem.incident).first()
    offered = [
        ("Say that nothing is to be done", "postmortem-need-no-items", waiving.why_not_need_none(postmortem, by)),
        ("Waive the post-mortem", "postmortem-waive", waiving.why_not_waive(postmortem, by)),
        ("Lift the waiver", "postmortem-lift-waiver", waiving.why_not_lift(postmortem, by)),
        ("Tell the public", "postmortem-release", releasing.why_not_release(postmortem, facts, by)),
        ("What the public is told", "postmortem-public", [] if standing else [Reason("not_released", "")]),
    ]
    return [(label, reverse(name, args=[postmortem.incident.ref])) for label, name, why_not in offered if not why_not]


def _form(verb: str, shown: dict[str, Any], data: Any = None) -> Form:
    """The form of a verb, blank or with what was typed."""
    zone, waiting = shown["zone"], shown["called"]
    tz = calendar().hours.zone
    if verb == "call":
        slot = shown["suggested"]
        initial = {"starts_at": slot.astimezone(tz).replace(tzinfo=None)} if slot else None
        return CallForm(data, initial=initial, zone=zone, prefix=None, auto_id="call-%s")
    if verb == "move" and waiting:
        initial = {
            "starts_at": waiting["starts_at"].astimezone(tz).replace(tzinfo=None),
            "minutes": waiting["minutes"],
            "place": waiting["place"],
        }
        return MoveForm(data, initial=initial, zone=zone, auto_id="move-%s")
    if verb == "hold":
        slot = {"held_at": waiting["starts_at"].astimezone(tz).replace(tzinfo=None)} if waiting else None
        return HoldForm(
            data, initial=slot, zone=zone, invited=waiting["people"] if waiting else _required(shown), auto_id="hold-%s"
        )
    if verb == "correct-time":
        held = [(one["id"], f"{one['held_at']:%Y-%m-%d %H:%M} UTC") for one in shown["reviews"] if one["corrigible"]]
        return CorrectHeldForm(data, zone=zone, held=held, auto_id="correct-%s")
    return CancelForm(data, auto_id="cancel-%s") if verb == "cancel" else MoveForm(data, zone=zone, auto_id="move-%s")


def _required(shown: dict[str, Any]) -> list[dict[str, Any]]:
    """Who has to come to a meeting that nobody has called, each once with their seats."""
    found: dict[int, dict[str, Any]] = {}
    for seat in shown["required"]:
        for person in seat["people"]:
            found.setdefault(person.pk, {"id": person.pk, "name": person.name, "seats": []})["seats"].append(seat["label"])
    return list(found.values())


@require_POST
def review_verb(request: HttpRequest, ref: str, verb: str) -> HttpResponse:
    """Call, move, cancel or hold it. A refusal shows the page again, with the reasons and everything that was typed."""
    by = actor(request)
    postmortem = meetings.review_for(by, ref)
    if verb not in _ACTS:
        raise NotFound()
    form = _form(verb, meetings.shown(postmortem, by), request.POST)
    if not form.is_valid():
        return _page(request, postmortem, failed=verb, form=form, status=422)

    def perform() -> HttpResponse:
        _ACTS[verb](postmortem, by, form)
        return HttpResponseRedirect(reverse("postmortem-review", args=[postmortem.incident.ref]))

    try:
        return once_on_the_web(request, by, perform)
    except Refused as refused:
        blame(form, refused)
        return _page(request, postmortem, failed=verb, form=form, status=refused.status)


def guests_for(by: Actor, addresses: list[str]) -> list[Member]:
    """The members with these addresses. Refuses (422) naming the field, for one that is nobody's."""
    return [active_for(by, address, field="guests") for address in addresses]


def _timed(by: Actor, form: Any) -> dict[str, Any]:
    said = form.cleaned_data
    return {
        "starts_at": settle(calendar().hours.zone, "starts_at", said["starts_at"], said["twice"]),
        "minutes": said["minutes"],
        "place": said["place"],
        "guests": guests_for(by, said["guests"]),
    }


def _hold(postmortem: PostMortem, by: Actor, form: Any) -> object:
    guests = guests_for(by, form.cleaned_data["guests"])
    said = form.cleaned_data
    wall = said["held_at"]
    held_at = settle(calendar().hours.zone, "held_at", wall, said["twice"]) if wall is not None else None
    told = {"decisions": said["decisions"], "held_at": held_at, "reason": said["reason"]}
    return meeting.hold_review(postmortem, by=by, attendance=form.attendance(), guests=guests, **told)


def _correct_time(postmortem: PostMortem, by: Actor, form: Any) -> object:
    said = form.cleaned_data
    held_at = settle(calendar().hours.zone, "held_at", said["held_at"], said["twice"])
    return correct_review_time(postmortem, by=by, held_at=held_at, reason=said["reason"], review=said.get("review"))


_ACTS: dict[str, Callable[[PostMortem, Actor, Any], object]] = {
    "call": lambda postmortem, by, form: meeting.call_review(postmortem, by=by, **_timed(by, form)),
    "move": lambda postmortem, by, form: meeting.move_review(postmortem, by=by, **_timed(by, form)),
    "cancel": lambda postmortem, by, form: meeting.cancel_review(postmortem, by=by, reason=form.cleaned_data["reason"]),
    "hold": _hold,
    "correct-time": _correct_time,
}
