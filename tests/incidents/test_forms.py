"""The pages' forms: what was typed stays where it was refused, and sending a form twice does nothing twice."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest

from incidents.doors import DOORS
from incidents.states import RoomRole
from tests.incidents.scene import Scene, alert

pytestmark = pytest.mark.servers

TYPED = 'Typed with care <b>& quotes "'
YESTERDAY = (datetime.now(UTC) - timedelta(days=1)).date()
FORMS: dict[str, dict[str, str]] = {
    "update": {"known": TYPED, "impact": TYPED, "doing": TYPED},
    "advance": {"to": "monitoring", "reason": TYPED},
    "severity": {"severity": "3", "reason": TYPED},
    "impact": {"start": f"{YESTERDAY}T09:00:00", "end": f"{YESTERDAY}T08:00:00"},
    "resolve": {"summary": TYPED},
    "note": {"text": TYPED, "occurred_at": "2999-01-01T00:00:00"},
}


def fields(html: str) -> set[str]:
    """What stands in the page's text areas and inputs."""
    areas = re.findall(r"<textarea[^>]*>(.*?)</textarea>", html, re.DOTALL)
    inputs = re.findall(r'<input[^>]*\svalue="([^"]*)"', html)
    return {unescape(value).strip() for value in (*areas, *inputs)}


def kept(answer: Any, data: dict[str, str]) -> None:
    html = answer.content.decode()
    missing = {v for k, v in data.items() if k not in ("to", "severity", "incident")} - fields(html)
    assert not missing, missing


@pytest.mark.parametrize("verb", [name for name in FORMS if name != "note"])
def test_typed_text_stays_when_somebody_else_was_faster(scene: Scene, verb: str) -> None:
    ref = scene.commanded()
    if verb == "resolve":
        scene.do("amira", ref, "advance", to="investigation", reason="Go")
    data = FORMS[verb]
    scene.appoint(ref, RoomRole.SCRIBE, "jon")
    answer = scene.page("mei").post(f"/o/acme/incidents/{ref}/{verb}/", data)
    assert answer.status_code == 403
    assert "Amira Ahmadi holds command" in answer.content.decode()
    kept(answer, data)


@pytest.mark.parametrize(
    ("verb", "data", "status", "said"),
    [
        ("resolve", {"summary": TYPED}, 409, "Say first when the impact ended."),
        ("advance", {"to": "investigation", "reason": TYPED + "x" * 2000}, 422, "at most 2,000"),
        ("note", FORMS["note"], 422, "This time lies in the future."),
        ("impact", FORMS["impact"], 422, "which cannot be"),
        ("update", {"known": TYPED, "impact": TYPED, "doing": "  "}, 422, "required"),
        ("severity", {"severity": "1", "reason": TYPED}, 409, "It is SEV 1 already."),
    ],
)
def test_typed_text_stays_with_the_reason_beside_it(
    scene: Scene, verb: str, data: dict[str, str], status: int, said: str
) -> None:
    ref = scene.commanded() if verb != "resolve" else scene.monitored()
    answer = scene.page("amira").post(f"/o/acme/incidents/{ref}/{verb}/", data)
    assert answer.status_code == status
    assert said in unescape(answer.content.decode())
    kept(answer, {name: value.strip() for name, value in data.items() if value.strip()})


def test_typed_text_stays_when_the_incident_has_ended_meanwhile(scene: Scene) -> None:
    ref = scene.ready()
    scene.do("amira", ref, "resolve", summary="Done")
    client = scene.page("amira")
    for verb in FORMS.keys() - {"note"}:
        answer = client.post(f"/o/acme/incidents/{ref}/{verb}/", FORMS[verb])
        assert answer.status_code == 409, verb
        assert "is resolved already" in answer.content.decode(), verb
        kept(answer, FORMS[verb])


