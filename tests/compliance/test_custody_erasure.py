"""Erasing who was a custodian of a legal hold: refused while it stands, and then gone from every table (breach.preserve-logs)."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile

from compliance.models import CustodianFile, CustodianTask
from ledger.comparing import faults
from ledger.models import Event
from ledger.sealing import queries
from notifications.models import Attempt, Delivery
from tests import everything
from tests.compliance.test_custody import WHAT, answer, link
from tests.compliance.test_erasure_sealed import envelopes_of
from tests.compliance.test_holds import placed
from tests.compliance.test_holds_erasure import decide, left
from tests.conftest import Cast, Installation
from tests.incidents.scene import Scene
from tests.ledger.sealed import as_owner, naive_root

pytestmark = [pytest.mark.servers, pytest.mark.clause("breach.preserve-logs")]

LOU = {"name": "Lou Canary9f3", "email": "Lou.Canary9f3@host.example"}
CANARY = "canary9f3"


@pytest.fixture
def scene(own_database: Installation, at_work: Callable[[Cast, Cast], Scene]) -> Scene:
    """Acme at work, really committed."""
    return at_work(own_database.acme, own_database.globex)


def where(house: Installation, word: str) -> set[str]:
    """The tables of the database that hold a word, in text or in bytes, whatever case."""
    tables = [name for (name,) in as_owner(house, "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")]
    found = set()
    for table in tables:
        # a word in bytes stands there as hexadecimal digits
        sql: Any = f'SELECT count(*) FROM "{table}" t WHERE lower(to_jsonb(t)::text) LIKE %s OR to_jsonb(t)::text LIKE %s'
        ((count,),) = as_owner(house, sql, f"%{word}%", f"%{word.encode().hex()}%")
        if count:
            found.add(table)
    return found


def ended(scene: Scene, hold: int) -> None:
    """Two people release a hold; what follows has happened."""
    scene.api("exec").post(f"holds/{hold}/ask-release/", {"reason": "Over"})
    assert scene.api("admin").post(f"holds/{hold}/release/", {}).status_code == 200
    scene.follow()


def answered(scene: Scene, hold: int) -> int:
    """Lou is asked, with a key that an answer is remembered by, and answers all that can be said by the link. Returns the task's number."""
    asked = scene.api("exec").post(f"holds/{hold}/custodians/", {"what": WHAT, **LOU}, **{"Idempotency-Key": "once"})
    assert asked.status_code == 201, asked.content
    scene.follow()
    kept = SimpleUploadedFile(f"{CANARY}.log", f"written by {CANARY}".encode())
    typed = {"location": f"s3://{CANARY}", "said": f"Ask {CANARY}", "file": kept}
    assert answer(link(LOU["email"]), **typed).status_code == 302
    scene.follow()
    with scene.acme.scope():  # a mail server that quotes the address
        delivery = Delivery.objects.filter(template="custodian-outside").latest("id")
        Attempt.objects.create(delivery=delivery, number=9, outcome=Attempt.Outcome.FAILED, detail=f"550 <{LOU['email']}>: full")
    return int(asked.json()["id"])


def wish_for(scene: Scene, address: str) -> Any:
    """An administrator asks; whatever the answer is."""
    return scene.api("admin").post("erasures/", {"person": address, "ground": "Their request under GDPR art. 17"})


def test_somebody_outside_is_gone_from_every_table(scene: Scene, own_database: Installation, tmp_path: Path) -> None:
    """The hold wins while it stands, and the refusal names it. After its release nothing in the database holds name, address or words of theirs."""
    hold = placed(scene, person=scene.email("jon"))
    number = answered(scene, hold)
    everywhere = where(own_database, CANARY)
    assert {
        *("compliance_custodiantask", "compliance_historicalcustodiantask", "compliance_custodianfile"),
        *("ledger_event", "ledger_entry", "ledger_rememberedanswer", "notifications_attempt"),
    } <= everywhere
    held = wish_for(scene, LOU["email"])
    assert (held.status_code, held.json()["code"]) == (409, "held")
    assert f"Legal hold {hold} keeps" in held.json()["detail"]
    ended(scene, hold)
    sealed = envelopes_of(own_database, tmp_path)

    wish = wish_for(scene, LOU["email"].upper()).json()
    assert (wish["state"], wish["person"]) == ("asked", LOU["name"])
    assert wish_for(scene, LOU["email"]).json()["code"] == "asked"
    done = decide(scene, wish["id"]).json()
    assert (done["state"], done["outcome"]["custodies"], done["person"]) == ("done", 1, f"Erased custodian {number}")
    assert done["outcome"]["entries"] > 5
    scene.follow()
    assert where(own_database, CANARY) == set()

    task = scene.api("exec").get(f"custodian-tasks/{number}/").json()
    assert (task["custodian"], task["location"], task["said"], task["file"]) == (f"Erased custodian {number}", "erased", "", None)
    assert (task["what"], task["answer"], task["proven_by"]) == (WHAT, "proven", f"Erased custodian {number}, by their link")
    assert task["erased_at"] is not None
    page = scene.page("exec").get(f"/o/acme/holds/custodians/{number}/").content.decode()
    assert "Name and address were erased" in page
    with scene.acme.scope():
        file = CustodianFile.objects.get()
        assert (file.name, bytes(file.body), len(file.sha256)) == ("erased", b"", 64)
    assert scene.api("exec").get(f"custodian-files/{file.pk}/").status_code == 404
    assert wish_for(scene, LOU["email"]).json()["code"] == "no_such_person", "there is nobody with this address any more"

    after = envelopes_of(own_database, tmp_path)
    assert after[: len(sealed)] == sealed  # not a byte of what was sealed is another
    with scene.acme.scope():
        newest = queries.latest_checkpoint(scene.acme.id)
        assert list(faults(scene.acme.id)) == [], (
            "no row says something else than the ledger: what lost its words lost its body too"
        )
    assert newest is not None
    assert naive_root(after) == bytes(newest.root)


