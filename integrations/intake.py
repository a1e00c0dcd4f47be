"""From raw hook requests to the action that takes alerts in: parse each, keep what is wrong with it, one transaction for the rest."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection

from incidents import inbox
from incidents.intake import Delivery, accept
from integrations.alertmanager import inbound as alertmanager
from tenants import credentials
from tenants.actors import Actor, Via
from tenants.refusals import Reason, Refused
from tenants.scope import scope

PARSERS = {"alertmanager": alertmanager.parse}
_UNKNOWN = Refused(
    Reason("unknown_key", "This key opens no integration: it is wrong, or the integration is switched off.", status=401)
)


@dataclass(frozen=True, slots=True)
class Said:
    """One request: the provider's format, the key, the headers worth keeping (never a credential) and the exact body.

    `unread` is why its body was not read, where it was not.
    """

    kind: str
    credential: str
    headers: dict[str, str]
    body: bytes
    unread: Refused | None = None


def take(organisation_public_id: str, said: Sequence[Said]) -> list[Refused | None]:
    """Take in what one organisation's integrations sent at about the same time. Returns, each, None once it is durable, or why not.

    Runs in a thread of the edge, on that thread's connection, which `release()` gives back. A refused request is kept in a
    transaction of its own, so that administrators see it.
    """
    try:
        organisation_id = _organisation(organisation_public_id)
        if organisation_id is None:
            return [_UNKNOWN for _ in said]
        return _take(organisation_id, said)
    finally:
        if connection.errors_occurred:
            connection.close()


def release() -> None:
    """Give this thread's connection back to the pool: nothing waits for it any more."""
    if connection.connection is not None:
        connection.connection.prepare_threshold = None  # as Django's other users of the pool expect it
    connection.close()


_ids: dict[str, int] = {}


def _organisation(public_id: str) -> int | None:
    """The id behind a public id. It never changes, so it is asked for once; the key is looked up every time."""
    found = _ids.get(public_id)
    if found is None and (found := credentials.organisation_by_public_id(public_id)) is not None:
        _ids[public_id] = found
    return found


def _take(organisation_id: int, said: Sequence[Said]) -> list[Refused | None]:
    by = Actor(organisation_id=organisation_id, name="Monitoring", via=Via.HOOK, kind="integration")
    answers: list[Refused | None] = [None] * len(said)
    deliveries: list[tuple[int, Delivery]] = []
    for index, one in enumerate(said):
        if one.unread is not None:
            answers[index] = one.unread
            continue
        digest = credentials.digest(one.credential)
        try:
            deliveries.append((index, PARSERS[one.kind](one.body, digest=digest, headers=one.headers)))
        except Refused as refused:
            answers[index] = refused
    if deliveries:
        with scope(organisation_id, surface=Via.HOOK, actor=by):
            for (index, _), answer in zip(deliveries, accept([delivery for _, delivery in deliveries], by=by), strict=True):
                answers[index] = answer
    for one, answer in zip(said, answers, strict=True):
        if answer is not None:
            with scope(organisation_id, surface=Via.HOOK, actor=by):
                inbox.keep_refused(credentials.digest(one.credential), one.headers, one.body, answer)
    return answers
