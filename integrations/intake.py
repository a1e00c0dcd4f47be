"""From raw hook requests to the action that takes alerts in: parse each, keep what is wrong with it, one transaction for the rest."""

import time
from collections.abc import Sequence

import structlog
from django.db import connection

from incidents import inbox
from incidents.intake import Delivery, accept
from integrations.formats import Said, read
from tenants import credentials
from tenants.actors import Actor, Via
from tenants.refusals import Reason, Refused
from tenants.scope import scope

log = structlog.get_logger(__name__)

_UNKNOWN = Refused(
    Reason("unknown_key", "This key opens no integration: it is wrong, or the integration is switched off.", status=401)
)

_UNREADABLE = Refused(
    Reason("malformed", "This could not be read. It is a fault of Muster's, whose operator finds it in the log.", status=422)
)


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
    connection.close()


_ids: dict[str, int] = {}


def _organisation(public_id: str) -> int | None:
    """The id behind a public id. It never changes, so it is asked for once; the key is looked up every time."""
    found = _ids.get(public_id)
    if found is None and (found := credentials.organisation_by_public_id(public_id)) is not None:
        _ids[public_id] = found
    return found


HINT_SECONDS = 5.0
HINTS_MOST = 1000
_hints: dict[tuple[int, str], tuple[float, inbox.Way]] = {}  # (organisation, key hash) -> when it was asked, and what it opened


def _ways(organisation_id: int, digests: set[str], by: Actor) -> dict[str, inbox.Way]:
    """What each of the keys opens; what comes with one that opens nothing is not even read.

    A key that opened something a moment ago is not asked for again here: `accept` looks it up for good, whatever this says. One of
    which an administrator may have changed how it is read (its mapping, or that it is signed) is asked for each time.
    """
    moment = time.monotonic()
    fresh = {d: hint[1] for d in digests if (hint := _hints.get((organisation_id, d))) and moment - hint[0] < HINT_SECONDS}
    asked = digests - fresh.keys()
    if not asked:
        return fresh
    with scope(organisation_id, surface=Via.HOOK, actor=by):
        known = inbox.known_keys(asked)
    if len(_hints) > HINTS_MOST:
        _hints.clear()
    _hints.update({(organisation_id, digest): (moment, way) for digest, way in known.items() if way.is_plain})
    return fresh | known


def _take(organisation_id: int, said: Sequence[Said]) -> list[Refused | None]:
    by = Actor(organisation_id=organisation_id, name="Monitoring", via=Via.HOOK, kind="integration")
    answers: list[Refused | None] = [None] * len(said)
    deliveries: list[tuple[int, Delivery]] = []
    digests = [credentials.digest(one.credential) for one in said]
    ways = _ways(organisation_id, set(digests), by)
    for index, (one, digest) in enumerate(zip(said, digests, strict=True)):
        if digest not in ways or one.unread is not None:
            answers[index] = one.unread if digest in ways else _UNKNOWN
            continue
        try:
            deliveries += [(index, delivery) for delivery in read(one, digest, ways[digest])]
        except Refused as refused:
            answers[index] = refused
        except Exception as error:  # a fault of ours, and of no other request: sent again, it would fail those of then too
            log.exception("intake.unreadable", error=str(error), kind=one.kind)
            answers[index] = _UNREADABLE
    if deliveries:
        with scope(organisation_id, surface=Via.HOOK, actor=by):
            for (index, _), answer in zip(deliveries, accept([delivery for _, delivery in deliveries], by=by), strict=True):
                answers[index] = answers[index] or answer
    _keep(
        organisation_id, by, [(one, digest, answer) for one, digest, answer in zip(said, digests, answers, strict=True) if answer]
    )
    return answers


def _keep(organisation_id: int, by: Actor, refused: Sequence[tuple[Said, str, Refused]]) -> None:
    """Keep what was refused, so that administrators see it: each request of a known key, and a count of each unknown key."""
    unknown: dict[str, inbox.Unknown] = {}
    for one, digest, answer in refused:
        if answer.reasons[0].code == _UNKNOWN.reasons[0].code:
            times = unknown[digest].times if digest in unknown else 0
            unknown[digest] = inbox.Unknown(times + 1, one.headers.get("user-agent", ""))
            continue
        with scope(organisation_id, surface=Via.HOOK, actor=by):
            inbox.keep_refused(digest, one.headers, one.body, answer)
    if unknown:
        with scope(organisation_id, surface=Via.HOOK, actor=by):
            inbox.count_unknown(unknown)
