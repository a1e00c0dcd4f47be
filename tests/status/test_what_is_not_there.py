"""What never comes on the page, and what leaves it: restricted incidents, drills, drafts, what was struck."""

import pytest
from django.db import DatabaseError, transaction

from incidents.models import Incident, StatusUpdate, UpdatePolicy
from incidents.states import Audience
from ledger.actions import configure
from status.actions import put_up, put_up_all
from status.models import PublicIncident, PublicPostmortem, PublicUpdate, TakenOff
from tenants.scope import scope
from tests.everything import query
from tests.incidents.scene import Scene
from tests.status.public import every, make_public, read, say, stranger, summary, text, thread

pytestmark = pytest.mark.servers

CANARY = "canary9d2f7b"


def flag(scene: Scene, ref: str) -> str:
    """It is flagged, so it is restricted from now on. Returns its new reference."""
    scene.do("amira", ref, "flag", flag="personal_data", kinds=["pii"], reason="Addresses were in it.")
    scene.follow()
    with scene.acme.scope():
        return str(Incident.objects.filter(restricted=True).latest("id").ref)


def bytes_of_all(scene: Scene, public_id: str) -> dict[str, bytes]:
    """Every address below the page, with every byte of its answer."""
    found: dict[str, bytes] = {}
    for path in every(scene.acme, public_id, f"{scene.clock.now:%Y-%m}"):
        answer = stranger().get(path)
        found[path] = bytes(answer.content) + str(answer.headers).encode()
    return found


@pytest.mark.clause("breach.need-to-know")
def test_one_that_is_restricted_later_is_gone_at_once(scene: Scene) -> None:
    """No byte of it at any address, as if it had never been there; its components are as if there were none of it."""
    make_public(scene.acme)
    ref = scene.commanded()
    before = {path: answer for path, answer in bytes_of_all(scene, "x" * 12).items() if "x" * 12 in path}
    say(scene, ref, known=CANARY, impact=CANARY, doing=CANARY, components={"payments": "major_outage"})
    found = thread(scene.acme, ref)
    assert CANARY in text(f"incidents/{found.public_id}/")
    assert CANARY.encode() in b"".join(bytes_of_all(scene, found.public_id).values())
    flag(scene, ref)
    after = bytes_of_all(scene, found.public_id)
    for path, said in after.items():
        assert CANARY.encode() not in said, path
        if found.public_id in path:
            assert stranger().get(path).status_code == 404, path
            nobody = before[path.replace(found.public_id, "x" * 12)]
            assert said.partition(b"X-Request-Id")[0] == nobody.partition(b"X-Request-Id")[0], path
        else:
            assert found.public_id.encode() not in said, path
    assert summary()["status"]["indicator"] == "none"
    assert summary()["incidents"] == []


@pytest.mark.clause("breach.need-to-know")
def test_what_the_cl_of_a_restricted_one_says_in_public_does_not_go_there(scene: Scene) -> None:
    make_public(scene.acme)
    ref = flag(scene, scene.commanded())
    say(scene, ref, known=CANARY, components={"payments": "major_outage"})
    with scene.acme.scope():
        assert StatusUpdate.objects.filter(known=CANARY, state="published").count() == 1
        assert not PublicIncident.objects.exists()
        put_up_all()
        assert not PublicUpdate.objects.exists()
    assert CANARY not in text()
    assert {part["status"] for part in summary()["components"]} == {"operational"}
    assert "nothing of it is there" in scene.page("amira").get(f"/o/acme/incidents/{ref}/").content.decode()


@pytest.mark.clause("breach.need-to-know")
def test_the_database_takes_no_row_of_a_restricted_incident_or_a_drill(scene: Scene) -> None:
    """Whoever writes it: Muster's own work, which sees what is restricted, is refused too."""
    restricted = flag(scene, scene.commanded())
    drill = scene.declare(exercise=True)
    for ref in (restricted, drill):
        with scene.acme.scope():
            incident = Incident.objects.get(ref=ref)
            for make in (
                lambda incident=incident: PublicIncident.objects.create(incident=incident),
                lambda incident=incident: PublicPostmortem.objects.create(incident=incident, thread_id=1, title="T", text="T"),
                lambda incident=incident: PublicUpdate.objects.create(
                    incident=incident, thread_id=1, update_id=1, status="identified", known="K"
                ),
            ):
                with (
                    pytest.raises(DatabaseError, match="nothing of a restricted incident, or of a drill, is public"),
                    transaction.atomic(),
                ):
                    make()


@pytest.mark.clause("breach.need-to-know")
def test_a_stranger_s_context_sees_no_row_of_it_by_sql(scene: Scene) -> None:
    make_public(scene.acme)
    ref = scene.commanded()
    say(scene, ref, known=CANARY)
    asked = f"SELECT count(*) FROM status_publicupdate WHERE known = '{CANARY}'"
    with scope(scene.acme.id, surface="status", read_only=True):
        assert query(asked) == [(1,)]
    flag(scene, ref)
    for surface in ("status", "web"):
        with scope(scene.acme.id, surface=surface, read_only=True):
            assert query(asked) == [(0,)], surface
            assert query("SELECT muster.own_work()") == [(False,)]
    with scene.acme.scope():
        assert query(asked) == [(1,)], "it is kept: what the public was told is evidence"


