"""Custodians outside the organisation: sent a link, they acknowledge and attach the proof by it, and learn nothing of the incident."""

import hashlib
import re
from typing import Any

import pytest
from django.conf import settings
from django.core import mail, signing
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError

from compliance.custody_links import SALT
from compliance.models import CustodianFile, CustodianTask
from ledger.models import Event
from notifications.models import Delivery
from standard.models import Clock
from tests.conftest import client_of_ours
from tests.incidents.scene import Scene

pytestmark = [pytest.mark.servers, pytest.mark.clause("breach.preserve-logs")]

WHAT = "The proxy's logs of 26 November, 9 to 12 UTC"
LOU = {"name": "Lou Logs", "email": "lou@host.example"}
LEAK = {"flag": "personal_data", "reason": "canary7c1e9a is on a paste site"}
CANARY = ("INC-", "Checkout fails", "canary7c1e9a", "Case 7", "sued", "restricted", "personal")
MIB = 1024 * 1024
_LINK = re.compile(r"https?://[^/\s]+(/custody/\S+/)")


def hold(scene: Scene) -> int:
    """Legal holds what belongs to Mei."""
    placed = {"matter": "Case 7", "reason": "We may be sued", "person": scene.email("mei")}
    return int(scene.api("exec").post("holds/", placed).json()["id"])


def of_restricted(scene: Scene) -> int:
    """Exposed data restricts an incident, and holds it."""
    scene.do("amira", scene.commanded(), "flag", **LEAK)
    return int(scene.api("exec").get("holds/").json()["results"][0]["id"])


def asked(scene: Scene, of: int | None = None, **body: Any) -> int:
    """Legal asks Lou, who has no account. Returns the task's number; what follows has happened."""
    answer = scene.api("exec").post(f"holds/{of or hold(scene)}/custodians/", {"what": WHAT, **LOU, **body})
    assert answer.status_code == 201, answer.content
    scene.follow()
    return int(answer.json()["id"])


def task(scene: Scene, number: int) -> Any:
    """A task as Legal reads it."""
    return scene.api("exec").get(f"custodian-tasks/{number}/").json()


def mails(to: str = LOU["email"]) -> list[Any]:
    """The e-mails to somebody outside."""
    return [m for m in mail.outbox if m.to == [to]]


def link(to: str = LOU["email"]) -> str:
    """The path behind the link in their last message: Lou's, if nothing else is said."""
    found = _LINK.search(str(mails(to)[-1].body))
    assert found is not None
    return found[1]


def answer(path: str, **typed: Any) -> Any:
    """Press a button of the page, as somebody who has no session."""
    return client_of_ours().post(path, {"answer": "proof", **typed} if typed else {"answer": "keep"})


def file(body: bytes, name: str = "copy.log") -> SimpleUploadedFile:
    """A file, of which the sender says something else than what it is."""
    return SimpleUploadedFile(name, body, content_type="text/html")


def told(kind: str, scene: Scene) -> list[Event]:
    """The events of one kind."""
    return scene.events(kind)


