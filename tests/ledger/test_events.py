"""Each verb leaves one event and matching history; each event has its reactions, once, however often somebody asks.

The table of verbs (ledger/verbs.py) is the specification: a verb without a driver in DRIVERS fails here.
"""

import json
import re
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from incidents import actions, integrating
from incidents.models import Alert, Incident, Integration, Signal
from incidents.states import KeyTime, Severity, State
from ledger import people, relay
from ledger.actions import configure, record, try_again
from ledger.models import Event, Outbox
from ledger.verbs import VERBS, Verb
from notifications.models import Delivery
from oncall import actions as oncall
from oncall.models import Page, Service, Team
from portal.reactions import REACTIONS
from standard import clocks
from standard.actions import adopt_shipped
from standard.models import Clock
from tenants.actors import Actor, Role, Via, system
from tenants.models import ApiToken, User
from tenants.refusals import Refused
from tests import everything
from tests.clock import Clock as MovedClock
from tests.conftest import Cast, Door, Installation, Person
from tests.everything import query, values
from tests.ledger import (
    access_drivers,
    audit_drivers,
    command_drivers,
    comms_drivers,
    contact_drivers,
    document_drivers,
    duties_drivers,
    holds_drivers,
    item_drivers,
    member_drivers,
    pack_drivers,
    page_drivers,
    process_drivers,
    restriction_drivers,
    review_drivers,
    rota_drivers,
    session_drivers,
    signal_drivers,
    status_drivers,
    work_drivers,
)
from tests.lived_in import delivery, take

pytestmark = pytest.mark.servers


@dataclass(frozen=True)
class Stage:
    """What a driver acts on: an organisation in its open scope, and an incident that Amira commands."""

    cast: Cast
    clock: MovedClock
    incident: Incident

    @property
    def amira(self) -> Actor:
        return self.cast.amira.actor()

    @property
    def jon(self) -> Actor:
        return self.cast.jon.actor()

    @property
    def admin(self) -> Actor:
        return self.cast.admin.actor()

    @property
    def muster(self) -> Actor:
        return system(self.cast.id, Via.CLOCK)

    def signal(self) -> Signal:
        return actions.report(by=self.jon, title="Something is odd")

    def page(self) -> Page:
        return oncall.page_team(Team.objects.get(), self.incident, by=self.muster, incident_id=self.incident.pk)

    def a_clock(self) -> Clock:
        return clocks.start("severity.sev1-cadence", self.page(), due=timedelta(minutes=12), prompt=timedelta(minutes=10))


type Act = Callable[[], object]


def _receive(s: Stage) -> Act:
    """A firing alert is known; the next delivery ends it and brings a new one."""
    take(s.cast, delivery("Known", "x"))
    known, new = (json.loads(delivery(name, "x")) for name in ("Known", "New"))
    with s.cast.scope():
        began = Alert.objects.latest("id").started_at.isoformat()
    ended = {**known["alerts"][0], "startsAt": began, "endsAt": datetime.now(UTC).isoformat(), "status": "resolved"}
    body = json.dumps({**new, "alerts": [ended, *new["alerts"]]}).encode()
    return lambda: take(s.cast, body)


def _resolve(s: Stage) -> Act:
    actions.advance(s.incident, by=s.amira, to=State.INVESTIGATION, reason="roles open")
    actions.advance(s.incident, by=s.amira, to=State.MONITORING, reason="nothing to mitigate")
    actions.set_impact(s.incident, by=s.amira, end=s.clock.now)
    reason = {"monitoring_too_short": "It is a test."}
    return lambda: actions.resolve(s.incident, by=s.amira, summary="Over.", overrides=reason)


def _prompt(s: Stage) -> Act:
    clock = s.a_clock()
    s.clock.advance(minutes=11)
    return lambda: clocks.strike(s.cast.id, clock.pk)


def _break(s: Stage) -> Act:
    clock = s.a_clock()
    s.clock.advance(minutes=13)  # and not yet past the page's own
    return lambda: clocks.strike(s.cast.id, clock.pk)


def _try_again(s: Stage) -> Act:
    row = Outbox.objects.earliest("id")
    row.next_try_at = None
    row.save()
    return lambda: try_again(row, by=s.admin)


def _revoke(s: Stage) -> Act:
    token = ApiToken.objects.earliest("id")
    return lambda: people.revoke_token(token, by=s.admin)