def test_what_was_said_to_the_public_is_not_rewritten(scene: Scene) -> None:
    make_public(scene.acme)
    say(scene, scene.commanded())
    with scene.acme.scope():
        row = PublicUpdate.objects.get()
        row.known = "Other."
        for act in (row.save, row.delete):
            with pytest.raises(DatabaseError, match=r"permission denied|append-only"), transaction.atomic():
                act()


@pytest.mark.clause("breach.preserve-logs")
def test_what_is_held_is_kept_though_it_is_hidden(scene: Scene) -> None:
    """A flag holds the incident: what the public was told of it is evidence, and nobody deletes it."""
    make_public(scene.acme)
    ref = scene.commanded()
    say(scene, ref)
    flag(scene, ref)
    with scene.acme.scope(), pytest.raises(DatabaseError, match=r"legal hold [0-9]+ keeps it"), transaction.atomic():
        query("DELETE FROM status_publicincident")


def test_a_drill_is_not_there(scene: Scene) -> None:
    make_public(scene.acme)
    ref = scene.declare(exercise=True)
    scene.do("amira", ref, "claim")
    say(scene, ref, known=CANARY, components={"payments": "major_outage"})
    assert CANARY not in text()
    assert "All systems operational" in text()
    assert "It is an exercise" in scene.page("amira").get(f"/o/acme/incidents/{ref}/").content.decode()


@pytest.mark.clause("roles.cl-public-approval")
def test_a_draft_is_there_once_it_is_approved_and_one_sent_back_never(scene: Scene) -> None:
    make_public(scene.acme)
    with scene.acme.scope(scene.acme.admin):
        configure(UpdatePolicy(), {"approved_audiences": [Audience.PUBLIC.value]}, by=scene.acme.admin.actor())
    ref = scene.commanded()
    for known in ("Sent back.", "Approved."):
        say(scene, ref, known=known)
    assert "An incident" not in text()
    waiting = [row["id"] for row in sorted(scene.part(ref, "updates"), key=lambda row: row["id"])]
    scene.do("exec", ref, "reject-update", update=waiting[0], reason="It gives too much away.")
    scene.follow()
    assert "An incident" not in text()
    scene.do("exec", ref, "approve-update", update=waiting[1])
    scene.follow()
    page = text()
    assert "Approved." in page
    assert "Sent back." not in page


@pytest.mark.clause("warroom.bot-hygiene")
def test_what_is_struck_is_taken_off_and_the_correction_stays_in_the_room(scene: Scene) -> None:
    make_public(scene.acme)
    ref = scene.commanded()
    say(scene, ref, known="First.")
    say(scene, ref, "identified", known="Wrong.")
    entry = scene.told(ref, "incident.updated")[-1]["seq"]
    scene.do("amira", ref, "correct", entry=entry, text="db-3 was not it")
    scene.follow()
    page = text()
    assert "First." in page
    assert "Wrong." not in page
    assert "db-3" not in page
    found = thread(scene.acme, ref)
    with scene.acme.scope():
        assert TakenOff.objects.get().said == PublicUpdate.objects.get(known="Wrong.")
    scene.do("amira", ref, "correct", entry=scene.told(ref, "incident.updated")[0]["seq"], text="Nor that")
    scene.follow()
    assert read(f"incidents/{found.public_id}/").status_code == 404
    assert summary()["incidents"] == []
    say(scene, ref, "identified", known="Right.")
    assert "Right." in text(f"incidents/{found.public_id}/")


def test_a_false_positive_is_over_with_the_last_word_to_the_public(scene: Scene) -> None:
    make_public(scene.acme)
    ref = scene.commanded()
    say(scene, ref, components={"payments": "major_outage"})
    assert thread(scene.acme, ref).ended_at is None
    say(scene, ref, "resolved")
    scene.do("amira", ref, "false-positive", reason="The probe was wrong")
    scene.follow()
    assert thread(scene.acme, ref).ended_at is not None
    assert "All systems operational" in text()
    assert summary()["incidents"] == []


def test_one_that_is_reopened_goes_on_once_the_public_is_told_so(scene: Scene) -> None:
    make_public(scene.acme)
    ref = scene.ready()
    say(scene, ref)
    say(scene, ref, "resolved")
    scene.do("amira", ref, "resolve", summary="Rolled back")
    scene.follow()
    ended = thread(scene.acme, ref).ended_at
    scene.do("amira", ref, "reopen", reason="It is back")
    scene.follow()
    assert thread(scene.acme, ref).ended_at == ended
    say(scene, ref, "investigating", known="It is back.")
    assert thread(scene.acme, ref).ended_at is None
    assert "It is back." in text()


def test_what_was_said_before_the_switch_is_there_with_it(scene: Scene) -> None:
    ref, other = scene.commanded(), scene.commanded()
    say(scene, ref, known="Said before.")
    say(scene, other, known="Struck before.")
    scene.do("amira", other, "correct", entry=scene.told(other, "incident.updated")[0]["seq"], text="Not so")
    scene.follow()
    with scene.acme.scope():
        assert not PublicIncident.objects.exists()
    make_public(scene.acme)
    page = text()
    assert "Said before." in page
    assert "Struck before." not in page
    make_public(scene.acme, False)
    say(scene, ref, "identified", known="Said meanwhile.")
    make_public(scene.acme)
    assert "Said meanwhile." in text()
    with scene.acme.scope():
        rows = PublicUpdate.objects.count()
        put_up_all()
        put_up(Incident.objects.get(ref=ref).pk)
        assert PublicUpdate.objects.count() == rows == 2
