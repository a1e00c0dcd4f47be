"""A restricted incident that has been through every verb there is, with a token of its own in each text: what nobody else may see.

The bodies come from the doors themselves, so that a verb that is new is asked with tokens too; where a verb cannot be done as the
incident stands it is refused, and its tokens must be nowhere at all.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework import serializers

from incidents.api.bodies.fields import Text
from incidents.doors import DOORS, Door
from incidents.models import Incident, Signal, SnapshotRequest, StatusUpdate
from incidents.states import Audience
from ledger.actions import configure
from tenants.actors import Duty, Role
from tenants.models import DutyHolder, Membership, User
from tests import everything, lived_in
from tests.conftest import Cast
from tests.conftest import Door as Api

MARK = "qzq7"  # begins and ends every token: nothing else that is shown has it
KEY = f"key-{MARK}"
STARTED = datetime.now(UTC) - timedelta(minutes=5)
_number = count(100000)

# Values of fields that are no free text, by name. What a new verb needs beyond them is added here.
PLAIN: dict[str, Any] = {
    "severity": "SEV1",
    "to": "investigation",
    "role": "ol",
    "minutes": 10,
    "eta_minutes": 5,
    "worked": True,
    "audience": "internal",
    "url": "https://meet.example/room",
}
UNUSED = ("sha256", "into", "components", "status")  # no free text, or of public updates only


def token(of: str) -> str:
    """A word that stands nowhere else, for one field."""
    return f"{MARK}{of.replace('_', '').replace('-', '')}{next(_number)}{MARK}"


@dataclass
class Leak:
    """The incident, and every token that went into it: token -> which field of what."""

    ref: str
    number: int
    signal_ids: list[int]
    tokens: dict[str, str] = field(default_factory=dict)
    done: set[str] = field(default_factory=set)
    report: dict[str, str] = field(default_factory=dict)
    others: list[str] = field(default_factory=list)  # the references of those that have ended
    command: str = ""  # what Jon asked with `KEY` before it was restricted: it changed nothing

    def found(self, content: bytes) -> list[str]:
        """The fields whose tokens are in some bytes; also the references themselves."""
        refs = ["ref" for ref in (self.ref, *self.others) if ref.encode() in content]
        if MARK.encode() not in content.lower():
            return refs
        low = content.lower()
        return [what for word, what in self.tokens.items() if word.encode() in low] + refs


class Writer:
    """Fills bodies with tokens and remembers where each went."""

    def __init__(self) -> None:
        self.tokens: dict[str, str] = {}
        self.report: dict[str, str] = {}

    def word(self, of: str) -> str:
        """A token, remembered."""
        made = token(of)
        self.tokens[made] = of
        return made

    def body(self, door: Door, person: str, values: dict[str, Any]) -> dict[str, Any]:
        """A body of a door with every field: words in its texts, and plain values elsewhere."""
        return dict(self._fields(door, door.body(), {**PLAIN, **values, "person": person}))

    def _fields(self, door: Door, body: Any, values: dict[str, Any]) -> Iterator[tuple[str, Any]]:
        for name, one in body.fields.items():
            choices = one.choices if isinstance(one, serializers.ChoiceField) else None
            if name in values and (choices is None or values[name] in choices):
                yield name, values[name]
            elif isinstance(one, serializers.FileField | serializers.EmailField) or name in UNUSED:
                continue
            elif choices is not None:
                yield name, next(iter(choices))
            elif isinstance(one, serializers.BooleanField):
                yield name, False
            elif isinstance(one, serializers.IntegerField):
                yield name, 1
            elif isinstance(one, serializers.DateTimeField):
                if one.required:
                    yield name, datetime.now(UTC).isoformat()
            elif isinstance(one, serializers.ListField):
                if type(one.child) is Text:
                    yield name, [self.word(f"{door.name}.{name}")]
            elif isinstance(one, serializers.CharField):
                yield name, self.word(f"{door.name}.{name}")


def make(cast: Cast, api: Any) -> Leak:
    """Declare one from an alert and a report, go through every verb, restrict it in the middle, and go through them again.

    Amira commands, Mei is Legal Counsel and helps; Nia is let in and shown out again. Jon, Ada, Sam, Eve and Ines are not on it.
    """
    writer = Writer()
    _staff(cast)
    alerted = {name: writer.word(f"alert {name}") for name in ("alertname", "label", "summary", "description", "path", "group")}
    deliver(cast, alerted)
    with cast.scope():
        waiting = Signal.objects.filter(state="waiting").latest("id")
    lived_in.follow(cast)  # it pages, before there is an incident
    amira: Api = api(cast.amira)
    report = api(cast.support).post("reports/", reported(writer), **{"Idempotency-Key": KEY})
    texts = {"title": writer.word("title"), "summary": writer.word("summary")}
    declared = amira.post(
        "incidents/", {**texts, "severity": "SEV2", "services": ["checkout"], "alerts": [waiting.pk]}, **{"Idempotency-Key": KEY}
    )
    assert declared.status_code == 201, declared.content
    ref = declared.json()["ref"]
    attached = amira.post(f"triage/{report.json()['id']}/attach/", {"incident": ref})
    assert attached.status_code == 200, attached.content
    leak = Leak(ref, int(ref.removeprefix("INC-")), [waiting.pk, report.json()["id"]], writer.tokens)
    leak.report = writer.report
    _through(leak, writer, api, cast)
    with cast.scope(cast.amira):
        lived_in.learn(cast, Incident.objects.get(ref=ref), writer.word("post-mortem"))
    leak.command = f"{ref} sitrep"
    asked = api(cast.jon).post("commands/", {"text": leak.command}, **{"Idempotency-Key": KEY})
    assert leak.found(asked.content), "he was shown it"
    reason = writer.word("flag.reason")
    flagged = amira.post(f"incidents/{ref}/flag/", {"flag": "personal_data", "kinds": ["pii", "phi"], "reason": reason})
    assert flagged.status_code == 200, flagged.content
    leak.ref = flagged.json()["ref"]
    leak.done.add("flag")
    deliver(cast, {**alerted, "label": writer.word("later alert label")})  # another alert of the same group
    deliver(cast, alerted)  # and the first again
    while lived_in.follow(cast):
        pass
    _through(leak, writer, api, cast)
    _told(leak, writer, amira)
    _legal(leak, writer, api, cast)
    _ended(leak, writer, api, cast)
    return leak


def reported(writer: Writer) -> dict[str, str]:
    """The body of a report, kept so that it can be sent again."""
    writer.report = {name: writer.word(f"report.{name}") for name in ("title", "text", "ticket")}
    return writer.report


def _staff(cast: Cast) -> None:
    """Mei is Legal Counsel, so that the executive is not on it by duty; Nia is there to be let in."""
    with cast.scope(cast.admin):
        seat = DutyHolder.objects.get(duty=Duty.LEGAL_COUNSEL)
        configure(seat, {"user": User.objects.get(pk=cast.mei.user_id)}, by=cast.admin.actor())
    nia = everything.newcomer(f"nia@{cast.slug}.example")
    with cast.scope(cast.admin):
        Membership.objects.create(user=nia, roles=[Role.PRACTITIONER])


def _legal(leak: Leak, writer: Writer, api: Any, cast: Cast) -> None:
    """What only Legal does, and letting somebody in and out: at the end, when there is nothing else to ask for."""
    nia = f"nia@{cast.slug}.example"
    for name, body in (
        ("admit", {"person": nia, "reason": writer.word("admit.reason")}),
        ("remove", {"person": nia, "reason": writer.word("remove.reason")}),
        ("unflag", {"flag": "personal_data", "reason": writer.word("unflag.reason")}),
    ):
        answer = api(cast.mei).post(f"incidents/{leak.ref}/{name}/", body)
        assert answer.status_code == 200, (name, answer.content)
        leak.done.add(name)


def _did(leak: Leak, door: Api, ref: str, verb: str, **body: Any) -> dict[str, Any]:
    """A verb that is done."""
    answer = door.post(f"incidents/{ref}/{verb}/", body)
    assert answer.status_code == 200, (verb, answer.content)
    leak.done.add(verb)
    found: dict[str, Any] = answer.json()
    return found


def _told(leak: Leak, writer: Writer, amira: Api) -> None:
    """An update for each audience; the one for the public waits, or goes out, as the organisation has it."""
    for audience in Audience:
        words = {name: writer.word(f"update.{name} {audience}") for name in ("known", "impact", "doing")}
        public = {"status": "identified", "states_cause": False} if audience == Audience.PUBLIC else {}
        _did(leak, amira, leak.ref, "update", audience=audience, **words, **public)


def _ended(leak: Leak, writer: Writer, api: Any, cast: Cast) -> None:
    """Two more that are restricted, and end: the one is resolved, comes back and was none after all; the other becomes part of the first."""
    amira, mei = api(cast.amira), api(cast.mei)
    ended, merged = (_another(leak, writer, amira, mei) for _ in range(2))
    _did(leak, mei, ended, "join")
    _did(leak, mei, ended, "leave")
    _worked(leak, writer, ended, amira, mei)
    _did(leak, amira, ended, "impact", end=datetime.now(UTC).isoformat())
    for to in ("investigation", "monitoring"):
        _did(leak, amira, ended, "advance", to=to, reason=writer.word("advance.reason"))
    calm = {"monitoring_too_short": writer.word("resolve.overrides")}
    _did(leak, amira, ended, "resolve", summary=writer.word("resolve.summary"), overrides=calm)
    while lived_in.follow(cast):
        pass
    _did(leak, amira, ended, "reopen", reason=writer.word("reopen.reason"))
    _did(leak, amira, ended, "false-positive", reason=writer.word("false-positive.reason"))
    _did(leak, amira, merged, "merge", into=leak.ref, reason=writer.word("merge.reason"))
    while lived_in.follow(cast):
        pass


def _worked(leak: Leak, writer: Writer, ref: str, amira: Api, mei: Api) -> None:
    """What two do with each other: what one asks, the other declines, does, rejects, takes over and gives back."""

    def did(who: Api, verb: str, *texts: str, **body: Any) -> dict[str, Any]:
        return _did(leak, who, ref, verb, **body, **{text: writer.word(f"{verb}.{text}") for text in texts})

    did(amira, "page", "reason", person=mei.person.email)
    did(amira, "assign", role="ol", person=mei.person.email)
    did(mei, "decline", "reason", role="ol")
    did(amira, "assign", role="ol", person=mei.person.email)
    did(mei, "accept", role="ol")
    did(amira, "rhythm", minutes=10)
    did(mei, "check-in", "text")
    did(amira, "order", "text", to=mei.person.email, eta_minutes=5)
    did(mei, "acknowledge", order=1)
    did(mei, "done", "outcome", order=1)
    did(mei, "propose", "text")
    did(amira, "reject", "reason", change=1)
    did(amira, "note", "text")
    said = [e["seq"] for e in amira.get(f"incidents/{ref}/timeline/").json()["results"] if e["kind"] == "incident.noted"]
    did(amira, "correct", "text", entry=said[-1])
    did(amira, "correct-time", "reason", which="detected", occurred_at=STARTED.isoformat())
    did(mei, "step-down", "reason", role="ol")
    did(amira, "assign", role="cl", person=mei.person.email)
    did(mei, "accept", role="cl")
    did(mei, "update", "known", "impact", "doing", audience="public", status="identified", states_cause=True)
    waiting = mei.get(f"incidents/{ref}/updates/").json()["results"][0]["id"]
    did(amira, "reject-update", "reason", update=waiting)
    for there, back in ((amira, mei), (mei, amira)):
        did(there, "handover", to=back.person.email)
        did(back, "shadow")
        did(there, "sitrep", "text")
        did(there, "announce")
        did(back, "take-command", "reason")


def _another(leak: Leak, writer: Writer, amira: Api, mei: Api) -> str:
    """A restricted one whose flag does not stand any more, so that it may end. Returns its reference."""
    declared = amira.post("incidents/", {"title": writer.word("title"), "summary": writer.word("summary"), "severity": "SEV2"})
    assert declared.status_code == 201, declared.content
    ref = declared.json()["ref"]
    _did(leak, amira, ref, "claim")
    ref = _did(leak, amira, ref, "flag", flag="personal_data", kinds=["pii"], reason=writer.word("flag.reason"))["ref"]
    leak.others.append(ref)
    _did(leak, mei, ref, "unflag", flag="personal_data", reason=writer.word("unflag.reason"))
    return str(ref)


def deliver(cast: Cast, words: dict[str, str]) -> None:
    """What Alertmanager says of one alert, with a word in each text."""
    one = {
        "status": "firing",
        "labels": {"alertname": words["alertname"], "service": "checkout", "why": words["label"]},
        "annotations": {"summary": words["summary"], "description": words["description"]},
        "startsAt": STARTED.isoformat(),
        "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": f"http://prometheus/{words['path']}",
    }
    body = json.dumps({"version": "4", "status": "firing", "groupKey": words["group"], "alerts": [one]}).encode()
    assert lived_in.take(cast, body) == [None]


ASIDE = {"flag", "unflag", "admit", "remove", "resolve", "close", "false-positive", "merge", "reopen", "leave", "step-down"}
FIRST = ("claim", "join", "hypothesis", "propose", "order", "attach")


def _through(leak: Leak, writer: Writer, api: Any, cast: Cast) -> None:
    """Ask for every verb, as Amira who commands, with a token in every text: first what others need. Endings come with `_ended`."""
    for name in (*(n for n in FIRST if n in DOORS), *(n for n in DOORS if n not in FIRST and n not in ASIDE)):
        door = DOORS[name]
        values: dict[str, Any] = {"to": PLAIN["to"] if name == "advance" else cast.mei.email}
        if door.part and (number := _part(door.part, cast)):
            values[door.part] = number
        body = writer.body(door, cast.mei.email, values)
        path = f"incidents/{leak.ref}/{name}/"
        files = [f for f, one in door.body().fields.items() if isinstance(one, serializers.FileField)]
        if files:
            for f in files:
                body[f] = SimpleUploadedFile(f"{writer.word('file name')}.txt", writer.word("file body").encode())
            answer = api(cast.amira).client.post(f"/api/v1/{path}", body, headers={"Authorization": f"Bearer {cast.amira.token}"})
        else:
            answer = api(cast.amira).post(path, body, **{"Idempotency-Key": f"{KEY}-{name}-{leak.ref}"})
        assert answer.status_code < 500, (name, answer.content)
        if answer.status_code == 200:
            leak.done.add(name)


def _part(part: str, cast: Cast) -> int | None:
    """The id of a part that goes by its id, not by a number within the incident."""
    models: dict[str, Any] = {"snapshot": SnapshotRequest, "update": StatusUpdate}
    if part not in models:
        return None
    with cast.scope():
        found: int | None = models[part].objects.order_by("-id").values_list("id", flat=True).first()
        return found
