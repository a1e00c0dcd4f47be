"""The main job, on real input: Prometheus sees it, Alertmanager says it, a person is woken by mail, commands and resolves it.

Everything is real and separate: exporter, Prometheus, Alertmanager, SMTP server, Muster's processes. People act by the API.
"""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.portal.embedded import until
from tests.system.installation import Api, Installation, Tenant
from tests.system.monitoring import Monitoring, monitoring
from tests.system.sink import Mail

pytestmark = [pytest.mark.system, pytest.mark.servers]

SUMMARY = "More than 5 % of checkouts fail"
STORY = [
    ("incident.declared", "Amira Ahmadi"),
    ("signal.opened", "Monitoring"),
    ("alert.fired", "Alertmanager"),
    ("page.started", "Muster"),
    ("page.person_paged", "Muster"),
    ("page.acknowledged", "Amira Ahmadi"),
    ("page.started", "Muster"),
    ("page.person_paged", "Muster"),
    ("incident.claimed", "Amira Ahmadi"),
    ("incident.joined", "Jon Jensen"),
    ("incident.advanced", "Amira Ahmadi"),
    ("incident.updated", "Amira Ahmadi"),
    ("incident.noted", "Jon Jensen"),
    ("incident.advanced", "Amira Ahmadi"),
    ("incident.advanced", "Amira Ahmadi"),
    ("alert.resolved", "Alertmanager"),
    ("incident.impact_set", "Amira Ahmadi"),
    ("page.ended", "Amira Ahmadi"),
    ("incident.resolved", "Amira Ahmadi"),
    ("postmortem.opened", "Muster"),
]
FIRES_WITHIN = 30.0  # a scrape, an evaluation, Alertmanager's group_wait, and a slow machine


def waiting(person: Api) -> list[dict[str, Any]]:
    """What this story's alert has put into triage, as long as it waits for an answer."""
    found: list[dict[str, Any]] = person.get("triage/", state="waiting")["results"]
    return [signal for signal in found if signal["title"] == SUMMARY]


def timeline(person: Api, ref: str) -> list[dict[str, Any]]:
    """The incident's record."""
    found: list[dict[str, Any]] = person.get(f"incidents/{ref}/timeline/")["results"]
    return found


def page_about(muster: Installation, address: str, words: str) -> Mail:
    """The page that reached this address, waited for."""

    def arrived() -> list[Mail]:
        return [mail for mail in muster.sink.to(address) if mail.subject.startswith("Page:") and words in mail.subject]

    until(arrived)
    return arrived()[-1]


def link_in(mail: Mail, label: str = "Acknowledge") -> str:
    """The one address that a mail leads to."""
    found = re.search(rf"^{label}: (http\S+)$", mail.text, re.MULTILINE)
    assert found, mail.text
    return found[1]


def refused(answer: Any) -> list[tuple[str, str]]:
    """The codes and clauses of a problem document."""
    return [(reason["code"], reason.get("clause", "")) for reason in answer["reasons"]]


@pytest.mark.clause("detection.automated")
@pytest.mark.clause("mobilize.page-out")
@pytest.mark.clause("severity.sev1-page")
@pytest.mark.clause("resolve.alerts-cleared")
def test_the_story(muster: Installation, acme: Tenant, tmp_path: Path) -> None:
    """A rule fires, somebody is woken and acknowledges, declares, commands, updates, and resolves once it has cleared."""
    amira, began = acme.api("amira"), datetime.now(UTC)
    with monitoring(tmp_path, acme.hook, name="CheckoutErrorRate", summary=SUMMARY) as monitor:
        ref = _from_alert_to_incident(muster, acme, monitor)
        _commanded_to_monitoring(acme, ref)
        _resolved_only_once_it_has_cleared(amira, ref, monitor)
    _the_timeline_tells_it(acme, ref, began)
    assert amira.get(f"incidents/{ref}/")["state"] == "resolved"


def _from_alert_to_incident(muster: Installation, acme: Tenant, monitor: Monitoring) -> str:
    amira = acme.api("amira")
    monitor.checkout_fails()
    until(lambda: waiting(amira), FIRES_WITHIN)
    [signal] = waiting(amira)
    assert (signal["title"], signal["service"], signal["kind"]) == (SUMMARY, "checkout", "alerts")

    # The page's link is opened first by a scanner, then by Amira, who presses the button.
    mail = page_about(muster, acme.email("amira"), SUMMARY)
    link = link_in(mail)
    assert mail.message_id == f"<{mail.key}@portal.example>"
    for _ in range(2):
        opened = muster.http.get(link)
        assert opened.status_code == 200
        assert "Acknowledge" in opened.text
        assert amira.get("pages/")["results"][0]["state"] == "open"
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', opened.text)
    assert token
    pressed = muster.http.post(link, data={"csrfmiddlewaretoken": token[1]}, headers={"Referer": link})
    assert pressed.status_code == 200, pressed.text
    assert "Acknowledged" in pressed.text
    page = amira.get("pages/")["results"][0]
    assert (page["state"], page["acknowledged_by"]) == ("acknowledged", "Amira Ahmadi")

    incident = amira.post(f"triage/{signal['id']}/declare/", {"severity": "SEV1"}, expect=201)
    assert (incident["state"], incident["detected_by"], incident["services"]) == ("mobilization", "monitoring", ["checkout"])
    assert waiting(amira) == []
    ref: str = incident["ref"]

    # A SEV 1 pages the Engineering Director and notifies the executive team; who acknowledged is not woken again.
    page_about(muster, acme.email("director"), f"SEV 1 {ref}")
    until(lambda: [mail for mail in muster.sink.to(acme.email("exec")) if mail.subject.startswith(f"Declared: SEV 1 {ref}")])
    assert [mail.key for mail in muster.sink.to(acme.email("amira")) if mail.subject.startswith("Page:")].count(mail.key) == 1
    assert not [found for found in muster.sink.to(acme.email("amira")) if ref in found.subject]
    return ref


