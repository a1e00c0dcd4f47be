"""Break glass: opening a restricted incident that one is not named on, for a while, on record, with Privacy called (breach.need-to-know)."""

from collections.abc import Callable
from datetime import timedelta
from threading import Barrier, Thread
from typing import Any

import pytest
from django.core import mail
from django.db import OperationalError, connection

from compliance.models import AccessPolicy, BreakGlass
from incidents.models import Incident, NeedToKnow
from ledger.actions import configure
from ledger.models import Event
from tenants.models import DutyHolder
from tests.conftest import Door, Installation, Person
from tests.incidents.scene import Scene
from tests.incidents.test_flag import flagged
from tests.incidents.test_need_to_know import names, restricted

pytestmark = [pytest.mark.servers, pytest.mark.clause("breach.need-to-know")]

WHY = "The bucket is mine, and the on-call cannot reach Legal"


def ask(scene: Scene, who: str = "admin", number: int = 1, **body: Any) -> Any:
    """Break the glass by API, whatever the answer."""
    return scene.api(who).post("break-glass/", {"number": number, "reason": WHY, "minutes": 30, **body})


def broken(scene: Scene, who: str = "admin", **body: Any) -> dict[str, Any]:
    """Break it."""
    answer = ask(scene, who, **body)
    assert answer.status_code == 201, answer.content
    found: dict[str, Any] = answer.json()
    return found


def told(answer: Any) -> dict[str, Any]:
    """A refusal without what is of the request alone."""
    return {key: value for key, value in answer.json().items() if key not in ("request_id", "instance")}


def over(scene: Scene) -> None:
    """Let the time of every broken glass be over by the database's clock too, which no test moves."""
    with scene.acme.scope():
        for place in NeedToKnow.objects.filter(via="break_glass", removed_at=None):
            place.expires_at = place.added_at - timedelta(hours=1)  # before this test's transaction began
            place.save()


class TestOpening:
    def test_an_administrator_sees_it_for_a_while_with_the_reason_on_record(self, scene: Scene) -> None:
        ref = restricted(scene)
        assert scene.api("admin").get(f"incidents/{ref}/").status_code == 404
        found = broken(scene, minutes=45)
        assert (found["incident"], found["minutes"], found["reason"]) == (ref, 45, WHY)
        assert scene.incident(ref, "admin")["title"] == "Checkout fails"
        assert names(scene, ref)["admin"] == WHY
        (entry,) = scene.told(ref, "incident.glass_broken")
        assert entry["actor"] == "Ada Admin"
        assert entry["text"] == "Opened this restricted incident for 45 minutes."
        assert (entry["data"]["reason"], entry["data"]["called"]) == (WHY, [scene.acme.owner.name])
        place = next(row for row in scene.part(ref, "need-to-know") if row["email"] == scene.email("admin"))
        assert place["via"] == "break_glass"
        assert place["expires_at"] is not None

    def test_privacy_is_called_in_the_transaction_that_opens_it(self, scene: Scene) -> None:
        restricted(scene)
        mail.outbox.clear()
        found = broken(scene)
        with scene.acme.scope():
            kinds = list(Event.objects.filter(data__user_id=scene.acme.owner.user_id).values_list("kind", flat=True))
            opened = Event.objects.get(kind="incident.glass_broken")
            paged = Event.objects.filter(kind="page.person_paged").latest("id")
        assert kinds.count("page.person_paged") >= 1
        assert paged.pk < opened.pk
        scene.follow()
        (page,) = [m for m in scene.mails("owner", "Page:") if "restricted" in m.subject.lower()]
        assert WHY not in str(page.body)
        call = next(c for c in scene.calls("owner") if c["id"] == paged.subject_id)
        assert scene.api("owner").post(f"pages/{call['id']}/acknowledge/").status_code == 200
        shown = scene.page("owner").get(f"/o/acme/break-glass/{found['id']}/").content.decode()
        assert WHY in shown

    def test_on_the_page_by_its_number(self, scene: Scene) -> None:
        ref = restricted(scene)
        admin = scene.page("admin")
        form = admin.get("/o/acme/break-glass/").content.decode()
        assert "The Privacy Officer is called before you see anything" in form
        assert ref not in form
        moved = admin.post("/o/acme/break-glass/", {"number": "1", "reason": WHY, "minutes": "10"})
        assert (moved.status_code, moved["Location"]) == (302, f"/o/acme/incidents/{ref}/")
        assert admin.get(moved["Location"]).status_code == 200
        assert f"Break glass on {ref}" in scene.page("owner").get("/o/acme/inbox/").content.decode()

    def test_it_shows_what_was_merged_into_it_too(self, scene: Scene) -> None:
        other = scene.declare()
        ref = scene.commanded()
        scene.do("amira", other, "claim")
        scene.do("amira", other, "merge", into=ref, reason="One matter")
        flagged(scene, ref)
        scene.follow()
        broken(scene, number=2)
        assert scene.api("admin").get("incidents/INC-1/").status_code == 200

    def test_who_is_named_needs_no_glass_broken(self, scene: Scene) -> None:
        restricted(scene)
        broken(scene)
        again = ask(scene)
        assert (again.status_code, again.json()["code"]) == (409, "named")
        with scene.acme.scope():
            assert BreakGlass.objects.count() == 1

    def test_asked_twice_with_one_key_it_is_broken_once(self, scene: Scene) -> None:
        restricted(scene)
        body, key = {"number": 1, "reason": WHY, "minutes": 30}, {"Idempotency-Key": "once"}
        first, second = (scene.api("admin").post("break-glass/", body, **key) for _ in range(2))
        assert (first.status_code, second.status_code) == (201, 201)
        assert second.headers["Idempotent-Replay"] == "true"
        over(scene)
        assert scene.api("admin").post("break-glass/", body, **key).status_code == 404
        with scene.acme.scope():
            assert (BreakGlass.objects.count(), Event.objects.filter(kind="incident.glass_broken").count()) == (1, 1)


