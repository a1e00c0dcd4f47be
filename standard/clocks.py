"""Clocks: started and stopped by the verbs, prompted and broken by the sweep."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import batched, zip_longest
from typing import Any

import structlog
from django.apps import apps
from django.conf import settings
from django.db import DatabaseError, OperationalError, connection, models
from django.utils.module_loading import import_string
from psycopg.errors import LockNotAvailable

from ledger.actions import record
from ledger.audited import audited_update, audited_update_of
from ledger.verbs import verb
from standard.away import Away
from standard.models import Clock, ClockFailure
from tenants import progress
from tenants.actors import Actor, Role, Via, system
from tenants.limits import MOMENT_SECONDS, hurry, within
from tenants.refusals import Reason, check
from tenants.scope import scope
from tenants.time import now
from tenants.walled import tenant_of

MAX_FAILURES = 8
_INCIDENT = "incidents.incident"
TOGETHER, TOGETHER_SECONDS = 10, 0.4  # clocks in one transaction, and how long that may take before each has its own
_TOGETHER_STATEMENT_MS = 200
# One that hangs is waited for twice, among others and then alone: both together hold up those behind it by less than the bar.
STRIKE_SECONDS = MOMENT_SECONDS - 2 * TOGETHER_SECONDS
_STRIKE_STATEMENT_MS = int(STRIKE_SECONDS * 1000)

log = structlog.get_logger(__name__)


def start(
    clause: str,
    subject: models.Model,
    *,
    due: timedelta,
    prompt: timedelta | None = None,
    owner_role: str = "",
    incident_id: int | None = None,
    at: datetime | None = None,
    at_least: bool = False,
) -> Clock:
    """Start the clock of `clause` on `subject`; one that runs there already falls away first (a restart is no act that it asks for).

    `due` and `prompt` are measured from `at` (now). `owner_role` is whom the prompt goes to ("cl", "ic"). `at_least`: what it
    measures has to last until `due`; reaching that is no break, so the sweep has nothing to do with it (see `cut_short`).
    """
    fall_away(subject, clause, why=Away.ANEW)
    return begin(
        clause, subject, due=due, prompt=prompt, owner_role=owner_role, incident_id=incident_id, at=at, at_least=at_least
    )


def begin(
    clause: str,
    subject: models.Model,
    *,
    due: timedelta,
    prompt: timedelta | None = None,
    owner_role: str = "",
    incident_id: int | None = None,
    at: datetime | None = None,
    at_least: bool = False,
) -> Clock:
    """Start a clock where none of this clause can run on `subject`, such as on what was made a moment ago."""
    began = at or now()
    return Clock.objects.create(
        clause=clause,
        subject_type=subject._meta.label_lower,
        subject_id=subject.pk,
        incident_id=incident_id,
        owner_role=owner_role,
        started_at=began,
        prompt_at=began + prompt if prompt is not None else None,
        due_at=began + due,
        next_at=None if at_least else began + (prompt if prompt is not None else due),
    )


def stop(subject: models.Model, *clauses: str) -> int:
    """Stop the running clocks of these clauses on `subject` (all where none is named): what they ask for was done. Returns how many.

    A broken clock is stopped too: when it was kept at last is part of the record. One that is past its time and that no sweep
    came by is broken first, so that no miss is lost.
    """
    return stop_all(_running(subject, clauses))


def fall_away(subject: models.Model, *clauses: str, why: Away) -> int:
    """The same where what they ask for was not done, and is owed no more: in time they were neither kept nor broken by it.

    One that is past its time stays broken, and is known as never done.
    """
    return stop_all(_running(subject, clauses), fell_away=why)


def _running(subject: models.Model, clauses: Sequence[str]) -> models.QuerySet[Clock]:
    running = Clock.objects.filter(
        subject_type=subject._meta.label_lower,
        subject_id=subject.pk,
        stopped_at__isnull=True,
        organisation_id=_organisation(subject),
    )
    return running.filter(clause__in=clauses) if clauses else running


def stop_all(running: models.QuerySet[Clock], *, fell_away: Away | None = None) -> int:
    """Stop these running clocks, each that is past its time broken first, with its seconds. Returns how many.

    `fell_away`: why, where that was not the act that they ask for.
    """
    held = list(running.order_by("id").select_for_update(of=("self",)))
    if not held:  # mostly: a verb stops whatever may run
        return 0
    _strike_late(held)
    away = fell_away.value if fell_away is not None else ""
    return audited_update_of(Clock, [clock.pk for clock in held], stopped_at=now(), next_at=None, fell_away=away)


def resume(clock: Clock) -> None:
    """Have a clock that was stopped run on: what it is about is open again, and due when it was.

    One that is broken is not broken twice; another has been neither kept nor missed yet, and what there is to do about it is done
    when its moment comes, at once where that is past.
    """
    waits = clock.prompt_at if clock.prompt_at is not None and clock.prompted_at is None else clock.due_at
    left = None if clock.broken_at is not None else waits
    audited_update_of(Clock, [clock.pk], stopped_at=None, next_at=left, fell_away="")


def cut_short(subject: models.Model, clause: str) -> None:
    """Stop the clock of an `at_least` that has not lasted: that is its break."""
    running = Clock.objects.filter(
        subject_type=subject._meta.label_lower, subject_id=subject.pk, clause=clause, stopped_at__isnull=True
    )
    audited_update(running, broken_at=now(), stopped_at=now(), fell_away=Away.CUT_SHORT.value)


def stop_for_incident(incident_id: int, *, why: Away, spare: Sequence[models.Model] = ()) -> int:
    """Every clock of an incident falls away, whatever its subject but those of `spare`: it was resolved, or ended otherwise.

    What its end keeps is stopped before. Those of what outlasts it (the work that follows) run on: MUSTER_OUTLASTING names the subjects.
    """
    running = Clock.objects.filter(incident_id=incident_id, stopped_at__isnull=True)
    running = running.exclude(subject_type__in=sorted(import_string(settings.MUSTER_OUTLASTING)))
    for subject in spare:
        running = running.exclude(subject_type=subject._meta.label_lower, subject_id=subject.pk)
    return stop_all(running, fell_away=why)


def _organisation(subject: models.Model) -> int:
    organisation_id: int = subject.organisation_id  # type: ignore[attr-defined]
    return organisation_id


@lru_cache(maxsize=1)
def _subjects() -> dict[str, str]:
    table: dict[str, str] = import_string(settings.MUSTER_CLOCK_SUBJECTS)
    return table


@verb("prompt", kind="clock.prompted", who="the sweep", subject="clock")
def prompt(clock: Clock, *, by: Actor) -> None:
    """Say to the clock's owner that its time is running out."""
    clock.prompted_at, clock.next_at = now(), clock.due_at
    clock.save()
    record("clock.prompted", clock, by=by, incident_id=clock.incident_id, **_facts(clock))