def _on_signal(act: Callable[[Stage, Signal], object]) -> Callable[[Stage], Act]:
    def driver(s: Stage) -> Act:
        signal = s.signal()
        return lambda: act(s, signal)

    return driver


def _now(act: Callable[[Stage], object]) -> Callable[[Stage], Act]:
    return lambda s: lambda: act(s)


# "subject:verb" -> prepares the stage, and returns what does the verb once.
DRIVERS: dict[str, Callable[[Stage], Act]] = {
    **audit_drivers.DRIVERS,
    **access_drivers.DRIVERS,
    **command_drivers.DRIVERS,
    **comms_drivers.DRIVERS,
    **contact_drivers.DRIVERS,
    **document_drivers.DRIVERS,
    **duties_drivers.DRIVERS,
    **holds_drivers.DRIVERS,
    **item_drivers.DRIVERS,
    **member_drivers.DRIVERS,
    **pack_drivers.DRIVERS,
    **restriction_drivers.DRIVERS,
    **review_drivers.DRIVERS,
    **page_drivers.DRIVERS,
    **process_drivers.DRIVERS,
    **rota_drivers.DRIVERS,
    **session_drivers.DRIVERS,
    **signal_drivers.DRIVERS,
    **status_drivers.DRIVERS,
    **work_drivers.DRIVERS,
    "API token:issue-token": _now(lambda s: people.issue_token(User.objects.earliest("id"), "ci", by=s.admin)),
    "API token:revoke-token": _revoke,
    "a reaction that was set aside:try-again": _try_again,
    "alert:receive": _receive,
    "any configuration row:configure": _now(lambda s: configure(Service.objects.earliest("id"), {"name": "Till"}, by=s.admin)),
    "clock:break": _break,
    "clock:prompt": _prompt,
    "incident:advance": _now(lambda s: actions.advance(s.incident, by=s.amira, to=State.INVESTIGATION, reason="roles open")),
    "incident:claim": lambda s: (lambda i: lambda: actions.claim(i, by=s.jon))(
        actions.declare(by=s.amira, title="Another", severity=Severity.SEV2)
    ),
    "incident:declare": _now(
        lambda s: actions.declare(by=s.amira, title="Another", severity=Severity.SEV1, services=list(Service.objects.all()))
    ),
    "incident:impact": _now(lambda s: actions.set_impact(s.incident, by=s.amira, start=s.clock.now)),
    "incident:correct-time": _now(
        lambda s: actions.correct_time(
            s.incident, by=s.amira, which=KeyTime.DETECTED, occurred_at=s.clock.now - timedelta(minutes=3), reason="Seen."
        )
    ),
    "incident:join": _now(lambda s: actions.join(s.incident, by=s.jon)),
    "incident:note": _now(lambda s: actions.note(s.incident, by=s.jon, text="Seen.")),
    "incident:resolve": _resolve,
    "incident:severity": _now(lambda s: actions.change_severity(s.incident, by=s.amira, severity=Severity.SEV3, reason="Small.")),
    "incident:update": _now(lambda s: actions.update(s.incident, by=s.amira, known="a", impact="b", doing="c")),
    "integration:integrate": _now(lambda s: integrating.make_integration(Integration.Kind.ALERTMANAGER, "Second", by=s.admin)),
    "signal:attach": _on_signal(lambda s, signal: actions.attach(signal, s.incident, by=s.amira)),
    "signal:declare-from": _on_signal(
        lambda s, signal: actions.declare_from([signal], by=s.amira, title="It is", severity=Severity.SEV2)
    ),
    "signal:dismiss": _on_signal(lambda s, signal: actions.dismiss(signal, by=s.amira, reason="Known.")),
    "signal:report": _now(lambda s: s.signal()),
}
# Run by commands as the owner role, once an organisation: what the stage itself was built with.
BY_THE_STAGE = {"organisation:found": people.found_organisation, "standard version:adopt": adopt_shipped}


def snapshot() -> dict[str, dict[str, str]]:
    """Every audited row that can be seen, by the label of its model and its key, as text. One statement: there are a hundred models."""
    found: dict[str, dict[str, str]] = {m._meta.label: {} for m in everything.audited_models()}
    tables = ((m._meta.label, m._meta.pk.column, m._meta.db_table) for m in everything.audited_models())
    for label, key, row in query(
        " UNION ALL ".join(f"SELECT '{label}', t.{key}::text, t::text FROM {t} t" for label, key, t in tables)
    ):
        found[label][key] = row
    return found


