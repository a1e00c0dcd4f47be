"""Who may watch: a member of the organisation who may see the incident, with a session or token that is good now, and nobody else."""

import time
from datetime import timedelta
from unittest import mock

import pytest
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client

from compliance.actions.engagements import end_engagement
from compliance.models import AuditEngagement
from incidents import actions, expiring, live
from incidents.models import Incident, NeedToKnow
from incidents.states import Severity
from ledger import people
from ledger.actions import configure
from ledger.models import Event
from tenants.models import ApiToken, Membership, User
from tenants.time import now
from tests.conftest import Door, Person
from tests.live.conftest import House
from tests.live.watching import Room, Watch, by_token

CANARY = b"canary7c1e9a"


def refusal(watch: Watch) -> tuple[int | None, str]:
    """The status and the code with which a stream is refused: a problem document, and not a byte of the record."""
    assert watch.headers["Content-Type"] == "application/problem+json"
    assert watch.problem["status"] == watch.status
    assert watch.problem["detail"]
    assert b"Checkout fails" not in watch.raw
    return watch.status, watch.problem["code"]


def ending(house: House, watch: Watch, writer: Person) -> str:
    """The code with which a stream ends; what is written then does not come, though others get it."""
    other = house.watch(house.installation.acme.mei)
    watch.until(lambda w: w.closed)
    house.note(writer, CANARY.decode())
    other.until(lambda w: CANARY in w.raw)
    assert CANARY not in watch.raw
    return str(watch.named("end")[-1].data["code"])


def test_without_a_session_or_token_nothing_opens(house: House) -> None:
    room = house.room(house.installation.acme.amira)
    assert refusal(Watch(house.url, f"{room.path}stream?ticket={room.ticket}")) == (401, "sign_in")
    assert refusal(Watch(house.url, f"{room.path}stream?ticket={room.ticket}", {"Cookie": "sessionid=forged"})) == (
        401,
        "sign_in",
    )
    for headers in (
        {},
        {"Authorization": "Bearer x"},
        {"Authorization": "Bearer mst_000000000000_" + "a" * 43},
        {"Authorization": "Basic eA"},
    ):
        watch = Watch(house.url, "/api/v1/incidents/INC-1/stream", headers)
        assert refusal(watch) == (401, "unknown_token" if "mst" in str(headers) or "Bearer x" in str(headers) else "sign_in")
        assert watch.headers["WWW-Authenticate"].startswith("Bearer")


def test_another_organisation_finds_nothing(house: House) -> None:
    """Somebody of globex: acme's room is not there, under acme's address or their own, by session or token, ticket or none."""
    acme, globex = house.installation.acme, house.installation.globex
    ours, theirs = house.room(acme.amira), Room.__new__(Room)
    theirs.url, theirs.client, theirs.path, theirs.after = house.url, house.browse(globex.amira), ours.path, 0
    theirs.client.get("/o/globex/incidents/")
    assert refusal(theirs.watch(ticket=ours.ticket)) == (404, "not_found")
    assert refusal(theirs.watch(ticket="")) == (404, "not_found")
    theirs.path = "/o/globex/incidents/INC-1/"
    assert refusal(theirs.watch(ticket=ours.ticket)) == (404, "not_found")
    theirs.path = "/o/nowhere/incidents/INC-1/"
    assert refusal(theirs.watch(ticket=ours.ticket)) == (404, "not_found")
    assert refusal(by_token(house.url, globex.amira.token, "INC-1")) == (404, "not_found")
    crossed = f"{acme.amira.token.rpartition('_')[0]}_{globex.amira.token.rpartition('_')[2]}"
    assert refusal(by_token(house.url, crossed, "INC-1")) == (401, "unknown_token")
    assert refusal(by_token(house.url, acme.amira.token, "INC-99")) == (404, "not_found")