def prompt_again(clock: Clock, at: datetime) -> None:
    """Have a running clock that was prompted be prompted once more, at `at`, before it is due."""
    clock.prompt_at = clock.next_at = at
    clock.save()


@verb("break", kind="clock.broken", who="the sweep", subject="clock")
def break_(clock: Clock, *, by: Actor) -> None:
    """Record that the time is past; where the standard says what follows (an escalation), that follows."""
    miss(clock, by=by)
    if handler := _subjects().get(clock.subject_type):
        follow: Callable[[Clock, Actor], None] = import_string(handler)
        follow(clock, by)


def strike_overdue(running: models.QuerySet[Clock]) -> None:
    """Break those of these running clocks whose time is past and that no sweep has come by yet: half a second late is late too.

    They are about to stop, so nothing follows from it: who answered late is not called, nor chased, for having been late. What has
    to last (`at_least`) waits for nothing, and is not broken by having lasted.
    """
    late = running.filter(broken_at__isnull=True, next_at__isnull=False, due_at__lt=now())
    _strike_late(late.order_by("id").select_for_update(of=("self",)))


def _strike_late(held: Iterable[Clock]) -> None:
    """Break those of these clocks, whose rows are locked, that are past their time."""
    for clock in held:
        if clock.broken_at is None and clock.next_at is not None and clock.due_at < now():
            miss(clock, by=system(tenant_of(clock), Via.CLOCK))