def history_ids() -> dict[str, int]:
    """The newest history row of each audited model, by its label."""
    histories = ((m._meta.label, everything.history_of(m)._meta.db_table) for m in everything.audited_models())
    return dict(query(" UNION ALL ".join(f"SELECT '{label}', coalesce(max(history_id), 0) FROM {t}" for label, t in histories)))


@pytest.mark.parametrize("verb", VERBS.values(), ids=list(VERBS))
def test_each_verb_leaves_one_event_and_matching_history(acme: Cast, clock: MovedClock, verb: Verb) -> None:
    """Done once, a verb leaves exactly one event of each kind it documents.

    And every audited row that it changed has, since then, a history row that equals it.
    """
    key = f"{verb.subject}:{verb.name}"
    kinds = verb.kind.split(", ")
    if key in BY_THE_STAGE:
        assert verb.function.endswith(BY_THE_STAGE[key].__qualname__)
        with acme.scope():
            assert [Event.objects.filter(kind=kind).count() for kind in kinds] == [1] * len(kinds)
        return
    assert key in DRIVERS, f"the verb {key} has no driver here: what it leaves is not shown"
    with acme.scope(acme.amira):
        incident = actions.declare(by=acme.amira.actor(), title="Checkout fails", severity=Severity.SEV1)
        actions.claim(incident, by=acme.amira.actor())
        act = DRIVERS[key](Stage(acme, clock, incident))
        rows, newest, last = snapshot(), history_ids(), Event.objects.latest("id").pk
        act()
        left = Event.objects.filter(id__gt=last)
        for kind in kinds:
            assert left.filter(kind=kind).count() == 1, (kind, list(left.values_list("kind", flat=True)))
        after, newer = snapshot(), history_ids()
        for model in everything.audited_models():
            label = model._meta.label
            had, has = rows[label], after[label]
            changed = {pk for pk in had.keys() | has.keys() if had.get(pk) != has.get(pk)}
            if newer[label] == newest[label]:
                assert not changed, f"{label} changed without history"
                continue
            written = everything.history_of(model).objects.filter(history_id__gt=newest[label]).order_by("history_id")
            last_said = {h.id: {"type": h.history_type, **{k: getattr(h, k) for k in values(h.instance)}} for h in written}
            assert changed <= {str(pk) for pk in last_said}, f"{label} changed without history"
            are = {row.pk: values(row) for row in model._base_manager.filter(pk__in=last_said)}
            for pk, said in last_said.items():
                assert (said.pop("type") == "-") == (pk not in are)
                assert pk not in are or said == are[pk]


def test_the_table_of_verbs_is_whole() -> None:
    """Every function that is marked as a verb is in the table (no two under one name), and the tests drive nothing else."""
    marked = 0
    for room in settings.ROOMS:
        for file in (Path(settings.BASE_DIR) / room).rglob("*.py"):
            marked += len(re.findall(r"^@verb\(", file.read_text(encoding="utf-8"), re.MULTILINE))
    assert len(VERBS) == marked
    assert set(DRIVERS) | set(BY_THE_STAGE) == set(VERBS)


def test_record_says_who_what_and_through_which_door(acme: Cast) -> None:
    """An event names its subject, its actor with a snapshot of the name, the surface, the request, and both times."""
    by = Actor(acme.id, "Jon, as he was called then", Via.EMAIL, user_id=acme.jon.user_id, request_id="request-0001")
    happened = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    with acme.scope():
        service = Service.objects.earliest("id")
        event = record("test.happened", service, by=by, occurred_at=happened, why={"deep": [1, None, "ü"]})
        event.refresh_from_db()
    assert (event.subject_type, event.subject_id) == ("oncall.service", service.pk)
    assert (event.actor_kind, event.actor_id, event.actor_name) == ("person", acme.jon.user_id, "Jon, as he was called then")
    assert (event.via, event.request_id, event.occurred_at) == ("email", "request-0001", happened)
    assert event.data == {"why": {"deep": [1, None, "ü"]}}
    assert (event.incident_id, event.seq) == (None, None)
    assert abs(event.recorded_at - datetime.now(UTC)) < timedelta(minutes=1)


