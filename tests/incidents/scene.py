"""What the tests of the verbs play on: one organisation at work, through its doors, with a clock that the test moves."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from django.core import mail
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.test import Client

from incidents.models import Incident, RoleHolding
from incidents.states import RoomRole
from integrations.formats import Said
from integrations.intake import take
from ledger.models import Event
from ledger.people import issue_token
from tenants.models import User
from tenants.refusals import Refused

if TYPE_CHECKING:
    from tests.clock import Clock
    from tests.conftest import Cast, Door, Person

_ACK = re.compile(r"https?://[^/\s]+(/ack/\S+/)")
UPDATE = {"known": "Payments time out", "impact": "One in five orders fails", "doing": "Rolling back"}


def alert(
    fingerprint: str = "f1", *, started: datetime, ended: datetime | None = None, name: str = "HighErrorRate", **labels: str
) -> dict[str, Any]:
    """One alert as Alertmanager sends it; resolved where `ended` is given."""
    return {
        "status": "resolved" if ended else "firing",
        "fingerprint": fingerprint,
        "labels": {"alertname": name, "service": "checkout", "fp": fingerprint, **labels},
        "annotations": {"summary": f"{name} on {labels.get('service', 'checkout')}"},
        "startsAt": started.isoformat(),
        "endsAt": ended.isoformat() if ended else "0001-01-01T00:00:00Z",
        "generatorURL": "http://prometheus.example/graph",
    }


def delivery(*alerts: dict[str, Any], group: str = "{}:{alertname}") -> dict[str, Any]:
    """One webhook request of Alertmanager: "firing" while any of its alerts is."""
    firing = any(one["status"] == "firing" for one in alerts)
    return {
        "version": "4",
        "groupKey": group,
        "status": "firing" if firing else "resolved",
        "groupLabels": {},
        "alerts": list(alerts),
    }


@dataclass
class Scene:
    """acme at work."""

    acme: Cast
    globex: Cast
    door: Callable[[Person], Door]
    browse: Callable[[Person], Client]
    follow: Callable[[], int]
    sweep: Callable[[], int]
    clock: Clock
    _doors: dict[str, Door] = field(default_factory=dict)

    def api(self, who: str) -> Door:
        """The API as a member of acme uses it."""
        if who not in self._doors:
            self._doors[who] = self.door(getattr(self.acme, who))
        return self._doors[who]

    def reading(self, who: str) -> Door:
        """The API by a token of a member of acme that may only read."""
        person = getattr(self.acme, who)
        with self.acme.scope(person):
            _, token = issue_token(User.objects.get(pk=person.user_id), "reader", by=person.actor(), scopes=("read",))
        return self.door(replace(person, token=token))

    def page(self, who: str) -> Client:
        """The portal as a member of acme uses it, signed in."""
        return self.browse(getattr(self.acme, who))

    # --- incidents ---------------------------------------------------------------------------------------------------------

    def declare(self, who: str = "mei", severity: str = "SEV1", services: Iterable[str] = ("checkout",), **body: Any) -> str:
        """Declare by API. Returns the reference. (What follows from it happens at `follow`.)"""
        wanted = {"title": "Checkout fails", "severity": severity, "services": list(services), **body}
        answer = self.api(who).post("incidents/", wanted)
        assert answer.status_code == 201, answer.content
        return str(answer.json()["ref"])

    def verb(self, who: str, ref: str, verb: str, **body: Any) -> Any:
        """Ask for a verb by API, by a form where a file comes with it; whatever the answer is."""
        door = self.api(who)
        if any(isinstance(value, UploadedFile) for value in body.values()):
            bearer = {"Authorization": f"Bearer {door.person.token}"}
            return door.client.post(f"/api/v1/incidents/{ref}/{verb}/", body, headers=bearer)
        return door.post(f"incidents/{ref}/{verb}/", body)

    def do(self, who: str, ref: str, verb: str, **body: Any) -> dict[str, Any]:
        """Do a verb by API. Returns the incident. (What follows from it happens at `follow`.)"""
        answer = self.verb(who, ref, verb, **body)
        assert answer.status_code == 200, answer.content
        found: dict[str, Any] = answer.json()
        return found

    def would(self, who: str, ref: str, verb: str, **body: Any) -> Any:
        """Ask for a verb by API, and undo it."""
        with transaction.atomic():
            answer = self.verb(who, ref, verb, **body)
            transaction.set_rollback(True)
        return answer

    def commanded(
        self, severity: str = "SEV1", services: Iterable[str] = ("checkout",), ask: dict[str, str] | None = None
    ) -> str:
        """An incident that Mei declared and Amira commands; `ask` says which role she offers to whom."""
        ref = self.declare(severity=severity, services=services)
        self.do("amira", ref, "claim")
        for role, who in (ask or {}).items():
            self.do("amira", ref, "assign", role=role, person=self.email(who))
        return ref

    def email(self, who: str) -> str:
        """Somebody's address."""
        return str(getattr(self.acme, who).email)

    def give(self, ref: str, **roles: str) -> None:
        """Amira assigns roles (ol="jon"), and each accepts."""
        for role, who in roles.items():
            self.do("amira", ref, "assign", role=role, person=self.email(who))
            if who != "amira":
                self.do(who, ref, "accept", role=role)

    def mobilised(self, severity: str = "SEV1") -> str:
        """Amira commands, Jon leads operations, Mei communicates."""
        ref = self.commanded(severity)
        self.give(ref, ol="jon", cl="mei")
        return ref

    def handing_over(self, until: str = "announce", incoming: str = "mei") -> str:
        """Amira hands a SEV 1 over to Mei, up to this step."""
        ref = self.commanded()
        steps: dict[str, tuple[str, dict[str, Any]]] = {
            "handover": ("amira", {"to": self.email(incoming)}),
            "shadow": (incoming, {}),
            "sitrep": ("amira", {"text": "So it stands"}),
            "announce": ("amira", {}),
        }
        for step, (who, body) in steps.items():
            self.do(who, ref, step, **body)
            if step == until:
                break
        return ref

    def ended(self, verb: str, severity: str = "SEV1", **body: Any) -> str:
        """An incident that ended so."""
        if verb == "resolve" and severity in ("SEV1", "SEV2"):
            ref = self.ready(severity)
        else:
            ref = self.commanded(severity)
            self.do("amira", ref, "impact", end=self.clock.now.isoformat())
        words = {"resolve": {"summary": "Rolled back"}, "false-positive": {"reason": "The probe was wrong"}}
        self.do("amira", ref, verb, **{**words.get(verb, {}), **body})
        return ref

    def monitored(self, severity: str = "SEV1") -> str:
        """The same, in monitoring since now."""
        ref = self.commanded(severity)
        self.do("amira", ref, "advance", to="investigation", reason="The leads are on their way")
        self.do("amira", ref, "advance", to="monitoring", reason="It mended itself")
        return ref

    def ready(self, severity: str = "SEV1") -> str:
        """The same, with nothing in the way of resolving."""
        ref = self.monitored(severity)
        self.do("amira", ref, "impact", end=self.clock.now.isoformat())
        self.clock.advance(minutes=15)
        return ref

    def incident(self, ref: str, who: str = "amira") -> dict[str, Any]:
        """The incident as the API shows it."""
        answer = self.api(who).get(f"incidents/{ref}/")
        assert answer.status_code == 200, answer.content
        found: dict[str, Any] = answer.json()
        return found

    def part(self, ref: str, part: str, who: str = "amira") -> list[dict[str, Any]]:
        """`timeline`, `clocks`, `pages`, `roles` or `updates` of an incident."""
        rows: list[dict[str, Any]] = self.api(who).get(f"incidents/{ref}/{part}/").json()["results"]
        return rows

    def told(self, ref: str, kind: str, who: str = "amira") -> list[dict[str, Any]]:
        """The timeline's entries of one kind."""
        return [entry for entry in self.part(ref, "timeline", who) if entry["kind"] == kind]

    def running(self, ref: str, clause: str) -> dict[str, Any]:
        """The one clock of a clause that runs on an incident."""
        found = [c for c in self.part(ref, "clocks") if c["clause"] == clause and c["stopped_at"] is None]
        assert len(found) == 1, found
        return found[0]

    def appoint(self, ref: str, role: RoomRole, who: str) -> None:
        """Put somebody on a role of the room (the verb for it comes with the next step)."""
        with self.acme.scope(getattr(self.acme, who)):
            RoleHolding.objects.create(incident=Incident.objects.get(ref=ref), role=role, user_id=getattr(self.acme, who).user_id)

    def events(self, kind: str) -> list[Event]:
        """The organisation's events of one kind."""
        with self.acme.scope():
            return list(Event.objects.filter(kind=kind).order_by("id"))

    # --- signals -----------------------------------------------------------------------------------------------------------

    def hook(self, *bodies: dict[str, Any] | bytes, key: str = "") -> list[Refused | None]:
        """What monitoring sends, at once, through the hook."""
        credential = key or self.acme.key
        said = [
            Said(
                "alertmanager",
                credential,
                {"content-type": "application/json"},
                b if isinstance(b, bytes) else json.dumps(b).encode(),
            )
            for b in bodies
        ]
        return take(credential.split("_")[1], said)

    def fire(self, *alerts: dict[str, Any], group: str = "{}:{alertname}") -> None:
        """One delivery, accepted."""
        assert self.hook(delivery(*alerts, group=group)) == [None]

    def signals(self, state: str = "waiting") -> list[dict[str, Any]]:
        """The triage queue."""
        rows: list[dict[str, Any]] = self.api("amira").get("triage/", state=state).json()["results"]
        return rows

    def alerts(self, **query: Any) -> list[dict[str, Any]]:
        """The alerts, newest first."""
        rows: list[dict[str, Any]] = self.api("amira").get("alerts/", **query).json()["results"]
        return rows

    # --- pages and mail ----------------------------------------------------------------------------------------------------

    def calls(self, who: str) -> list[dict[str, Any]]:
        """The pages that call somebody, newest first."""
        rows: list[dict[str, Any]] = self.api(who).get("pages/").json()["results"]
        return rows

    def mails(self, who: str, about: str = "") -> list[Any]:
        """The e-mails that reached somebody, whose subject has `about`."""
        address = getattr(self.acme, who).email
        return [m for m in mail.outbox if m.to == [address] and about in m.subject]

    def link(self, who: str) -> str:
        """The path behind the acknowledge link in the last page that somebody got."""
        body = self.mails(who, "Page:")[-1].body
        found = _ACK.search(str(body))
        assert found is not None, body
        return found[1]

    def later(self, sweeps: int = 3, **span: float) -> None:
        """Let time pass, and the sweep come by."""
        self.clock.advance(**span)
        for _ in range(sweeps):
            self.sweep()

    def ago(self, **span: float) -> datetime:
        """An earlier moment."""
        return self.clock.now - timedelta(**span)