def test_a_hold_placed_meanwhile_keeps_them(scene: Scene, own_database: Installation) -> None:
    """Asked for while nothing held them; then they are asked to keep something else: nothing at all is erased, of the first either."""
    hold = placed(scene, person=scene.email("jon"))
    number = answered(scene, hold)
    ended(scene, hold)
    wish = wish_for(scene, LOU["email"]).json()["id"]
    second = placed(scene, person=scene.email("jon"))
    assert scene.api("exec").post(f"holds/{second}/custodians/", {"what": WHAT, **LOU}).status_code == 201
    refused = decide(scene, wish)
    assert (refused.status_code, refused.json()["code"]) == (409, "held")
    assert f"Legal hold {second} keeps" in refused.json()["detail"]
    assert scene.api("exec").get(f"custodian-tasks/{number}/").json()["email"] == LOU["email"]
    ended(scene, second)
    assert decide(scene, wish).json()["outcome"]["custodies"] == 2
    assert where(own_database, CANARY) == set()


def test_a_member_who_was_a_custodian_is_erased_as_one(scene: Scene, own_database: Installation) -> None:
    """Held while the hold stands of which they are a custodian; their address goes from the task, its history and its entries then."""
    hold = placed(scene, incident=scene.commanded())
    task = scene.api("exec").post(f"holds/{hold}/custodians/", {"what": WHAT, "person": scene.email("mei")}).json()["id"]
    assert scene.api("mei").post(f"custodian-tasks/{task}/prove/", {"location": "s3://kept/by-hand"}).status_code == 200
    scene.follow()
    left(scene)
    held = wish_for(scene, scene.email("mei"))
    assert (held.status_code, held.json()["code"]) == (409, "held")
    assert f"Legal hold {hold} keeps" in held.json()["detail"]
    ended(scene, hold)
    done = decide(scene, wish_for(scene, scene.email("mei")).json()["id"]).json()
    assert (done["outcome"]["account"], done["outcome"]["custodies"]) == ("erased", 1)
    assert where(own_database, "mei@acme.example") == set()
    with scene.acme.scope():
        kept = CustodianTask.objects.get(pk=task)
        assert (kept.name, kept.location) == (f"Erased custodian {task}", "s3://kept/by-hand"), (
            "what a member filed is the record's"
        )
        assert {row.email for row in CustodianTask.history.filter(id=task)} == {kept.email}
        assert {event.data["custodian"] for event in Event.objects.filter(kind__startswith="custodian.")} == {kept.name}


def test_the_words_go_with_the_ledgers_and_not_otherwise(scene: Scene, own_database: Installation) -> None:
    """The owner role changes no such row as long as the ledger tells of it, and afterwards nothing else of it."""
    hold = placed(scene, person=scene.email("jon"))
    number = answered(scene, hold)
    statements = (
        (
            "UPDATE compliance_historicalcustodiantask SET name = 'Erased custodian ' || id, "
            "email = 'erased-custodian-' || id || '@erased.invalid', location = CASE location WHEN '' THEN '' ELSE 'erased' END, said = ''"
        ),
        "UPDATE compliance_custodianfile SET name = 'erased', body = ''",
        "UPDATE notifications_attempt SET detail = 'erased'",
        f"UPDATE ledger_event SET data = data || '{{\"custodian\": \"Erased custodian {number}\"}}' WHERE kind = 'custodian.asked'",
        "UPDATE compliance_historicalcustodiantask SET what = ''",
        "UPDATE compliance_custodianfile SET sha256 = ''",
        "UPDATE ledger_event SET kind = 'custodian.asked' WHERE subject_type = 'compliance.custodiantask'",
        "DELETE FROM compliance_custodianfile",
    )

    def refused(tried: tuple[str, ...]) -> None:
        with everything.connected(settings.DATABASE_OWNER_URL, own_database.name) as owner:
            for statement in tried:
                with pytest.raises(psycopg.errors.InsufficientPrivilege, match="append-only"), owner.transaction():
                    owner.execute(statement)

    refused(statements)
    ended(scene, hold)
    assert decide(scene, wish_for(scene, LOU["email"]).json()["id"]).status_code == 200
    refused(statements[4:])
