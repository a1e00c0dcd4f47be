"""What the pages of holds show: rows with what may be done to each, and why not."""

from collections.abc import Callable, Sequence
from typing import Any

from django.urls import reverse

from compliance.actions.holds import scope_of
from compliance.custody_links import LIFE
from compliance.holds_news import OUTSIDE
from compliance.models import CustodianFile, CustodianTask
from compliance.rules import holds as rules
from incidents.models import LegalHold
from notifications.models import Attempt
from tenants.actors import Actor
from tenants.refusals import Reason
from tenants.time import now

_TASK_VERBS = (
    ("hold-custodian-acknowledge", "Acknowledge", rules.why_not_acknowledge),
    ("hold-custodian-prove", "File the proof", rules.why_not_prove),
)
_LINK_VERBS = (
    ("hold-custodian-send-link", "Send a new link", rules.why_not_send_link),
    ("hold-custodian-withdraw", "Take it back", rules.why_not_withdraw),
)
_BROUGHT = {Attempt.Outcome.SENT: "sent", Attempt.Outcome.FAILED: "failed", Attempt.Outcome.GAVE_UP: "failed"}
_VERBS = (
    ("hold-ask-release", "Ask for its release", rules.why_not_ask_release),
    ("hold-release", "Agree to the release", rules.why_not_release),
    ("hold-keep", "Keep it", rules.why_not_keep),
    ("hold-ask-custodian", "Ask a custodian", rules.why_not_ask_custodian),
)


def what_of(hold: LegalHold) -> str:
    """What a hold keeps, in words."""
    if hold.incident is not None:
        return f"Incident {hold.incident.ref}"
    if hold.person is not None:
        return f"What belongs to {hold.person.name}"
    until = f"until {hold.ends_at:%Y-%m-%d %H:%M} UTC" if hold.ends_at else "with no end yet"
    return f"All from {hold.starts_at:%Y-%m-%d %H:%M} UTC {until}"


def state_of(hold: LegalHold) -> str:
    """How a hold stands: "stands", "release asked for", "released"."""
    if hold.released_at is not None:
        return "released"
    return "stands" if hold.release_asked_at is None else "release asked for"


def held_rows(rows: list[LegalHold]) -> list[dict[str, Any]]:
    """Holds as a list shows them."""
    return [{"hold": row, "what": what_of(row), "state": state_of(row), "url": reverse("hold", args=[row.pk])} for row in rows]


def verbs(hold: LegalHold, by: Actor) -> list[dict[str, Any]]:
    """What can be done to a hold by this person: those that are theirs now, and, of others, why not."""
    found = []
    for name, label, why_not in _VERBS:
        reasons = why_not(hold, by)
        found.append({"name": name, "label": label, "url": reverse(name, args=[hold.pk]), "why_not": sentence(reasons)})
    return found


def sentence(reasons: list[Reason]) -> str:
    """The sentences of a refusal; "" for none."""
    return " ".join(reason.sentence for reason in reasons)


def answer_of(task: CustodianTask) -> str:
    """What a custodian answered: "waits", "acknowledged", "proven", or "over"; "withdrawn" where it was taken back, whatever they said."""
    if task.withdrawn_at is not None:
        return "withdrawn"
    if task.proven_at is not None:
        return "proven"
    if task.acknowledged_at is not None:
        return "acknowledged"
    return "over" if task.over_at is not None else "waits"


def hold_row(hold: LegalHold) -> dict[str, Any]:
    """A hold as the API tells of it."""

    def name(person: Any) -> str | None:
        return person.name if person else None

    return {
        "id": hold.pk,
        "matter": hold.matter,
        "reason": hold.reason,
        "scope": scope_of(hold),
        "incident": hold.incident.ref if hold.incident else None,
        "person": hold.person.email if hold.person else None,
        "starts_at": hold.starts_at,
        "ends_at": hold.ends_at,
        "state": state_of(hold),
        "placed_by": name(hold.placed_by),
        "placed_at": hold.placed_at,
        "release_asked_by": name(hold.released_by),
        "release_asked_at": hold.release_asked_at,
        "release_reason": hold.release_reason,
        "second_person": name(hold.second_person),
        "released_at": hold.released_at,
    }