# --- What follows ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [*REACTIONS, "test.nothing-follows"])
def test_an_event_has_an_outbox_row_for_each_of_its_reactions(acme: Cast, kind: str) -> None:
    """The rows are written with the event, due at once; a kind without reactions has none."""
    with acme.scope():
        event = record(kind, Service.objects.earliest("id"), by=system(acme.id, Via.CLOCK))
        waiting = Outbox.objects.filter(event=event)
        assert sorted(row.reaction for row in waiting) == sorted(r.name for r in REACTIONS.get(kind, ()))
        assert all(row.attempts == 0 and row.next_try_at is not None for row in waiting)


def test_a_reaction_is_tried_again_by_administrators_and_once_it_was_set_aside(acme: Cast) -> None:
    """One that is tried by itself is left to itself; whoever else asks is refused, and it stays aside."""
    with acme.scope(acme.admin):
        event = record("incident.declared", Service.objects.earliest("id"), by=system(acme.id, Via.CLOCK))
        row = Outbox.objects.get(event=event, reaction="mobilise")
        with pytest.raises(Refused) as refused:
            try_again(row, by=acme.admin.actor())
        assert [reason.code for reason in refused.value.reasons] == ["not_set_aside"]
        row.next_try_at = None
        row.save()
        for person in (acme.amira, acme.owner, acme.auditor):
            with pytest.raises(Refused) as refused:
                try_again(row, by=person.actor())
            assert [(reason.code, reason.status) for reason in refused.value.reasons] == [("not_an_administrator", 403)]
        row.refresh_from_db()
        assert row.next_try_at is None
        assert not Event.objects.filter(kind="reaction.tried_again").exists()
        try_again(row, by=acme.admin.actor())
        row.refresh_from_db()
        assert row.next_try_at is not None


def test_every_reaction_is_a_function_with_a_name_of_its_own() -> None:
    """What portal/reactions.py names is there, and no two reactions share a name (the outbox keeps the name)."""
    every = {reaction for reactions in REACTIONS.values() for reaction in reactions}
    assert len({reaction.name for reaction in every}) == len(every)
    for reaction in every:
        module, _, name = reaction.run.rpartition(".")
        assert callable(getattr(import_module(module), name))


def declared(cast: Cast) -> Event:
    """The event of a new SEV 1, committed, with one reaction that it still has to have: that it is measured too is another's test."""
    with cast.scope(cast.amira):
        incident = actions.declare(by=cast.amira.actor(), title="Checkout fails", severity=Severity.SEV1)
        event = Event.objects.get(kind="incident.declared", subject_id=incident.pk)
        Outbox.objects.filter(event=event, reaction="measure-incident").delete()
        return event


def what_followed(cast: Cast, event: Event) -> tuple[int, ...]:
    """How much there is of each thing that a reaction to an incident's declaration makes."""
    with cast.scope():
        mine = Event.objects.filter(incident_id=event.incident_id)
        pages = Page.objects.filter(incident_id=event.incident_id)
        outbox = Outbox.objects.filter(event__incident_id=event.incident_id)
        return mine.count(), pages.count(), outbox.count(), Delivery.objects.filter(incident_id=event.incident_id).count()


def test_relaying_twice_does_once(shared_database: Installation) -> None:
    """The second relay of an event finds nothing to do."""
    cast = shared_database.acme
    event = declared(cast)
    assert relay.relay(cast.id, event.pk) == 1
    followed = what_followed(cast, event)
    assert followed[1] > 0
    assert relay.relay(cast.id, event.pk) == 0
    assert what_followed(cast, event) == followed


def test_relaying_at_once_does_once(shared_database: Installation) -> None:
    """Two workers with the same event: one has the row, the other passes it by; together they do what one would."""
    cast = shared_database.acme
    alone = declared(cast)
    relay.relay(cast.id, alone.pk)
    event = declared(cast)
    barrier = threading.Barrier(4)
    ran: list[int] = []

    def work() -> None:
        barrier.wait()
        ran.append(relay.relay(cast.id, event.pk))
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(ran) == 1
    assert what_followed(cast, event) == what_followed(cast, alone)


