"""What the pages of holds show: rows with what may be done to each, and why not."""

from typing import Any

from django.urls import reverse

from compliance.actions.holds import scope_of
from compliance.models import CustodianTask
from compliance.rules import holds as rules
from incidents.models import LegalHold
from tenants.actors import Actor
from tenants.refusals import Reason

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
    """What a custodian answered: "waits", "acknowledged", "proven", or "over"."""
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


def task_row(task: CustodianTask) -> dict[str, Any]:
    """A custodian's task as the API tells of it."""
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
        "proven_at": task.proven_at,
        "location": task.location,
        "sha256": task.sha256,
        "said": task.said,
    }