def miss(clock: Clock, *, by: Actor, late: timedelta | None = None) -> None:
    """Keep a miss, with its seconds: `late`, where they are known (None: until now)."""
    clock.broken_at, clock.next_at = now(), None
    clock.save()
    seconds = _seconds(now() - clock.due_at if late is None else late)
    record("clock.broken", clock, by=by, incident_id=clock.incident_id, late_seconds=seconds, **_facts(clock))


def _facts(clock: Clock) -> dict[str, Any]:
    return {
        "clause": clock.clause,
        "owner_role": clock.owner_role,
        "due_at": clock.due_at.isoformat(),
        "about": clock.subject_type,
    }


def _seconds(span: timedelta) -> float:
    return round(span.total_seconds(), 3)


def due(before: datetime, limit: int) -> Iterable[tuple[int, int, bool]]:
    """(organisation, clock, whether it failed before) of clocks whose next moment has come, over all tenants, earliest first.

    One that could not be struck waits for its next try, and one that was set aside is left out.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT organisation_id, id, failed FROM muster.due_clocks(%s, %s)", [before, limit])
        return list(cursor.fetchall())


def strike(organisation_id: int, clock_id: int, *, failed: bool = False) -> bool:
    """Do what one due clock asks for, in a transaction of its own. Returns whether there was something to do.

    It waits for no lock, no statement and no handler longer than a moment: the clocks behind it have their time too.
    """
    with scope(organisation_id, surface=Via.CLOCK), within(STRIKE_SECONDS):
        hurry(_STRIKE_STATEMENT_MS)
        if failed:
            ClockFailure.objects.filter(clock_id=clock_id).delete()
        _hold([clock_id], wait=True)
        return _strike(clock_id, system(organisation_id, Via.CLOCK))


def _strike(clock_id: int, by: Actor) -> bool:
    """Prompt or break a clock whose subject is held. Not one that somebody else strikes, or that stopped meanwhile."""
    clock = Clock.objects.select_for_update(skip_locked=True).filter(pk=clock_id, next_at__lte=now()).first()
    if clock is None:
        return False
    if clock.due_at <= now():
        break_(clock, by=by)
    else:
        prompt(clock, by=by)
    return True


def _hold(clock_ids: Sequence[int], *, wait: bool) -> list[int]:
    """Lock what clocks are about before the clocks themselves, in the order in which the verbs do: incident, subject, clock.

    Returns the clocks of which all that is held now. Without `wait` what somebody else holds is passed by: who holds several
    incidents at once must wait for none.
    """
    rows = list(Clock.objects.filter(pk__in=clock_ids).values_list("pk", "incident_id", "subject_type", "subject_id"))
    wanted: dict[str, set[int]] = {_INCIDENT: {incident for _, incident, _, _ in rows if incident is not None}}
    for _, _, label, pk in rows:
        wanted.setdefault(label, set()).add(pk)
    held = {label: _locked(label, ids, wait) for label, ids in wanted.items() if ids}
    free = {
        pk for pk, incident, label, subject in rows if subject in held[label] and (not incident or incident in held[_INCIDENT])
    }
    return [pk for pk in clock_ids if pk in free]


def _locked(label: str, ids: Iterable[int], wait: bool) -> set[int]:
    rows = apps.get_model(label)._default_manager.select_for_update(of=("self",), skip_locked=not wait)
    return set(rows.filter(pk__in=ids).order_by("pk").values_list("pk", flat=True))


def sweep(limit: int = 1000) -> int:
    """Strike every clock that is due, in small transactions. Returns how many. Any number of sweeps may run at once.

    Those of one organisation are struck some at a time; whatever goes wrong with them, each then has a transaction of its own.
    """
    return sum(_take_turn(organisation_id, ids, failed) for organisation_id, ids, failed in _turns(due(now(), limit)))


def _turns(found: Iterable[tuple[int, int, bool]]) -> list[tuple[int, Sequence[int], bool]]:
    """(organisation, clocks, whether they failed before) that are struck together.

    The organisations take turns, so that one with a thousand due clocks keeps nobody else waiting; what failed before comes last.
    """
    due_of: dict[int, list[int]] = {}
    again: list[tuple[int, Sequence[int], bool]] = []
    for organisation_id, clock_id, failed in found:
        if failed:
            again.append((organisation_id, (clock_id,), True))
        else:
            due_of.setdefault(organisation_id, []).append(clock_id)
    rounds = zip_longest(
        *([(organisation_id, ids, False) for ids in batched(all_of, TOGETHER)] for organisation_id, all_of in due_of.items())
    )
    return [turn for one in rounds for turn in one if turn is not None] + again


def _take_turn(organisation_id: int, clock_ids: Sequence[int], failed: bool) -> int:
    """Strike clocks of an organisation, together where that works. Returns how many there was something to do about."""
    done: set[int] = set()
    progress.made()
    if len(clock_ids) > 1:
        try:
            done = _strike_together(organisation_id, clock_ids)
        except Exception as error:  # which of them it was is seen when each is struck alone
            log.info("clock.apart", clocks=len(clock_ids), error=str(error))
    return len(done) + sum(_alone(organisation_id, pk, failed) for pk in clock_ids if pk not in done)


def _strike_together(organisation_id: int, clock_ids: Sequence[int]) -> set[int]:
    """Strike clocks in one transaction. Returns which are done with; the others' subjects are busy."""
    with scope(organisation_id, surface=Via.CLOCK), within(TOGETHER_SECONDS):
        hurry(_TOGETHER_STATEMENT_MS)
        by = system(organisation_id, Via.CLOCK)
        free = _hold(clock_ids, wait=False)
        for clock_id in free:
            _strike(clock_id, by)
    return set(free)