def test_a_failing_reaction_backs_off_and_is_set_aside(
    shared_database: Installation, clock: MovedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each failure is kept with its error and undone; the next try comes later each time, and after MAX_ATTEMPTS none comes.

    The row stays, set aside. Once the reaction is mended and the row due again, it runs.
    """
    cast = shared_database.acme
    event = declared(cast)
    before = what_followed(cast, event)

    def broken(event: Event, by: Actor) -> None:
        record("test.half-done", event, by=by, incident_id=event.incident_id)
        raise LookupError("no such thing")

    monkeypatch.setattr("incidents.reactions.mobilise", broken)
    waits = []
    for attempt in range(1, relay.MAX_ATTEMPTS + 1):
        assert relay.relay(cast.id, event.pk) == 0
        with cast.scope():
            row = Outbox.objects.get(event=event)
        assert (row.attempts, row.last_error) == (attempt, "LookupError: no such thing")
        assert what_followed(cast, event) == before, "half-done is undone"
        if row.next_try_at is not None:
            waits.append((row.next_try_at - clock.now).total_seconds())
            assert (cast.id, row.pk) not in relay.overdue(clock.now)
            clock.advance(seconds=waits[-1] + 1)
            assert (cast.id, row.pk) in relay.overdue(clock.now)
    assert waits == sorted(waits)
    assert len(set(waits)) == len(waits) == relay.MAX_ATTEMPTS - 1
    assert row.next_try_at is None, "set aside"
    clock.advance(days=30)
    assert (cast.id, row.pk) not in relay.overdue(clock.now)
    monkeypatch.undo()
    assert relay.relay(cast.id, event.pk) == 0, "what was set aside waits for a person"
    with cast.scope():
        Outbox.objects.filter(pk=row.pk).update(next_try_at=clock.now)
    assert relay.relay(cast.id, event.pk) == 1
    assert what_followed(cast, event)[1] > 0


def test_a_reaction_that_hangs_is_ended_and_put_off(
    shared_database: Installation, clock: MovedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that never comes to its end fails like any other, though no statement of it takes long."""
    cast = shared_database.acme
    event = declared(cast)

    def hangs(event: Event, by: Actor) -> None:
        while True:
            pass

    monkeypatch.setattr("incidents.reactions.mobilise", hangs)
    monkeypatch.setattr(relay, "MOMENT_SECONDS", 0.2)
    assert relay.relay(cast.id, event.pk) == 0
    with cast.scope():
        row = Outbox.objects.get(event=event)
    assert (row.attempts, row.last_error) == (1, "TookTooLong: This took longer than 0.2 seconds.")
    assert row.next_try_at is not None
    assert row.next_try_at > clock.now


def test_a_reaction_whose_statement_hangs_is_ended_and_put_off(
    shared_database: Installation, clock: MovedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    cast = shared_database.acme
    event = declared(cast)

    def sleeps(event: Event, by: Actor) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(60)")

    monkeypatch.setattr("incidents.reactions.mobilise", sleeps)
    assert relay.relay(cast.id, event.pk) == 0
    with cast.scope():
        row = Outbox.objects.get(event=event)
    assert (row.attempts, row.last_error) == (1, "OperationalError: canceling statement due to statement timeout")
    assert row.next_try_at is not None
    assert row.next_try_at > clock.now


def test_a_reaction_that_is_gone_is_set_aside_too(shared_database: Installation) -> None:
    """An outbox row of a reaction that no longer exists fails like any other: it is seen, and nothing else waits for it."""
    cast = shared_database.acme
    event = declared(cast)
    with cast.scope():
        gone = Outbox.objects.create(event=event, reaction="no-such-reaction")
    assert relay.relay(cast.id, event.pk) == 1, "the others run"
    with cast.scope():
        assert "no-such-reaction" in Outbox.objects.get(pk=gone.pk).last_error


def test_a_verb_through_the_api_leaves_its_event_with_the_request(acme: Cast, api: Callable[[Person], Door]) -> None:
    """The event carries the surface, the person and the id that the answer carries too."""
    answer = api(acme.mei).post("reports/", {"title": "Odd"})
    with acme.scope():
        event = Event.objects.filter(kind="signal.opened").latest("id")
    assert (event.via, event.actor_id, event.request_id) == ("api", acme.mei.user_id, answer["X-Request-Id"])
    assert acme.mei.roles == {Role.PRACTITIONER}