@pytest.mark.parametrize(
    "missing",
    [
        {"title": TYPED, "summary": TYPED, "detected_by": "user"},
        {"title": TYPED, "severity": "1", "detected_by": "user", "impact_start": "2999-01-01T00:00:00", "summary": TYPED},
    ],
)
def test_declaring_keeps_what_was_typed(scene: Scene, missing: dict[str, str]) -> None:
    answer = scene.page("mei").post("/o/acme/incidents/declare/", missing)
    assert answer.status_code == 422
    kept(answer, {name: value for name, value in missing.items() if name in ("title", "summary")})


def test_reporting_and_triage_keep_what_was_typed(scene: Scene) -> None:
    client = scene.page("mei")
    answer = client.post("/o/acme/report/", {"title": " ", "text": TYPED, "ticket": "SUP-7"})
    assert answer.status_code == 422
    kept(answer, {"text": TYPED, "ticket": "SUP-7"})
    scene.fire(alert(started=scene.clock.now))
    signal = scene.signals()[0]["id"]
    answer = client.post(f"/o/acme/triage/{signal}/dismiss/", {"reason": TYPED + "\u202e"})
    assert answer.status_code == 422
    kept(answer, {"reason": TYPED + "\u202e"})
    refused = scene.page("support").post(f"/o/acme/triage/{signal}/dismiss/", {"reason": TYPED})
    assert refused.status_code == 403
    kept(refused, {"reason": TYPED})


def test_a_note_that_support_may_not_post_is_not_lost_to_them(scene: Scene) -> None:
    answer = scene.page("support").post(f"/o/acme/incidents/{scene.commanded()}/note/", {"text": TYPED})
    assert answer.status_code == 403
    kept(answer, {"text": TYPED})


def test_every_form_that_changes_something_carries_a_key_and_a_token(scene: Scene) -> None:
    ref = scene.commanded()
    scene.fire(alert(started=scene.clock.now))
    scene.follow()
    client = scene.page("amira")
    for path in (f"incidents/{ref}/", "incidents/declare/", "report/", "triage/", "inbox/"):
        html = client.get(f"/o/acme/{path}").content.decode()
        main = html.split("<main", 1)[1].split("</main>", 1)[0]
        forms = re.findall(r"<form[^>]*method=\"post\".*?</form>", main, re.DOTALL)
        assert forms, path
        for form in forms:
            assert re.search(r'name="idempotency_key" value="[0-9a-f]{32}"', form), (path, form[:200])
            assert 'name="csrfmiddlewaretoken"' in form, (path, form[:200])


@pytest.mark.parametrize("verb", [name for name in DOORS if name in ("claim", "note", "join")])
def test_a_form_sent_twice_does_once(scene: Scene, verb: str) -> None:
    ref = scene.declare()
    client = scene.page("jon")
    data = {"idempotency_key": "k" * 32, "text": "Once"}
    first = client.post(f"/o/acme/incidents/{ref}/{verb}/", data)
    again = client.post(f"/o/acme/incidents/{ref}/{verb}/", data)
    assert (first.status_code, again.status_code) == (302, 302)
    assert first.headers["Location"] == again.headers["Location"]
    kinds = [entry["kind"] for entry in scene.part(ref, "timeline") if entry["actor"] == "Jon Jensen"]
    assert len(kinds) == 1


def test_a_refused_form_may_be_sent_again_with_its_key(scene: Scene) -> None:
    client = scene.page("mei")
    data = {"idempotency_key": "k" * 32, "title": "Checkout fails", "detected_by": "user"}
    assert client.post("/o/acme/incidents/declare/", data).status_code == 422
    assert client.post("/o/acme/incidents/declare/", {**data, "severity": "1"}).status_code == 302


def test_without_a_token_of_the_page_nothing_is_done(scene: Scene) -> None:
    from django.test import Client

    from tenants.models import User

    ref = scene.declare()
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(User.objects.get(pk=scene.acme.jon.user_id), backend="allauth.account.auth_backends.AuthenticationBackend")
    assert strict.post(f"/o/acme/incidents/{ref}/join/").status_code == 403
    assert scene.told(ref, "incident.joined") == []