class TestTheMessage:
    def test_they_are_sent_a_link_of_their_own(self, scene: Scene) -> None:
        """A delivery without a recipient: rendered when it is sent, to the address that stands on the task alone."""
        number = asked(scene)
        (message,) = mails()
        assert message.subject == "Acme: please keep this as evidence"
        for words in ("Lou Logs", "Eve Executive", scene.email("exec"), "/custody/"):
            assert words in message.body
        assert WHAT not in message.body, "an e-mail lies open: what it is stands on the page"
        with scene.acme.scope():
            (row,) = Delivery.objects.filter(template="custodian-outside")
            assert (row.recipient_id, row.channel, row.subject_id, row.incident_id) == (None, "email", number, None)
        assert (task(scene, number)["link"], task(scene, number)["answer"]) == ("sent", "waits")

    def test_nothing_of_a_restricted_incident_is_in_it_or_on_the_page(self, scene: Scene) -> None:
        of = of_restricted(scene)
        ref = scene.api("exec").get(f"holds/{of}/").json()["incident"]
        asked(scene, of)
        path = link()
        client = client_of_ours()
        pages = [client.get(path), client.post(path, {"answer": "keep"}), client.get(path), client.post(path, {"answer": "keep"})]
        said = "".join(str(m.message()) for m in mails()) + "".join(p.content.decode() + str(p.headers) for p in pages)
        assert WHAT.replace("'", "&#x27;") in said
        for word in (*CANARY, ref):
            assert word.lower() not in said.lower(), word

    @pytest.mark.parametrize("words", ["Logs of {}, please", "Whatever tells of CHECKOUT FAILS"])
    def test_what_names_the_restricted_incident_is_refused(self, scene: Scene, words: str) -> None:
        of = of_restricted(scene)
        ref = scene.api("exec").get(f"holds/{of}/").json()["incident"].lower()
        refused = scene.api("exec").post(f"holds/{of}/custodians/", {**LOU, "what": words.format(ref)})
        assert (refused.status_code, refused.json()["code"]) == (422, "names_incident")

    @pytest.mark.parametrize(
        ("email", "code"),
        [
            ("lou@host.example,kim@host.example", "invalid"),
            ("lou@host.example\nBcc: kim@host.example", "invalid"),
            ("<lou@host.example>", "invalid"),
            ("jon@acme.example", "a_member"),
        ],
    )
    def test_it_goes_to_one_address_of_somebody_outside(self, scene: Scene, email: str, code: str) -> None:
        refused = scene.api("exec").post(f"holds/{hold(scene)}/custodians/", {"what": WHAT, "name": "Lou", "email": email})
        assert (refused.status_code, refused.json()["code"]) == (422, code)

    def test_two_of_them_never_share_a_message(self, scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
        """Members' messages that come thick are sent as one; these are of people who know nothing of each other."""
        monkeypatch.setattr(settings, "MUSTER_MESSAGES_A_MINUTE", {"email": 1})
        of = hold(scene)
        asked(scene, of)
        asked(scene, of, name="Kim Keeper", email="kim@host.example")
        for address, name in ((LOU["email"], "Kim"), ("kim@host.example", "Lou")):
            (message,) = mails(address)
            assert name not in str(message.message())

    def test_who_has_not_answered_is_chased_every_day_with_a_link_that_is_good(self, scene: Scene) -> None:
        number = asked(scene)
        for day in range(1, 17):  # longer than a link is good
            scene.clock.advance(hours=24, seconds=1)
            scene.sweep()
            scene.follow()
            assert task(scene, number)["chased"] == day
        assert len(mails()) == 17
        assert len([m for m in scene.mails("exec") if "Lou Logs" in m.subject]) == 16
        assert client_of_ours().get(link()).status_code == 200
        answer(link())
        scene.clock.advance(hours=25)
        scene.sweep()
        scene.follow()
        assert (len(mails()), task(scene, number)["chased"]) == (17, 16)


class TestTheLink:
    def test_the_page_says_what_since_when_by_whom_and_no_more(self, scene: Scene) -> None:
        asked(scene)
        shown = client_of_ours().get(link())
        page = shown.content.decode()
        for words in (WHAT.replace("'", "&#x27;"), "Acme", "Lou Logs", "Eve Executive", scene.email("exec")):
            assert words in page, words
        assert (shown["Referrer-Policy"], shown["Cache-Control"]) == ("no-referrer", "private, no-store")
        assert "script-src 'self'" in shown["Content-Security-Policy"]
        assert "<script" not in page
        assert "sessionid" not in shown.cookies

    def test_opening_it_changes_nothing(self, scene: Scene) -> None:
        """Mail scanners open links: whatever they fetch, nobody has acknowledged anything."""
        number = asked(scene)
        before = task(scene, number)
        with scene.acme.scope():
            last, kept = Event.objects.latest("id").pk, CustodianTask.history.count()
        client = client_of_ours()
        for _ in range(3):
            assert client.get(link()).status_code == 200
            assert client.head(link()).status_code == 200
            assert client.get(link() + "?answer=keep").status_code == 200
        assert client.put(link()).status_code == 405
        assert task(scene, number) == before
        with scene.acme.scope():
            assert (Event.objects.latest("id").pk, CustodianTask.history.count()) == (last, kept)

    def test_they_acknowledge_by_its_button(self, scene: Scene) -> None:
        number = asked(scene)
        done = answer(link())
        assert (done.status_code, done["Location"]) == (302, link())
        assert "You said that you keep it" in client_of_ours().get(link()).content.decode()
        found = task(scene, number)
        assert (found["answer"], found["acknowledged_by"]) == ("acknowledged", "Lou Logs, by their link")
        (event,) = told("custodian.acknowledged", scene)
        assert (event.actor_kind, event.actor_id, event.actor_name, event.via) == ("custodian", None, "Lou Logs", "email")
        with scene.acme.scope():
            last = CustodianTask.history.filter(id=number).latest("history_id")
            assert (last.acknowledged_link, last.acknowledged_by_id, last.history_user_id) == (1, None, None)
            (clock,) = Clock.objects.filter(subject_type="compliance.custodiantask", subject_id=number)
            assert (clock.stopped_at is not None, clock.fell_away) == (True, "")

    def test_the_database_takes_an_answer_of_one_and_a_link_of_somebody_outside_only(self, scene: Scene) -> None:
        """An answer by a link is nobody's with an account as well; a member has no link."""
        number = asked(scene)
        answer(link())
        members = scene.api("exec").post(f"holds/{hold(scene)}/custodians/", {"what": WHAT, "person": scene.email("jon")}).json()
        for pk, column, value in ((number, "acknowledged_by_id", scene.acme.exec.user_id), (members["id"], "link_number", 1)):
            with pytest.raises(IntegrityError, match=r"custodian_answered|only_outside_by_link"), scene.acme.scope():
                row = CustodianTask.objects.get(pk=pk)
                setattr(row, column, value)
                row.save()

    def test_it_acknowledges_once(self, scene: Scene) -> None:
        asked(scene)
        answer(link())
        again = answer(link())
        assert again.status_code == 409
        assert "This was acknowledged at" in again.content.decode()
        assert len(told("custodian.acknowledged", scene)) == 1

    def test_they_say_where_it_lies(self, scene: Scene) -> None:
        """That says too that they keep it; and once it is said it stays."""
        number = asked(scene)
        assert answer(link(), location="s3://kept/proxy", sha256="AB" * 32, said="Copied with the tool").status_code == 302
        found = task(scene, number)
        assert (found["answer"], found["location"], found["sha256"]) == ("proven", "s3://kept/proxy", "ab" * 32)
        assert (found["proven_by"], found["acknowledged_by"], found["file"]) == (*["Lou Logs, by their link"] * 2, None)
        again = answer(link(), location="elsewhere")
        assert again.status_code == 409
        assert "The proof was filed at" in again.content.decode()
        assert task(scene, number) == found
        assert "s3://kept/proxy" in client_of_ours().get(link()).content.decode()

    def test_they_attach_a_file(self, scene: Scene) -> None:
        """Known by what is in it, hashed, kept once, and handed to who may read the task as a download and nothing else."""
        number, body = asked(scene), b"<html>the proxy's list\n"
        assert answer(link(), file=file(body, "../list<1>.html")).status_code == 302
        found = task(scene, number)
        digest = hashlib.sha256(body).hexdigest()
        kept = found["file"]
        assert (kept["name"], kept["content_type"], kept["size"], kept["sha256"]) == (
            "list1.html",
            "text/plain",
            len(body),
            digest,
        )
        assert found["location"] == "Attached: list1.html"
        (event,) = told("custodian.proven", scene)
        assert (event.data["file_sha256"], event.data["file_type"]) == (digest, "text/plain")
        for got in (
            scene.api("exec").get(f"custodian-files/{kept['id']}/"),
            scene.page("owner").get(f"/o/acme/holds/custodians/files/{kept['id']}/"),
        ):
            assert (got.content, got["X-SHA-256"]) == (body, digest)
            assert got["Content-Disposition"].startswith("attachment")
            assert "sandbox" in got["Content-Security-Policy"]
        for stranger in (scene.api("jon"), scene.door(scene.globex.exec)):
            assert stranger.get(f"custodian-files/{kept['id']}/").status_code == 404
        assert "list1.html" in scene.page("exec").get(f"/o/acme/holds/custodians/{number}/").content.decode()

    @pytest.mark.parametrize(
        ("body", "says"),
        [
            (b"", "This file is empty"),
            (b"\x7fELF\x00\x01", "no picture, PDF, archive, JSON or text"),
            (b"x" * (8 * MIB + 1), "at most 8,388,608"),
        ],
    )
    def test_a_file_that_is_none_is_refused_and_what_was_typed_stays(self, scene: Scene, body: bytes, says: str) -> None:
        number = asked(scene)
        refused = answer(link(), said="From the tool", file=file(body))
        assert refused.status_code == 422
        assert says in refused.content.decode()
        assert "From the tool" in refused.content.decode()
        with scene.acme.scope():
            assert not CustodianFile.objects.exists()
        assert task(scene, number)["answer"] == "waits"

    def test_what_is_far_too_large_is_not_even_read(self, scene: Scene) -> None:
        asked(scene)
        refused = answer(link(), file=file(b"x" * (9 * MIB)))
        assert refused.status_code == 413
        assert "<h1>Too large</h1>" in refused.content.decode()

    def test_a_proof_says_something(self, scene: Scene) -> None:
        number = asked(scene)
        for typed in (
            {"location": ""},
            {"location": " ", "said": "typed"},
            {"location": "x", "sha256": "no"},
            {"location": "x" * 501},
        ):
            assert answer(link(), **typed).status_code == 422
        assert task(scene, number)["answer"] == "waits"

    def test_a_forged_one_opens_nothing(self, scene: Scene) -> None:
        """Nor does one of another organisation's, of a member's task, or of a task that is not there: all say the same."""
        number = asked(scene)
        scene.api("exec").post(f"holds/{hold(scene)}/custodians/", {"what": "Yours", "person": scene.email("jon")})
        with scene.acme.scope():
            members = CustodianTask.objects.get(person__isnull=False).pk
        signer = signing.Signer(salt=SALT)
        public, _, _ = signer.unsign_object(link().split("/")[2])
        globex = scene.globex.key.split("_")[1]
        forged = [
            link().split("/")[2][:-4] + "AAAA",
            "nonsense",
            signing.Signer(salt=SALT, key="another-installation's-key").sign_object([public, number, 1]),
            signing.Signer(salt="muster.acknowledge").sign_object([public, number, 1]),
            *(
                signer.sign_object(said)
                for said in ([globex, number, 1], [public, members, 0], [public, 999_999, 1], ["x" * 12, 1, 1])
            ),
        ]
        for token in forged:
            for ask in (client_of_ours().get, client_of_ours().post):
                found = ask(f"/custody/{token}/")
                assert found.status_code == 404, token
                assert "This link is broken" in found.content.decode()
                assert "proxy" not in found.content.decode()
                assert found["Referrer-Policy"] == "no-referrer"
        assert told("custodian.acknowledged", scene) == []


class TestItsEnd:
    """What has ended says so with 410, shows nothing of what was asked, and takes no answer."""

    def ended(self, path: str, says: str) -> None:
        """Neither opened nor answered any more."""
        client = client_of_ours()
        for got in (
            client.get(path),
            client.post(path, {"answer": "keep"}),
            client.post(path, {"answer": "proof", "location": "x"}),
        ):
            page = got.content.decode()
            assert (got.status_code, says in page) == (410, True), page
            for word in ("proxy", "Lou Logs", "Eve Executive", "Acme", *CANARY):
                assert word.lower() not in page.lower(), word

    def test_it_is_good_for_two_weeks(self, scene: Scene) -> None:
        number = asked(scene)
        scene.clock.advance(days=13, hours=23)
        assert client_of_ours().get(link()).status_code == 200
        scene.clock.advance(hours=1, seconds=1)
        self.ended(link(), "they are over")
        assert (task(scene, number)["link"], task(scene, number)["answer"]) == ("expired", "waits")

    def test_a_new_one_ends_those_before(self, scene: Scene) -> None:
        """Sent after they acknowledged too, so that they can file the proof."""
        number = asked(scene)
        first = link()
        answer(first)
        scene.clock.advance(days=15)
        sent = scene.api("exec").post(f"custodian-tasks/{number}/send-link/", {})
        assert task(scene, number)["link"] == "queued", "the earlier message brought a link that is over"
        assert sent.status_code == 200
        scene.follow()
        assert len(mails()) == 2
        assert link() != first
        self.ended(first, "A newer link was sent")
        assert answer(link(), location="s3://kept").status_code == 302
        refused = scene.api("exec").post(f"custodian-tasks/{number}/send-link/", {})
        assert (refused.status_code, refused.json()["code"]) == (409, "proven")
        assert len(told("custodian.link_sent", scene)) == 1

    def test_taking_it_back_ends_it(self, scene: Scene) -> None:
        """They are told so and chased no more; the clock was neither kept nor broken."""
        number = asked(scene)
        taken = scene.api("owner").post(f"custodian-tasks/{number}/withdraw/", {"reason": "The wrong Lou"}).json()
        assert (taken["answer"], taken["link"], taken["withdrawn_by"]) == ("withdrawn", "over", scene.acme.owner.name)
        path = link()
        scene.follow()
        self.ended(path, "What was asked was taken back")
        assert "nothing is to be kept for it any more" in mails()[-1].body
        assert "/custody/" not in mails()[-1].body
        scene.clock.advance(hours=25)
        scene.sweep()
        scene.follow()
        assert (len(mails()), task(scene, number)["chased"]) == (2, 0)
        with scene.acme.scope():
            assert [clock.fell_away for clock in Clock.objects.filter(subject_id=number, clause="breach.preserve-logs")] == [
                "excused"
            ]
        for verb, body in (("withdraw", {"reason": "x"}), ("send-link", {}), ("acknowledge", {})):
            refused = scene.api("exec").post(f"custodian-tasks/{number}/{verb}/", body)
            assert (refused.status_code, refused.json()["code"]) == (409, "withdrawn"), verb

    def test_a_release_ends_it_and_they_are_told(self, scene: Scene) -> None:
        """Each who was asked hears it, those alone whose task stood."""
        of = hold(scene)
        taken_back = asked(scene, of, name="Kim Keeper", email="kim@host.example")
        number = asked(scene, of)
        scene.api("exec").post(f"custodian-tasks/{taken_back}/withdraw/", {"reason": "Not theirs"})
        answer(link())
        path = link()
        scene.api("exec").post(f"holds/{of}/ask-release/", {"reason": "Over"})
        scene.api("admin").post(f"holds/{of}/release/", {})
        scene.follow()
        self.ended(path, "This has ended")
        assert (len(mails()), len(mails("kim@host.example"))) == (2, 2)
        assert mails()[-1].subject == "Acme: no longer to be kept"
        assert (task(scene, number)["answer"], task(scene, number)["link"]) == ("acknowledged", "over")
        for verb, body in (("send-link", {}), ("withdraw", {"reason": "x"})):
            refused = scene.api("exec").post(f"custodian-tasks/{number}/{verb}/", body)
            assert (refused.status_code, refused.json()["code"]) == (409, "released"), verb

    def test_what_is_answered_by_legal_is_answered(self, scene: Scene) -> None:
        """Whoever asked may still file the answer of somebody who does not open links; theirs comes too late then."""
        number = asked(scene)
        answered = scene.api("exec").post(f"custodian-tasks/{number}/acknowledge/", {}).json()
        assert answered["acknowledged_by"] == "Eve Executive"
        assert answer(link()).status_code == 409


class TestWho:
    @pytest.mark.parametrize(("verb", "body"), [("send-link", {}), ("withdraw", {"reason": "x"})])
    def test_legal_and_privacy_alone_send_and_take_back(self, scene: Scene, verb: str, body: dict[str, str]) -> None:
        number = asked(scene)
        refused = scene.api("admin").post(f"custodian-tasks/{number}/{verb}/", body)
        assert (refused.status_code, refused.json()["code"]) == (403, "not_yours_to_ask")
        assert scene.api("amira").post(f"custodian-tasks/{number}/{verb}/", body).status_code == 404
        assert scene.door(scene.globex.exec).post(f"custodian-tasks/{number}/{verb}/", body).status_code == 404
        assert scene.api("owner").post(f"custodian-tasks/{number}/{verb}/", body).status_code == 200

    @pytest.mark.parametrize(("verb", "body"), [("send-link", {}), ("withdraw", {"reason": "x"})])
    def test_a_member_has_no_link(self, scene: Scene, verb: str, body: dict[str, str]) -> None:
        made = scene.api("exec").post(f"holds/{hold(scene)}/custodians/", {"what": WHAT, "person": scene.email("jon")}).json()
        assert (made["link"], made["link_until"]) == (None, None)
        refused = scene.api("exec").post(f"custodian-tasks/{made['id']}/{verb}/", body)
        assert (refused.status_code, refused.json()["code"]) == (409, "a_member")

    def test_the_holds_page_shows_them_and_offers_both(self, scene: Scene) -> None:
        of = hold(scene)
        number = asked(scene, of)
        legal = scene.page("exec")
        page = legal.get(f"/o/acme/holds/{of}/").content.decode()
        for words in ("link sent", "Send a new link", "Take it back"):
            assert words in page
        where = f"/o/acme/holds/custodians/{number}/"
        assert "Send a new link" not in scene.page("admin").get(f"/o/acme/holds/{of}/").content.decode()
        assert legal.post(f"{where}send-link/").status_code == 302
        scene.follow()
        answer(link(), location="s3://kept", file=file(b"list"))
        page = legal.get(f"/o/acme/holds/{of}/").content.decode()
        assert "proven" in page
        assert "Lies at s3://kept" in page
        assert legal.post(f"{where}withdraw/", {"reason": ""}).status_code == 422
        assert legal.post(f"{where}withdraw/", {"reason": "Enough"}).status_code == 302
        assert "Taken back by Eve Executive" in legal.get(where).content.decode()
        assert legal.get(f"{where}send-link/").status_code == 409