def test_a_ticket_is_for_one_session_one_person_and_one_incident(house: House) -> None:
    acme = house.installation.acme
    with acme.scope(acme.jon):
        actions.declare(by=acme.jon.actor(), title="Search is slow", severity=Severity.SEV3)
    mine, other, jons = house.room(acme.amira), house.room(acme.amira, "INC-2"), house.room(acme.jon)
    again = house.room(acme.amira)  # the same person, signed in elsewhere
    for ticket in ("", "forged", mine.ticket[:-1] + "x", other.ticket, jons.ticket, again.ticket):
        assert refusal(mine.watch(ticket=ticket)) == (403, "ticket_refused")
    house.kept(mine.watch()).ready()
    with mock.patch("time.time", return_value=time.time() - live.TICKET_SECONDS - 5), acme.scope(acme.amira):
        old = live.ticket(acme.amira.actor(), Incident.objects.get(ref="INC-1"), mine.client.cookies["sessionid"].value)
    assert refusal(mine.watch(ticket=old)) == (403, "ticket_refused")


def test_what_is_no_number_reference_method_or_host_is_refused(house: House) -> None:
    acme = house.installation.acme
    for after in ("-1", "x", "9" * 12, "1.5"):
        watch = Watch(house.url, f"/api/v1/incidents/INC-1/stream?after={after}", {"Authorization": f"Bearer {acme.jon.token}"})
        assert refusal(watch) == (422, "invalid")
        assert "after" in watch.problem["fields"]
    for ref in ("INC-1%00", "%F0%9F%94%A5", "x" * 300, "..%2F.."):
        assert refusal(by_token(house.url, acme.jon.token, ref)) == (404, "not_found")
    watch = Watch(
        house.url, "/api/v1/incidents/INC-1/stream", {"Authorization": f"Bearer {acme.jon.token}", "Host": "evil.example"}
    )
    assert refusal(watch) == (404, "no_such_host")


def test_signing_out_ends_the_stream_at_once(house: House) -> None:
    acme = house.installation.acme
    room, elsewhere = house.room(acme.amira), house.watch(acme.amira)
    watch = house.kept(room.watch()).ready()
    room.client.post("/accounts/logout/")
    assert ending(house, watch, acme.jon) == "sign_in"
    elsewhere.until(lambda w: CANARY in w.raw)  # their other session goes on
    assert not elsewhere.closed


def test_a_session_that_is_deleted_or_whose_password_changed_is_cut(house: House) -> None:
    acme = house.installation.acme
    watch = house.watch(acme.amira)
    Session.objects.all().delete()
    watch.until(lambda w: w.closed)
    assert watch.named("end")[-1].data["status"] == 401
    watch = house.watch(acme.jon)
    person = User.objects.get(pk=acme.jon.user_id)
    person.set_password("another one, quite long")
    person.save()
    assert ending(house, watch, acme.amira) == "sign_in"


def test_a_person_who_is_removed_is_cut_at_once(house: House) -> None:
    acme = house.installation.acme
    page, machine = house.watch(acme.jon), house.by_token(acme.jon).ready()
    with acme.scope(acme.admin):
        configure(Membership.objects.get(user_id=acme.jon.user_id), {"is_active": False}, by=acme.admin.actor())
    assert ending(house, page, acme.amira) == "not_found"
    machine.until(lambda w: w.closed)
    assert machine.named("end")[-1].data["code"] == "unknown_token"
    assert CANARY not in machine.raw


def test_a_person_whose_roles_change_opens_anew(house: House) -> None:
    """What roles open is decided when a stream opens: who becomes an auditor is recorded then."""
    acme = house.installation.acme
    watch = house.watch(acme.jon)
    with acme.scope(acme.admin):
        configure(Membership.objects.get(user_id=acme.jon.user_id), {"roles": ["auditor"]}, by=acme.admin.actor())
    assert ending(house, watch, acme.amira) == "roles_changed"


@pytest.mark.clause("people.auditor")
def test_an_auditor_whose_engagement_is_ended_is_cut_at_once(house: House) -> None:
    acme = house.installation.acme
    watch = house.watch(acme.auditor)
    with acme.scope(acme.admin):
        end_engagement(AuditEngagement.objects.get(), by=acme.admin.actor(), reason="The audit is over.")
    assert ending(house, watch, acme.amira) == "no_engagement"
    assert CANARY not in watch.raw


def test_a_revoked_token_is_cut_at_once(house: House) -> None:
    acme = house.installation.acme
    watch = house.by_token(acme.jon).ready()
    with acme.scope(acme.jon):
        people.revoke_token(ApiToken.objects.get(user_id=acme.jon.user_id), by=acme.jon.actor())
    assert ending(house, watch, acme.amira) == "unknown_token"