def _alone(organisation_id: int, clock_id: int, failed: bool) -> bool:
    """Strike a clock in its own transaction. Returns whether there was something to do; what fails is tried later."""
    progress.made()
    try:
        return strike(organisation_id, clock_id, failed=failed)
    except OperationalError as error:
        if isinstance(error.__cause__, LockNotAvailable):  # somebody is at work on it: the next sweep comes by
            log.info("clock.busy", clock=clock_id)
        else:
            _put_off(organisation_id, clock_id, error)
    except Exception as error:  # one that cannot be struck keeps no other from its time
        _put_off(organisation_id, clock_id, error)
    return False


def _put_off(organisation_id: int, clock_id: int, error: Exception) -> None:
    """Try a clock again later, each time later; after MAX_FAILURES set it aside, where administrators see it."""
    log.error("clock.failed", clock=clock_id, error=str(error), exc_info=error)
    try:
        _keep_failure(organisation_id, clock_id, f"{type(error).__name__}: {error}")
    except DatabaseError:  # it is tried at the next sweep, then
        log.exception("clock.failed_twice", clock=clock_id)


def _keep_failure(organisation_id: int, clock_id: int, error: str) -> None:
    with scope(organisation_id, surface=Via.CLOCK):
        hurry()
        clock = Clock.objects.filter(pk=clock_id).first()
        if clock is None:
            return
        found, _ = ClockFailure.objects.get_or_create(clock=clock, defaults={"incident_id": clock.incident_id})
        found.failures += 1
        found.last_error = error[:2000]
        aside = found.failures >= MAX_FAILURES
        found.next_try_at = None if aside else now() + timedelta(seconds=min(2**found.failures, 120))
        found.save()


def why_not_try_again(row: ClockFailure, by: Actor) -> list[Reason]:
    """Why a clock is not struck again by `by` now."""
    if not by.has(Role.ADMINISTRATOR):
        return [Reason("not_an_administrator", "What was set aside is the administrators' business.", status=403)]
    if row.next_try_at is not None:
        return [Reason("not_set_aside", "This clock was not set aside: it is tried by itself.")]
    return []


@verb("strike-again", kind="clock.tried_again", who="administrator; in the admin console", subject="clock")
def try_again(row: ClockFailure, *, by: Actor) -> None:
    """Have a clock struck that failed too often and was set aside: its cause was mended. The next sweep does it."""
    row = ClockFailure.objects.select_for_update(of=("self",)).select_related("clock").get(pk=row.pk)
    check(why_not_try_again(row, by))
    failed = row.last_error
    row.next_try_at, row.failures = now(), 0
    row.save()
    record("clock.tried_again", row.clock, by=by, incident_id=row.incident_id, error=failed[:200], **_facts(row.clock))
