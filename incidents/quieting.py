"""What is suppressed: kept and shown, asked of nobody; and asked after all once its reason is over.

A rule or a maintenance window suppresses a group as long as everything that fires in it is suppressed. The sweep looks again when
a window ends, and whenever rules or windows were changed: what fires on then is asked about as if it had just begun.
"""

from collections.abc import Iterable
from datetime import datetime

from django.db import connection

from incidents import routing
from incidents.models import Alert, Signal
from incidents.rules.signals import why_not_ask
from incidents.states import AlertState, SignalState
from ledger.actions import record
from ledger.audited import audited_update
from ledger.verbs import verb
from standard import turns
from tenants.actors import Actor
from tenants.refusals import check
from tenants.time import now

LOOKED_AT = 1000  # of a group's firing alerts, when it is judged again
TRIAGE = "triage.is-it-an-incident"


@verb("suppress", kind="signal.suppressed", who="a rule or a maintenance window", subject="signal", clauses=(TRIAGE,))
def suppress(signal: Signal, quiet: routing.Quiet, *, by: Actor) -> Signal:
    """Keep a new signal without asking anybody: it pages nobody, is shown as suppressed, and goes on taking its group in."""
    signal.state, signal.is_open = SignalState.SUPPRESSED, True
    signal.decided_at, signal.decision_reason, signal.quiet_until = now(), quiet.reason, quiet.until
    signal.save()
    record("signal.suppressed", signal, by=by, title=signal.title, reason=quiet.reason, until=_iso(quiet.until))
    return signal


@verb("ask", kind="signal.asked", who="practitioner; the sweep, when the reason is over", subject="signal", clauses=(TRIAGE,))
def ask(signal: Signal, *, by: Actor, route: routing.Route | None = None) -> Signal:
    """Ask about a suppressed signal after all: it waits in triage from now on, and pages (portal/reactions.py)."""
    signal = _lock(signal)
    check(why_not_ask(signal, by))
    was = signal.decision_reason
    signal.state, signal.decided_at, signal.decided_by_id = SignalState.WAITING, None, None
    signal.decision_reason, signal.quiet_until = "", None
    if route is not None:
        signal.service_id, signal.suggested_severity = route.service_id, route.severity or signal.suggested_severity
    signal.save()
    acts = route.rule.pk if route is not None and route.rule is not None and route.rule.acts else None
    record("signal.asked", signal, by=by, title=signal.title, source=signal.kind, was=was, rule=acts)
    return signal


def look_again(signal: Signal, *, by: Actor) -> bool:
    """Judge a suppressed signal by the rules and windows of now: ask, go on being quiet, or end. Returns whether it asks.

    One in which nothing fires any more ends: what fires later in its group is a new question.
    """
    signal = _lock(signal)
    if signal.state != SignalState.SUPPRESSED or not signal.is_open:
        return False
    firing = Alert.objects.filter(signal=signal, state=AlertState.FIRING).order_by("id").values_list("labels", flat=True)
    labels = list(firing[:LOOKED_AT])
    route = routing.Router.load().first(signal.integration_id, labels)
    if labels and route.quiet is None:
        ask(signal, by=by, route=route)
        return True
    if labels and route.quiet is not None:
        signal.decision_reason, signal.quiet_until = route.quiet.reason, route.quiet.until
    else:
        signal.is_open, signal.quiet_until = False, None
    signal.save()
    return False


def reconsider() -> None:
    """Rules or windows were changed: the next sweep looks again at everything that is suppressed."""
    audited_update(Signal.objects.filter(state=SignalState.SUPPRESSED, is_open=True), quiet_until=now())


def due(before: datetime, limit: int) -> Iterable[tuple[int, int]]:
    """(organisation, signal) of those that are to be looked at again, over all tenants, earliest first."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT organisation_id, id FROM muster.due_quiet(%s, %s)", [before, limit])
        return list(cursor.fetchall())


def sweep(limit: int = 200) -> int:
    """Look again at every suppressed signal whose time has come, each in a transaction of its own. Returns how many."""

    def again(signal_id: int, by: Actor) -> int:
        look_again(Signal.objects.get(pk=signal_id), by=by)
        return 1

    return turns.take("suppressed signal", due, again, limit=limit)


def _lock(signal: Signal) -> Signal:
    return Signal.objects.select_for_update(of=("self",)).get(pk=signal.pk)


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
