"""An incident's access reviews as data: for the API, for a signature, and for evidence packs."""

import hashlib
import json
from datetime import datetime
from typing import Any

from compliance.models import AccessReview, Decision, ReviewedAccess
from compliance.rules.access import CLAUSE
from incidents.models import Incident


def for_incident(incident: Incident) -> dict[str, Any] | None:
    """Every access review of an incident, oldest first, ready for JSON; None where there is none.

    The same state gives the same content, whoever asks: nothing in it depends on when it is read. Times are ISO 8601 in UTC.
    """
    reviews = AccessReview.objects.filter(incident=incident).select_related("incident", "signed_by").order_by("number")
    found = [content(review) | _signature(review) for review in reviews]
    return {"format": 1, "clause": CLAUSE, "incident": incident.ref, "reviews": found} if found else None


def content(review: AccessReview) -> dict[str, Any]:
    """What is signed: the window, what each production system was covered by, and each access with what was decided of it."""
    rows = list(accesses(review))
    return {
        "incident": review.incident.ref,
        "number": review.number,
        "starts_at": _at(review.starts_at),
        "ends_at": _at(review.ends_at),
        "opened_at": _at(review.opened_at),
        "due_at": _at(review.due_at),
        "systems": review.systems,
        "not_covered": [str(system["name"]) for system in review.systems if not system["covered"]],
        "counts": counts(rows),
        "accesses": [_access(row) for row in rows],
    }


def sha256(review: AccessReview) -> str:
    """SHA-256 of `content` as JSON with sorted keys and no white space: what a signature stands under."""
    told = json.dumps(content(review), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(told.encode()).hexdigest()


def accesses(review: AccessReview) -> "list[ReviewedAccess]":
    """The accesses of a review in an order that nothing changes: privileged first, then by system, principal, entitlement."""
    rows = ReviewedAccess.objects.filter(review=review).select_related("subject", "decided_by")
    return sorted(rows, key=lambda row: (not row.privileged, row.system, row.principal, row.entitlement, row.pk))


def counts(rows: "list[ReviewedAccess]") -> dict[str, int]:
    """How many there are, and what was decided of them."""
    return {
        "accesses": len(rows),
        "privileged": sum(row.privileged for row in rows),
        "undecided": sum(row.privileged and not row.decision for row in rows),
        **{decision.value: sum(row.decision == decision for row in rows) for decision in Decision},
    }


def _signature(review: AccessReview) -> dict[str, Any]:
    signed = {"by": review.signed_by.name, "email": review.signed_by.email} if review.signed_by else None
    signature = {**signed, "at": _at(review.signed_at), "note": review.note, "sha256": review.sha256} if signed else None
    return {"signed": signature}


def _access(row: ReviewedAccess) -> dict[str, Any]:
    return {
        "id": row.pk,
        "system": row.system,
        "source": row.source,
        "principal": row.principal,
        "entitlement": row.entitlement,
        "privileged": row.privileged,
        "valid_from": _at(row.valid_from),
        "valid_until": _at(row.valid_until),
        "subject": row.subject.email if row.subject else None,
        "decision": row.decision or None,
        "note": row.note,
        "decided_by": row.decided_by.email if row.decided_by else None,
        "decided_at": _at(row.decided_at),
    }


def _at(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