def task_verbs(task: CustodianTask, by: Actor) -> list[dict[str, Any]]:
    """What can be done to a custodian's task by this person, and why not; of the link of one outside to who may ask custodians."""
    return _offered(task, by, _TASK_VERBS if task.person_id is not None else (*_TASK_VERBS, *_LINK_VERBS))


def _offered(
    task: CustodianTask, by: Actor, verbs: Sequence[tuple[str, str, Callable[..., list[Reason]]]]
) -> list[dict[str, Any]]:
    return [
        {"label": label, "url": reverse(name, args=[task.pk]), "why_not": sentence(why_not(task, by))}
        for name, label, why_not in verbs
    ]


def link_verbs(task: CustodianTask, by: Actor) -> list[dict[str, Any]]:
    """Of those of the link, the ones that this person may do now."""
    return [] if task.person_id is not None else [verb for verb in _offered(task, by, _LINK_VERBS) if not verb["why_not"]]


def links_of(tasks: Sequence[CustodianTask]) -> dict[int, str]:
    """Task -> how the link of a custodian outside stands: "queued", "sent", "failed", "expired", "over", "none". Members are left out."""
    outside = [task for task in tasks if task.person_id is None]
    tries = Attempt.objects.filter(delivery__template=OUTSIDE, delivery__subject_id__in=[task.pk for task in outside])
    tries = tries.filter(outcome__in=_BROUGHT).order_by("delivery_id", "id")
    issued = {task.pk: task.link_until - LIFE for task in outside if task.link_until is not None}
    rows = tries.values_list("delivery__subject_id", "outcome", "at")  # what brought an earlier link says nothing of this one
    brought = {pk: _BROUGHT[Attempt.Outcome(outcome)] for pk, outcome, at in rows if pk in issued and at >= issued[pk]}
    return {task.pk: _link(task, brought.get(task.pk, "queued")) for task in outside}


def _link(task: CustodianTask, brought: str) -> str:
    if task.link_until is None:
        return "none"
    if task.over_at is not None:
        return "over"
    return "expired" if task.link_until <= now() else brought


def who(person: Any, link: int | None, task: CustodianTask) -> str | None:
    """Who answered: a person with an account, or the custodian by their link; None where nobody has."""
    return person.name if person else f"{task.name}, by their link" if link is not None else None


def file_of(task: CustodianTask) -> CustodianFile | None:
    """What was attached as proof, without its bytes; None once it was erased."""
    return None if task.erased_at else task.files.defer("body").first()


def task_row(task: CustodianTask) -> dict[str, Any]:
    """A custodian's task as the API tells of it."""
    return task_rows([task])[0]


def task_rows(tasks: Sequence[CustodianTask]) -> list[dict[str, Any]]:
    """Custodians' tasks, likewise."""
    links = links_of(tasks)
    kept = CustodianFile.objects.filter(task__erased_at=None)
    files = {file.task_id: file for file in kept.filter(task__in=[task.pk for task in tasks]).defer("body")}
    return [_task_row(task, links.get(task.pk), files.get(task.pk)) for task in tasks]


def _file_row(file: CustodianFile) -> dict[str, Any]:
    return {name: getattr(file, name) for name in ("id", "name", "content_type", "size", "sha256", "received_at")}


def _task_row(task: CustodianTask, link: str | None, file: CustodianFile | None) -> dict[str, Any]:
    return {
        "id": task.pk,
        "hold": task.hold_id,
        "custodian": task.name,
        "email": task.email,
        "is_member": task.person_id is not None,
        "what": task.what,
        "answer": answer_of(task),
        "asked_at": task.asked_at,
        "chased": task.chased,
        "acknowledged_at": task.acknowledged_at,
        "acknowledged_by": who(task.acknowledged_by, task.acknowledged_link, task),
        "proven_at": task.proven_at,
        "proven_by": who(task.proven_by, task.proven_link, task),
        "location": task.location,
        "sha256": task.sha256,
        "said": task.said,
        "file": _file_row(file) if file else None,
        "link": link,
        "link_until": task.link_until,
        "withdrawn_at": task.withdrawn_at,
        "withdrawn_by": task.withdrawn_by.name if task.withdrawn_by else None,
        "erased_at": task.erased_at,
    }