def _commanded_to_monitoring(acme: Tenant, ref: str) -> None:
    amira, jon = acme.api("amira"), acme.api("jon")
    room = f"incidents/{ref}"
    amira.post(f"{room}/claim/")
    assert refused(jon.post(f"{room}/claim/", expect=409)) == [("commanded", "principle.chain-of-command")]
    jon.post(f"{room}/join/")

    unfilled = [("roles_unfilled", "principle.mobilize-first")]
    assert refused(amira.post(f"{room}/advance/", {"to": "investigation"}, expect=409)) == unfilled
    amira.post(f"{room}/advance/", {"to": "investigation", "reason": "Two people are enough to begin."})
    update = {"known": "Payments time out.", "impact": "A fifth of checkouts fails.", "doing": "Rolling back."}
    amira.post(f"{room}/update/", update)
    jon.post(f"{room}/note/", {"text": "Rolled back to v1.2.2."})
    amira.post(f"{room}/advance/", {"to": "mitigation"})
    assert amira.post(f"{room}/advance/", {"to": "monitoring"})["state"] == "monitoring"


def _resolved_only_once_it_has_cleared(amira: Api, ref: str, monitor: Monitoring) -> None:
    room = f"incidents/{ref}"
    told = {"summary": "A bad release; rolled back.", "overrides": {"monitoring_too_short": "The cause is known and gone."}}
    codes = refused(amira.post(f"{room}/resolve/", told, expect=409))
    assert ("alerts_firing", "resolve.alerts-cleared") in codes
    assert ("impact_not_ended", "resolve.impact-ceased") in codes
    why_not = [reason["code"] for reason in amira.get(f"{room}/")["allowed_actions"]["resolve"]["why_not"]]
    assert "alerts_firing" in why_not

    monitor.checkout_works()
    until(lambda: [entry for entry in timeline(amira, ref) if entry["kind"] == "alert.resolved"], FIRES_WITHIN)
    amira.post(f"{room}/impact/", {"end": datetime.now(UTC).isoformat()})
    hasty = amira.post(f"{room}/resolve/", {"summary": told["summary"]}, expect=409)
    assert refused(hasty) == [("monitoring_too_short", "resolve.stable")]
    resolved = amira.post(f"{room}/resolve/", told)
    assert resolved["state"] == "resolved"
    assert resolved["clocks"] == []


def _the_timeline_tells_it(acme: Tenant, ref: str, began: datetime) -> None:
    """Order, actors and seconds; the page to the director, whom nobody waits for any more, ends with the incident.

    A SEV 1 owes a post-mortem, whose draft a worker opens after the answer to the resolution.
    """
    until(lambda: [entry for entry in timeline(acme.api("auditor"), ref) if entry["kind"] == "postmortem.opened"])
    entries = timeline(acme.api("auditor"), ref)
    assert [entry["seq"] for entry in entries] == list(range(1, len(entries) + 1))
    assert [(entry["kind"], entry["actor"]) for entry in entries] == STORY
    told = [entry["text"] for entry in entries]
    assert told[2] == f"CheckoutErrorRate fires: {SUMMARY}."
    assert told[6:9] == ["Paging Engineering director.", "Dana Director paged.", "I have command."]

    moments = [datetime.fromisoformat(entry["at"]) for entry in entries]
    now = datetime.now(UTC)
    assert all(began < moment < now for moment in moments)
    for entry, moment in zip(entries, moments, strict=True):  # seconds: when it happened and when it was written down
        assert abs(datetime.fromisoformat(entry["recorded_at"]) - moment) < timedelta(seconds=5), entry
    told_later = [moments[0], *moments[6:]]  # what led to the incident stands below its declaration, with its own times
    assert told_later == sorted(told_later)
    assert max(moments[1:6]) < moments[0]

    declared, resolved = entries[0]["data"], entries[-2]["data"]
    assert 0 < declared["detected_to_declared_seconds"] < (now - began).total_seconds()
    assert declared["detected_to_declared_seconds"] < resolved["detected_to_resolved_seconds"] < (now - began).total_seconds()
    assert resolved["overrides"] == {"monitoring_too_short": "The cause is known and gone."}
    assert next(e for e in entries if e["kind"] == "incident.advanced")["data"]["reason"] == "Two people are enough to begin."