def test_a_right_that_ended_unheard_is_found_by_the_watch(house: House) -> None:
    """Without any notice (a token that expires says nothing) it is asked again each minute; here the minute is made short."""
    from portal.live import hub

    acme = house.installation.acme
    with mock.patch.object(hub, "CHECK_SECONDS", 0.5):
        watch = house.by_token(acme.jon).ready()
        with acme.scope(acme.admin):
            token = ApiToken.objects.get(user_id=acme.jon.user_id)
            configure(token, {"expires_at": token.created_at}, by=acme.admin.actor())
        assert ending(house, watch, acme.amira) == "token_expired"


def test_a_revoke_by_the_database_asks_about_those_it_means(house: House) -> None:
    """`muster.revoke` of an incident looks at all who watch it again; who still may goes on, and misses nothing."""
    acme = house.installation.acme
    watch = house.watch(acme.jon)
    for _ in range(20):
        house.note(acme.amira, "Before and after.")
        with acme.scope(), connection.cursor() as cursor:
            cursor.execute("SELECT muster.revoke(%s, NULL, %s)", [acme.id, Incident.objects.get(ref="INC-1").pk])
    watch.until(lambda w: len(w.seqs) == 20)
    assert watch.seqs == list(range(watch.seqs[0], watch.seqs[0] + 20))
    assert not watch.closed


def restrict(house: House, *named: Person, briefly: Person | None = None) -> None:
    """Need to know, by the walls: from now on only these see the incident and its record, one of them for a second more."""
    acme = house.installation.acme
    with acme.scope(acme.amira):
        incident = Incident.objects.get(ref="INC-1")
        for person in named:
            NeedToKnow.objects.create(incident=incident, user_id=person.user_id, reason="Works on it.")
        if briefly:
            end = now() + timedelta(seconds=1)
            NeedToKnow.objects.create(incident=incident, user_id=briefly.user_id, reason="For a moment.", expires_at=end)
        incident.restricted = True
        incident.save()


@pytest.mark.clause("breach.need-to-know")
def test_a_restriction_cuts_those_who_are_not_named_at_once(house: House) -> None:
    """The gate is asked as the person who watches, so that the walls by person hold for streams too."""
    acme = house.installation.acme
    page, machine, other = house.watch(acme.jon), house.by_token(acme.jon).ready(), house.watch(acme.amira)
    restrict(house, acme.amira, acme.mei)
    for watch in (page, machine):
        assert ending(house, watch, acme.amira) == "not_found"
    assert refusal(house.by_token(acme.jon)) == (404, "not_found")
    assert refusal(house.by_token(acme.admin)) == (404, "not_found")
    other.until(lambda w: CANARY in w.raw)
    assert not other.closed


@pytest.mark.clause("breach.need-to-know")
def test_who_is_removed_from_the_named_is_cut_at_once(house: House) -> None:
    acme = house.installation.acme
    restrict(house, acme.amira, acme.mei, acme.jon)
    watch = house.watch(acme.jon)
    with acme.scope(acme.amira):
        admitted = NeedToKnow.objects.get(user_id=acme.jon.user_id)
        admitted.removed_at = now()
        admitted.save()
    assert ending(house, watch, acme.amira) == "not_found"


@pytest.mark.clause("breach.need-to-know")
def test_who_was_named_for_a_time_is_cut_by_the_watch(house: House) -> None:
    """A time that runs out tells nobody: it is found when it is asked again, each minute; here the minute is made short."""
    from portal.live import hub

    acme = house.installation.acme
    watch = house.watch(acme.jon)
    restrict(house, acme.amira, acme.mei, briefly=acme.jon)
    with mock.patch.object(hub, "CHECK_SECONDS", 0.5):
        assert ending(house, watch, acme.amira) == "not_found"