class TestRefusals:
    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({"reason": ""}, "reason"),
            ({"reason": " \n"}, "reason"),
            ({"minutes": 61}, "minutes"),
            ({"minutes": 0}, "minutes"),
            ({"minutes": None}, "minutes"),
        ],
    )
    def test_without_a_reason_or_for_over_an_hour_nothing_is_opened(self, scene: Scene, body: Any, field: str) -> None:
        ref = restricted(scene)
        refused = ask(scene, **body)
        assert refused.status_code == 422
        assert field in [reason["field"] for reason in refused.json()["reasons"]]
        typed = {"number": "1", "reason": WHY, "minutes": "30"} | {name: str(value or "") for name, value in body.items()}
        page = scene.page("admin").post("/o/acme/break-glass/", typed)
        assert page.status_code == 422
        assert scene.api("admin").get(f"incidents/{ref}/").status_code == 404
        assert scene.events("incident.glass_broken") == []

    def test_a_missing_one_an_open_one_and_one_that_they_were_taken_off_answer_alike(self, scene: Scene) -> None:
        ref = restricted(scene)
        scene.commanded()
        scene.do("amira", ref, "admit", person=scene.email("admin"), reason="Knows the bucket")
        scene.do("owner", ref, "remove", person=scene.email("admin"), reason="Is concerned by it")
        answers = [ask(scene, number=number) for number in (1, 2, 99)]
        assert [answer.status_code for answer in answers] == [404] * 3
        assert told(answers[0]) == told(answers[1]) == told(answers[2])
        assert scene.events("incident.glass_broken") == []
        shown = scene.page("admin").post("/o/acme/break-glass/", {"number": "2", "reason": WHY, "minutes": "30"})
        assert shown.status_code == 404
        assert WHY in shown.content.decode()

    def test_five_numbers_an_hour_are_the_most_and_each_try_is_on_record_without_its_number(self, scene: Scene) -> None:
        restricted(scene)
        for number in range(90, 95):
            assert ask(scene, number=number).status_code == 404
        refused = ask(scene)
        assert (refused.status_code, refused.json()["code"]) == (409, "too_many_tries")
        tries = scene.events("glass.tried")
        assert len(tries) == 5
        assert all(event.incident_id is None and event.data == {} for event in tries)
        scene.clock.advance(minutes=61)
        assert ask(scene).status_code == 201

    @pytest.mark.parametrize("who", ["jon", "mei"])
    def test_who_may_not_learns_nothing_of_any_number(self, scene: Scene, who: str) -> None:
        restricted(scene)
        answers = [ask(scene, who, number=number) for number in (1, 99)]
        assert [(a.status_code, a.json()["code"]) for a in answers] == [(403, "not_an_opener")] * 2
        assert told(answers[0]) == told(answers[1])
        assert "not among those who may break the glass" in scene.page(who).get("/o/acme/break-glass/").content.decode()
        assert scene.events("glass.tried") == []

    def test_an_auditor_breaks_no_glass(self, scene: Scene) -> None:
        ref = restricted(scene)
        assert ask(scene, "auditor").status_code == 403
        page = scene.page("auditor").post("/o/acme/break-glass/", {"number": "1", "reason": WHY, "minutes": "30"})
        assert page.status_code == 403
        assert scene.api("auditor").get(f"incidents/{ref}/").status_code == 404

    def test_an_auditor_who_holds_a_duty_breaks_none_either(self, scene: Scene) -> None:
        restricted(scene)
        with scene.acme.scope(scene.acme.admin):
            DutyHolder.objects.create(duty="cfo", user_id=scene.acme.auditor.user_id)
        assert ask(scene, "auditor").status_code == 403

    def test_another_organisations_numbers_are_their_own(self, scene: Scene) -> None:
        ref = restricted(scene)
        for number in (1, 99):
            asked = scene.door(scene.globex.admin).post("break-glass/", {"number": number, "reason": WHY, "minutes": 30})
            assert asked.status_code == 404
        assert "admin" not in names(scene, ref)

    def test_the_organisation_says_who_may(self, scene: Scene) -> None:
        restricted(scene)
        with scene.acme.scope(scene.acme.admin):
            configure(AccessPolicy(), {"glass_openers": ["cfo"]}, by=scene.acme.admin.actor())
            DutyHolder.objects.filter(duty="cfo").delete()
            DutyHolder.objects.create(duty="cfo", user_id=scene.acme.jon.user_id)
        assert ask(scene, "admin").status_code == 403
        assert ask(scene, "jon").status_code == 201

    def test_where_nobody_else_could_be_called_nothing_is_opened(self, scene: Scene) -> None:
        restricted(scene)
        with scene.acme.scope(scene.acme.admin):
            for row in DutyHolder.objects.filter(duty__in=["privacy_officer", "legal_counsel"]):
                row.user_id = scene.acme.admin.user_id
                row.save()
        answers = [ask(scene, number=number) for number in (1, 99)]
        assert [(a.status_code, a.json()["code"]) for a in answers] == [(409, "nobody_to_call")] * 2
        assert scene.events("incident.glass_broken") == []


