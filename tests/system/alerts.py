"""Alerts as Alertmanager posts them, each in a group of its own, so that each pages; and what became of them in the database."""

import uuid
from collections import Counter
from datetime import UTC, datetime
from typing import Any, LiteralString, Protocol

import httpx

from tests.portal.embedded import until
from tests.system.installation import Tenant
from tests.system.sink import Sink

RETRIED_WITHIN = 30.0  # the lease of whoever died (9 s), the sweep after it, and a slow machine


class Muster(Protocol):
    """What of an installation these look at: its database and its mail server."""

    sink: Sink

    def rows(self, statement: LiteralString, *values: object) -> list[tuple[Any, ...]]:
        """Rows of the database, as the owner role."""

    def value(self, statement: LiteralString, *values: object) -> Any:
        """The one value that a statement answers."""


def delivery(name: str, service: str = "checkout") -> dict[str, Any]:
    """One delivery with one firing alert, in a group of its own."""
    labels = {"alertname": name, "service": service, "severity": "critical"}
    started = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    alert = {"status": "firing", "labels": labels, "annotations": {"summary": f"{name} fires"}, "startsAt": started}
    return {
        "version": "4",
        "groupKey": f'{{}}:{{alertname="{name}"}}',
        "status": "firing",
        "receiver": "muster",
        "groupLabels": {"alertname": name},
        "alerts": [{**alert, "endsAt": "0001-01-01T00:00:00Z"}],
    }


class Volley:
    """Alerts that a test has fired, and which of them were answered with 2xx."""

    def __init__(self, muster: Muster, tenant: Tenant, name: str, service: str = "checkout") -> None:
        self.muster = muster
        self.tenant = tenant
        self.service = service
        self.name = f"{name}-{uuid.uuid4().hex[:8]}"
        self.accepted: list[str] = []
        self.accepted_at: dict[str, datetime] = {}
        self.failed = 0
        self.asked = 0
        self.asking = False

    def fire(self, count: int = 1) -> None:
        """Post so many alerts, one after the other; one that is not accepted counts as failed."""
        for _ in range(count):
            self.asked += 1
            name = f"{self.name}-{self.asked}"
            self.asking = True
            try:
                status = self.tenant.http.post(self.tenant.hook, json=delivery(name, self.service)).status_code
            except httpx.HTTPError:
                status = 0
            self.asking = False
            if 200 <= status < 300:
                self.accepted_at[name] = datetime.now(UTC)
                self.accepted.append(name)
            else:
                self.failed += 1

    def lost(self) -> set[str]:
        """Accepted alerts that the database does not have."""
        rows = self.muster.rows("SELECT name FROM incidents_alert WHERE name LIKE %s", f"{self.name}%")
        return set(self.accepted) - {name for (name,) in rows}

    def page_keys(self) -> dict[str, str]:
        """The key of each page by e-mail that these alerts led to, with the alert it is about. One alert, one signal, one page."""
        rows = self.muster.rows(
            "SELECT d.organisation_id || '-' || d.id, a.name FROM incidents_alert a"
            " JOIN oncall_page p ON p.subject_type = 'incidents.signal' AND p.subject_id = a.signal_id"
            " JOIN notifications_delivery d ON d.template = 'page' AND d.channel = 'email' AND d.subject_id = p.id"
            " WHERE a.name LIKE %s",
            f"{self.name}%",
        )
        return dict(rows)

    def started_unsent(self) -> int:
        """Pages by e-mail of which an attempt was started and nothing has come yet."""
        value: int = self.muster.value(
            "SELECT count(*) FROM notifications_attempt s WHERE s.outcome = 'started' AND s.delivery_id::text = ANY(%s)"
            " AND NOT EXISTS (SELECT FROM notifications_attempt e WHERE e.delivery_id = s.delivery_id AND e.number = s.number"
            " AND e.outcome <> 'started')",
            [key.partition("-")[2] for key in self.page_keys()],
        )
        return value

    def at_sink(self) -> Counter[str]:
        """How often each of these pages arrived at the sink, by its key."""
        keys = self.page_keys()
        return Counter({key: count for key, count in self.muster.sink.attempts().items() if key in keys})

    def accepted_at_sink(self) -> set[str]:
        """The alerts whose page the sink has taken with 250."""
        keys = self.page_keys()
        return {keys[mail.key] for mail in list(self.muster.sink.mails) if mail.accepted and mail.key in keys}

    def taken_at(self) -> dict[str, datetime]:
        """When the page of each alert first arrived at the sink in a message that it took."""
        keys, found = self.page_keys(), dict[str, datetime]()
        for mail in list(self.muster.sink.mails):
            if mail.accepted and mail.key in keys:
                found[keys[mail.key]] = min(mail.at, found.get(keys[mail.key], mail.at))
        return found

    def recorded_as_sent(self) -> set[str]:
        """The keys of these pages of which an attempt is recorded as sent."""
        keys = self.page_keys()
        rows = self.muster.rows("SELECT organisation_id || '-' || delivery_id FROM notifications_attempt WHERE outcome = 'sent'")
        return {key for (key,) in rows if key in keys}

    def all_paged(self) -> bool:
        """Whether the sink has taken a page of every accepted alert."""
        return set(self.accepted) <= self.accepted_at_sink()


def every_page_went_out_under_one_key(volley: Volley) -> None:
    """Every accepted alert has exactly one page; each page was attempted, always with one key and one Message-ID."""
    accepted = set(volley.accepted)
    keys = volley.page_keys()
    assert sorted(name for name in keys.values() if name in accepted) == sorted(accepted)
    until(lambda: set(volley.at_sink()) == set(keys), RETRIED_WITHIN)
    identities = {(mail.key, mail.message_id) for mail in volley.muster.sink.mails if mail.key in keys}
    assert len(identities) == len(keys)
    taken = {mail.key for mail in volley.muster.sink.mails if mail.accepted}
    assert volley.recorded_as_sent() <= taken, "recorded as sent, and the mail server has not taken it"