@pytest.mark.clause("breach.need-to-know")
def test_nobody_who_may_not_see_reads_for_the_others(house: House) -> None:
    """The record is read as one of those who watch. One from whom it is hidden passes on nothing; the others miss nothing."""
    acme = house.installation.acme
    hidden, others = [house.watch(acme.jon) for _ in range(5)], [house.watch(acme.amira), house.watch(acme.mei)]
    restrict(house, acme.amira, acme.mei, briefly=acme.jon)
    time.sleep(1)  # their second is over, and nobody was told
    for number in range(10):
        house.note(acme.amira, f"Number {number}")
    for watch in others:  # besides the notes come the readings of those who are asked about again
        watch.until(lambda w: b"Number 9" in w.raw)
        assert [n for n in range(10) if b"Number %d" % n in watch.raw] == list(range(10))
        assert watch.seqs == list(range(watch.seqs[0], watch.seqs[0] + len(watch.seqs)))
    with acme.scope(), connection.cursor() as cursor:
        cursor.execute("SELECT muster.revoke(%s, %s)", [acme.id, acme.jon.user_id])
    for watch in hidden:
        watch.until(lambda w: w.closed)


@pytest.mark.clause("breach.need-to-know")
def test_who_watches_a_restricted_incident_is_on_record_once(house: House) -> None:
    """The stream itself is a reading, also where nobody loaded the page; two of one person are one reading."""
    acme = house.installation.acme
    restrict(house, acme.amira, acme.mei)
    for watch in [house.by_token(acme.mei) for _ in range(2)]:
        watch.ready()
    with acme.scope():
        assert list(Event.objects.filter(kind="incident.opened").values_list("actor_id", flat=True)) == [acme.mei.user_id]


@pytest.mark.clause("people.auditor")
def test_what_an_auditor_watches_is_recorded_before_it_is_shown(house: House) -> None:
    acme = house.installation.acme
    watches = [house.watch(acme.auditor), house.by_token(acme.auditor).ready()]
    with acme.scope():
        read = [(e.actor_id, e.data["path"], e.via) for e in Event.objects.filter(kind="auditor.read").order_by("id")]
    assert read == [
        (acme.auditor.user_id, "/o/acme/incidents/INC-1/", "web"),
        (acme.auditor.user_id, "/o/acme/incidents/INC-1/stream", "web"),
        (acme.auditor.user_id, "/api/v1/incidents/INC-1/stream", "api"),
    ]
    house.note(acme.jon, "Seen by the auditor too.")
    for watch in watches:
        watch.until(lambda w: b"Seen by the auditor too." in w.raw)


def test_the_panels_are_for_those_who_may_see_the_room(house: House) -> None:
    acme, globex = house.installation.acme, house.installation.globex
    page = house.browse(acme.jon).get("/o/acme/incidents/INC-1/panels/")
    assert page.status_code == 200
    assert b"data-ticket=" in page.content
    assert b'class="timeline"' not in page.content
    assert house.browse(globex.amira).get("/o/acme/incidents/INC-1/panels/").status_code == 404
    assert Client().get("/o/acme/incidents/INC-1/panels/").status_code == 302


def test_metrics_count_the_streams(house: House) -> None:
    house.watch(house.installation.acme.jon)
    figures = Client().get("/metrics").content.decode()
    assert "muster_live_streams 1.0" in figures
    assert "muster_live_listening 1.0" in figures


@pytest.mark.clause("breach.need-to-know")
def test_who_broke_the_glass_watches_until_its_time_is_over(house: House) -> None:
    """Nobody has to end it: the sweep finds that the time has passed, and the stream is cut with that."""
    acme = house.installation.acme
    restrict(house, acme.amira, acme.owner)
    assert refusal(house.by_token(acme.admin)) == (404, "not_found")
    asked = Door(acme.admin).post("break-glass/", {"number": 1, "reason": "Nobody answers", "minutes": 60})
    assert asked.status_code == 201, asked.content
    page, machine = house.watch(acme.admin), house.by_token(acme.admin).ready()
    with acme.scope():
        place = NeedToKnow.objects.get(user_id=acme.admin.user_id)
        place.expires_at = now() - timedelta(seconds=1)  # an hour has passed
        place.save()
    assert expiring.sweep() == 1
    for watch in (page, machine):
        assert watch.until(lambda w: w.closed).named("end")[-1].data["code"] == "not_found"
    assert refusal(house.by_token(acme.admin)) == (404, "not_found")