class TestTheLedgerFails:
    @pytest.mark.parametrize("kind", ["incident.glass_broken", "page.person_paged", "glass.tried"])
    def test_nothing_is_shown(self, scene: Scene, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
        ref = restricted(scene)
        admin = scene.page("admin")
        admin.raise_request_exception = False
        saved = Event.save

        def failing(self: Event, *args: Any, **options: Any) -> None:
            if self.kind == kind:
                raise OperationalError("the ledger is away")
            saved(self, *args, **options)

        monkeypatch.setattr(Event, "save", failing)
        answer = admin.post("/o/acme/break-glass/", {"number": "1", "reason": WHY, "minutes": "30"})
        assert answer.status_code == 500
        assert ref not in answer.content.decode()
        monkeypatch.undo()
        assert scene.api("admin").get(f"incidents/{ref}/").status_code == 404
        with scene.acme.scope():
            assert not BreakGlass.objects.exists()
            assert not NeedToKnow.objects.filter(via="break_glass").exists()


class TestItsEnd:
    def test_it_ends_by_itself_everywhere(self, scene: Scene) -> None:
        ref = restricted(scene)
        found = broken(scene, minutes=60)
        over(scene)
        for path in (f"incidents/{ref}/", "incidents/INC-1/", f"incidents/{ref}/timeline/", f"break-glass/{found['id']}/"):
            assert scene.api("admin").get(path).status_code == 404, path
        for path in (f"incidents/{ref}/", f"live/incidents/{ref}/", f"break-glass/{found['id']}/"):
            assert scene.page("admin").get(f"/o/acme/{path}").status_code == 404, path
        assert scene.api("admin").get("break-glass/").json()["results"] == []
        assert scene.api("admin").get("incidents/").json()["results"] == []
        scene.later(minutes=61)
        (entry,) = scene.told(ref, "incident.person_expired")
        assert entry["data"]["person"] == "Ada Admin"

    def test_broken_again_it_is_called_and_counted_again(self, scene: Scene) -> None:
        ref = restricted(scene)
        broken(scene)
        over(scene)
        broken(scene, reason="Still needed")
        assert scene.incident(ref, "admin")["ref"] == ref
        assert len(scene.told(ref, "incident.glass_broken")) == 2

    def test_nobody_makes_their_own_last_longer(self, scene: Scene) -> None:
        """Break glass is for reading: who came so joins nothing, takes no command, writes nothing, and lets nobody in."""
        ref = scene.declare()
        ref = flagged(scene, ref, "mei")
        scene.follow()
        broken(scene)
        offered = scene.incident(ref, "admin")["allowed_actions"]
        for verb, body in {
            "join": {},
            "claim": {},
            "note": {"text": "x"},
            "admit": {"person": scene.email("admin"), "reason": "x"},
            "flag": {"flag": "financial_loss", "reason": "x"},
        }.items():
            refused = scene.verb("admin", ref, verb, **body)
            assert (refused.status_code, refused.json()["code"]) == (403, "through_glass"), verb
            assert not offered[verb]["allowed"]

    def test_a_duty_holder_who_came_so_names_nobody(self, scene: Scene) -> None:
        ref = restricted(scene)
        with scene.acme.scope(scene.acme.admin):
            DutyHolder.objects.create(duty="legal_counsel", user_id=scene.acme.jon.user_id)
        broken(scene, "jon")
        for verb, body in (
            ("admit", {"person": scene.email("jon"), "reason": "x"}),
            ("unflag", {"flag": "personal_data", "reason": "x"}),
        ):
            refused = scene.verb("jon", ref, verb, **body)
            assert (refused.status_code, refused.json()["code"]) == (403, "through_glass")

    def test_who_came_so_judges_nothing_of_it(self, scene: Scene) -> None:
        """Neither another's broken glass, however lawful they are, nor who had access in its window."""
        restricted(scene)
        with scene.acme.scope(scene.acme.admin):
            DutyHolder.objects.create(duty="legal_counsel", user_id=scene.acme.jon.user_id)
        first = broken(scene, "admin")["id"]
        broken(scene, "jon")
        refused = scene.api("jon").post(f"break-glass/{first}/judge/", {"verdict": "justified", "note": "Fine"})
        assert (refused.status_code, refused.json()["code"]) == (403, "through_glass")

    def test_a_reviewer_who_came_so_judges_no_access(self, scene: Scene) -> None:
        ref = flagged(scene, scene.ready())
        scene.do("amira", ref, "resolve", summary="Closed the bucket")
        scene.follow()
        broken(scene, "admin")
        (row,) = scene.api("admin").get("access/reviews/").json()["results"]
        refused = scene.api("admin").post(f"access/reviews/{row['id']}/sign/", {"note": "Seen"})
        assert (refused.status_code, refused.json()["code"]) == (403, "through_glass")

    def test_who_was_named_admits_them_to_take_part(self, scene: Scene) -> None:
        ref = restricted(scene)
        broken(scene)
        asked = scene.verb("amira", ref, "assign", role="scribe", person=scene.email("admin"))
        assert asked.json()["code"] == "not_admitted"
        scene.do("amira", ref, "admit", person=scene.email("admin"), reason="Helps")
        scene.do("admin", ref, "join")
        over(scene)
        assert scene.incident(ref, "admin")["ref"] == ref

    def test_privacy_ends_it_before_its_time(self, scene: Scene) -> None:
        ref = restricted(scene)
        broken(scene)
        scene.do("owner", ref, "remove", person=scene.email("admin"), reason="No need")
        assert scene.api("admin").get(f"incidents/{ref}/").status_code == 404
        assert ask(scene).status_code == 404


class TestItsReview:
    def judge(self, scene: Scene, who: str, glass: int, **body: Any) -> Any:
        return scene.api(who).post(f"break-glass/{glass}/judge/", {"verdict": "justified", "note": "Right so", **body})

    @pytest.mark.parametrize("who", ["owner", "exec"])
    def test_privacy_or_legal_says_whether_it_was_justified(self, scene: Scene, who: str) -> None:
        ref = restricted(scene)
        glass = broken(scene)["id"]
        answer = self.judge(scene, who, glass, verdict="not_justified", note="Could have called me")
        assert answer.status_code == 200, answer.content
        (entry,) = scene.told(ref, "incident.glass_reviewed")
        assert entry["text"] == "Ada Admin's break glass was not justified."
        assert self.judge(scene, who, glass).json()["code"] == "reviewed"

    def test_nobody_else_does_and_not_of_themselves(self, scene: Scene) -> None:
        restricted(scene)
        glass = broken(scene)["id"]
        assert self.judge(scene, "amira", glass).json()["code"] == "not_lawful"
        with scene.acme.scope(scene.acme.admin):
            DutyHolder.objects.create(duty="legal_counsel", user_id=scene.acme.admin.user_id)
        assert self.judge(scene, "admin", glass).json()["code"] == "your_own"
        assert self.judge(scene, "jon", glass).status_code == 404
        assert self.judge(scene, "owner", glass, note=" ").json()["code"] == "required"

    def test_its_clock_runs_a_business_day_prompts_and_breaks(self, scene: Scene) -> None:
        ref = restricted(scene)
        glass = broken(scene)
        scene.follow()

        def clock() -> dict[str, Any]:
            return next(c for c in scene.part(ref, "clocks") if c["clause"] == "breach.need-to-know")

        assert clock()["due_at"] == glass["review_due_at"]
        mail.outbox.clear()
        scene.later(days=8)
        scene.later(minutes=1)
        assert clock()["broken_at"] is not None
        assert [m.subject for m in scene.mails("owner")].count("A restricted incident needs you") >= 1
        assert self.judge(scene, "owner", glass["id"]).status_code == 200
        assert clock()["stopped_at"] is not None

    def test_on_its_page_with_what_was_typed_kept(self, scene: Scene) -> None:
        restricted(scene)
        glass = broken(scene)["id"]
        owner = scene.page("owner")
        refused = owner.post(f"/o/acme/break-glass/{glass}/judge/", {"note": "Well founded"})
        assert refused.status_code == 422
        assert "Well founded" in refused.content.decode()
        owner.post(f"/o/acme/break-glass/{glass}/judge/", {"verdict": "justified", "note": "Well founded"})
        assert "Justified" in owner.get("/o/acme/break-glass/").content.decode()

    def test_whoever_is_not_named_sees_nothing_of_it(self, scene: Scene) -> None:
        restricted(scene)
        glass = broken(scene)["id"]
        assert scene.api("jon").get(f"break-glass/{glass}/").status_code == 404
        assert WHY not in scene.page("jon").get("/o/acme/break-glass/").content.decode()


def test_the_clock_outlasts_the_incident(scene: Scene) -> None:
    """What is owed for breaking the glass is owed after the incident's end too."""
    ref = restricted(scene)
    broken(scene)
    scene.do("amira", ref, "impact", end=scene.clock.now.isoformat())
    scene.do("exec", ref, "unflag", flag="personal_data", reason="Test data")
    scene.do("amira", ref, "false-positive", reason="The probe was wrong")
    (running,) = [c for c in scene.part(ref, "clocks") if c["stopped_at"] is None]
    assert running["clause"] == "breach.need-to-know"
    with scene.acme.scope():
        assert Incident.objects.get(ref=ref).restricted


def test_of_two_at_once_one_opens_it_and_privacy_is_called_once(
    own_database: Installation, api: Callable[[Person], Door]
) -> None:
    """Two tabs, two tries at the limit: they wait for each other, and count one after the other."""
    acme, barrier = own_database.acme, Barrier(2)
    made = {"title": "Leak", "severity": "SEV1", "flags": ["personal_data"]}
    assert api(acme.mei).post("incidents/", made).status_code == 201
    answers: list[Any] = []

    def open_it() -> None:
        barrier.wait()
        answers.append(api(acme.admin).post("break-glass/", {"number": 1, "reason": WHY, "minutes": 5}))
        connection.close()

    threads = [Thread(target=open_it) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answer.status_code for answer in answers) == [201, 409]
    assert next(a for a in answers if a.status_code == 409).json()["code"] == "named"
    with acme.scope():
        assert BreakGlass.objects.count() == 1
        assert NeedToKnow.objects.filter(user_id=acme.admin.user_id).count() == 1
        called = Event.objects.filter(kind="page.person_paged", data__user_id=acme.owner.user_id)
        assert called.filter(occurred_at__gte=BreakGlass.objects.get().opened_at).count() == 1
        assert Event.objects.filter(kind="glass.tried").count() == 2
