"""Independent peers of the PagerDuty door: PagerDuty's own client, unmodified, and a real Alertmanager (detection.automated)."""

import uuid
from pathlib import Path
from typing import Any

import pagerduty
import pytest

from tests.portal.embedded import until
from tests.system.installation import Installation, Tenant
from tests.system.monitoring import monitoring
from tests.system.tls import over_tls

pytestmark = [pytest.mark.system, pytest.mark.servers, pytest.mark.clause("detection.automated")]

FIRES_WITHIN = 30.0
CLEARS_WITHIN = 60.0


def routing_key(tenant: Tenant) -> str:
    """A new integration's."""
    made = tenant.api("admin").post("integrations/", {"kind": "pagerduty", "name": f"Pager {uuid.uuid4().hex[:8]}"}, expect=201)
    return str(made["routing_key"])


def alerts(tenant: Tenant, name: str) -> list[dict[str, Any]]:
    """The alerts of this name."""
    rows: list[dict[str, Any]] = tenant.api("amira").get("alerts/")["results"]
    return [row for row in rows if row["name"] == name]


def test_pagerdutys_own_client_triggers_acknowledges_and_resolves_over_tls(
    muster: Installation, acme: Tenant, tmp_path: Path
) -> None:
    name = f"Client-{uuid.uuid4().hex[:8]}"
    port = muster.http.base_url.port
    assert port is not None
    with over_tls(tmp_path, port) as (address, trusting):
        client = pagerduty.EventsApiV2Client(routing_key(acme), base_url=address, verify=trusting)
        with client:
            key = client.trigger(
                f"{name} is wrong", "db-2", severity="critical", payload={"class": name}, custom_details={"service": "search"}
            )
            [fired] = alerts(acme, name)
            assert (fired["state"], fired["acknowledged_at"]) == ("firing", None)
            [signal] = [row for row in acme.api("amira").get("triage/", state="waiting")["results"] if name in row["title"]]
            assert signal["service"] == "search"
            until(lambda: any(name in mail.subject for mail in muster.sink.to(acme.email("amira"))))

            assert client.acknowledge(key) == key
            [seen] = alerts(acme, name)
            assert (seen["state"], seen["acknowledged_at"] is None) == ("firing", False)

            assert client.resolve(key) == key
            assert [row["state"] for row in alerts(acme, name)] == ["resolved"]
            assert client.trigger(f"{name} is wrong again", "db-2", dedup_key=key, payload={"class": name}) == key
            assert [row["state"] for row in alerts(acme, name)] == ["firing", "resolved"]
            client.send_change_event(payload={"summary": f"{name} deployed", "source": "ci"})
            stranger = pagerduty.EventsApiV2Client("0" * 32, base_url=address, verify=trusting)
            with stranger, pytest.raises(pagerduty.HttpError) as refused:
                stranger.resolve(key)
            answer: Any = refused.value.response
            assert (answer.status_code, answer.json()["errors"]) == (400, ["Invalid routing key"])


def test_a_real_alertmanager_speaks_pagerdutys_events(muster: Installation, acme: Tenant, tmp_path: Path) -> None:
    """With `pagerduty_configs`: it fires, is asked about in triage for the right service, and clears."""
    name = f"CheckoutErrors-{uuid.uuid4().hex[:8]}"
    words = {"name": name.replace("-", ""), "summary": f"{name} of checkouts"}
    with monitoring(tmp_path, events=(f"{muster.address}/v2/enqueue", routing_key(acme)), **words) as monitor:
        monitor.checkout_fails()
        until(lambda: alerts(acme, words["name"]), FIRES_WITHIN)
        [fired] = alerts(acme, words["name"])
        assert (fired["state"], fired["labels"]["service"], fired["labels"]["severity"]) == ("firing", "checkout", "critical")
        [signal] = [r for r in acme.api("amira").get("triage/", state="waiting")["results"] if r["title"] == words["summary"]]
        assert signal["service"] == "checkout"
        monitor.checkout_works()
        until(lambda: alerts(acme, words["name"])[0]["state"] == "resolved", CLEARS_WITHIN)
        assert len(alerts(acme, words["name"])) == 1
