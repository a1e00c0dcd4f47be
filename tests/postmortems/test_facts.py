"""What it did to others: users affected, and what it cost in which currency; two authors at once lose nothing."""

from datetime import datetime, timedelta

import pytest

from tests.incidents.scene import Scene, alert
from tests.postmortems.paper import paper


@pytest.mark.clause("postmortem.impact")
def test_its_impact_is_computed_and_users_and_cost_are_asked_for(scene: Scene) -> None:
    page = paper(scene)
    impact = page.read()["impact"]
    assert (impact["users_affected"], impact["cost_amount"]) == (None, None)
    assert impact["start"] is not None
    assert impact["end"] is not None
    page.do("jon", "facts", users_affected=41_000, users_note="Sessions with an error")
    page.do("jon", "facts", cost_amount="1250.5", cost_currency="eur")
    told = page.read()["impact"]
    assert (told["users_affected"], told["users_note"]) == (41_000, "Sessions with an error")
    assert (told["cost_amount"], told["cost_currency"]) == ("1250.50", "EUR")


@pytest.mark.clause("postmortem.impact")
@pytest.mark.clause("metrics.mttd")
def test_what_was_corrected_since_counts_as_corrected(scene: Scene) -> None:
    """Of the impact, of the durations, and of what may stand in the timeline."""
    page = paper(scene)
    before = page.read()
    began = datetime.fromisoformat(before["impact"]["start"]) - timedelta(minutes=20)
    scene.do("amira", page.ref, "correct-time", which="impact_start", occurred_at=began.isoformat(), reason="The graph shows it")
    after = page.read()
    assert datetime.fromisoformat(after["impact"]["start"]) == began
    assert after["impact"]["seconds"] == before["impact"]["seconds"] + 1200
    took = [told["durations"] for told in (before, after)]
    assert took[1]["detect"] == took[0]["detect"] + 1200
    assert took[1]["resolve"] == took[0]["resolve"]
    added = {"text": "The first errors", "occurred_at": (began + timedelta(minutes=1)).isoformat(), "reason": "Found in the logs"}
    assert page.ask("amira", "add-entry", **added).status_code == 200


@pytest.mark.clause("postmortem.timeline")
def test_what_was_missed_before_the_declaration_is_told_too(scene: Scene) -> None:
    """A page that was answered too late, and then became the incident's: its clock had stopped when there was none yet."""
    scene.fire(alert(started=scene.clock.now))
    scene.follow()
    scene.later(minutes=18)
    page = scene.calls("jon")[0]
    assert scene.api("jon").post(f"pages/{page['id']}/acknowledge/").status_code == 200
    answer = scene.api("jon").post(f"triage/{scene.signals()[0]['id']}/declare/", {"severity": "SEV1"})
    assert answer.status_code in (200, 201), answer.content
    ref = answer.json()["ref"]
    scene.do("amira", ref, "claim")
    scene.give(ref, ol="jon", cl="mei")
    scene.do("amira", ref, "advance", to="monitoring", reason="It mended itself")
    scene.fire(alert(started=scene.ago(minutes=18), ended=scene.clock.now))
    scene.do("amira", ref, "impact", end=scene.clock.now.isoformat())
    scene.clock.advance(minutes=15)
    scene.do("amira", ref, "resolve", summary="Rolled back")
    scene.follow()
    missed = scene.api("amira").get(f"incidents/{ref}/postmortem/").json()["missed"]
    assert "oncall.escalate-15-30" in [row["clause"] for row in missed]
    assert "no time was missed" not in scene.page("amira").get(f"/o/acme/incidents/{ref}/postmortem/").content.decode()


@pytest.mark.parametrize(
    ("body", "field", "code"),
    [
        ({"cost_amount": "100"}, "cost_currency", "currency_missing"),
        ({"cost_amount": "100", "cost_currency": "XYZ"}, "cost_currency", "no_such_currency"),
        ({"cost_currency": "EUR"}, "cost_amount", "required"),
        ({"cost_amount": "-1", "cost_currency": "EUR"}, "cost_amount", "invalid"),
        ({"cost_amount": "1.005", "cost_currency": "EUR"}, "cost_amount", "invalid"),
        ({"cost_amount": "a lot", "cost_currency": "EUR"}, "cost_amount", "invalid"),
        ({"cost_amount": "NaN", "cost_currency": "EUR"}, "cost_amount", "invalid"),
        ({"cost_amount": "1e99", "cost_currency": "EUR"}, "cost_amount", "invalid"),
        ({"users_affected": -1}, "users_affected", "min_value"),
        ({}, "users_affected", "required"),
    ],
)
def test_a_cost_has_its_currency_and_amounts_are_amounts(scene: Scene, body: dict[str, object], field: str, code: str) -> None:
    page = paper(scene)
    refused = page.ask("amira", "facts", **body)
    assert refused.status_code == 422
    assert [(r["field"], r["code"]) for r in refused.json()["reasons"]] == [(field, code)]
    assert page.read()["impact"]["cost_amount"] is None


def test_facts_over_an_older_revision_are_refused_with_the_present_ones(scene: Scene) -> None:
    page = paper(scene)
    revision = page.read()["revision"]
    page.do("jon", "facts", users_affected=5, revision=revision)
    refused = page.ask("amira", "facts", users_affected=6, revision=revision)
    assert (refused.status_code, refused.json()["code"]) == (409, "stale")
    assert refused.json()["theirs"]["users_affected"] == 5
    assert (
        page.do("amira", "facts", users_affected=5, revision=revision)["impact"]["users_affected"] == 5
    )  # the same is no conflict
    page.do("amira", "facts", users_affected=6, revision=revision + 1)
    assert page.read()["impact"]["users_affected"] == 6


def test_on_the_page_a_cost_without_a_currency_comes_back_with_what_was_typed(scene: Scene) -> None:
    page = paper(scene)
    form = {"revision": "0", "users_affected": "41000", "users_note": "By the logs", "cost_amount": "100", "cost_currency": ""}
    answer = scene.page("amira").post(f"/o/acme/incidents/{page.ref}/postmortem/do/facts/", form)
    assert answer.status_code == 422
    told = answer.content.decode()
    assert "A cost needs its currency" in told
    for typed in ("41000", "By the logs", "100"):
        assert f'value="{typed}"' in told
