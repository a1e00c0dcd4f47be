"""Legal holds: placed, released by two people in two steps, and what custodians outside are asked to keep (breach.preserve-logs).

What stands on an incident is told on its timeline. A custodian may know nothing of the incident, so what concerns them is not.
"""

from datetime import datetime, timedelta
from typing import Any

from compliance.models import CustodianTask
from compliance.rules import holds as rules
from incidents import fields
from incidents.items import Member
from incidents.models import Incident, LegalHold
from ledger.actions import record
from ledger.verbs import verb
from standard import clocks
from standard.away import Away
from standard.models import Clock
from tenants.actors import Actor
from tenants.refusals import check, invalid
from tenants.time import now

SUBJECT, TASK = "legal hold", "custodian task"
CHASE_EVERY = timedelta(days=1)  # until a custodian has answered
AHEAD = timedelta(days=366)  # that far ahead a period may begin
EMAIL_MAX = 254


@verb("place", kind="hold.placed", who="Legal Counsel", subject=SUBJECT, clauses=(rules.PRESERVE,))
def place_hold(
    *,
    by: Actor,
    matter: str,
    reason: str,
    incident: Incident | None = None,
    person: Member | None = None,
    starts_at: datetime | None = None,
    ends_at: datetime | None = None,
) -> LegalHold:
    """Hold an incident, a person, or a period: nothing of it is deleted or expires until the hold is released.

    Exactly one of the three (422 otherwise); a period without `ends_at` has no end yet.
    """
    check(rules.why_not_place(by))
    name, why = fields.line("matter", matter), fields.text("reason", reason, most=fields.REASON_MAX)
    if ends_at is not None and starts_at is None:
        raise invalid("ends_at", "A period that ends has a beginning too: say from when.", code="one_scope")
    if sum((incident is not None, person is not None, starts_at is not None)) != 1:
        raise invalid("scope", "A hold keeps one of three: an incident, a person, or a period.", code="one_scope")
    if starts_at is not None and starts_at > now() + AHEAD:
        raise invalid("starts_at", "A hold keeps what there is, or will be within a year: this is later.", code="too_late")
    if starts_at is not None and ends_at is not None and ends_at <= starts_at:
        raise invalid("ends_at", "It ends before it starts.", code="too_early")
    hold = LegalHold.objects.create(
        incident=incident,
        person_id=person.user_id if person else None,
        starts_at=starts_at,
        ends_at=ends_at,
        matter=name,
        reason=why,
        placed_by_id=by.person_id,
    )
    _tell(hold, "hold.placed", by, reason=hold.reason)
    return hold


@verb("ask-release", kind="hold.release_asked", who="Legal Counsel", subject=SUBJECT, clauses=(rules.PRESERVE,))
def ask_release(hold: LegalHold, *, by: Actor, reason: str) -> LegalHold:
    """Ask, with the reason, that a hold end. It stands until a second person has agreed; those who may are told."""
    hold = lock(hold)
    check(rules.why_not_ask_release(hold, by))
    hold.release_reason = fields.text("reason", reason, most=fields.REASON_MAX)
    hold.released_by_id, hold.release_asked_at = by.person_id, now()
    hold.save()
    _tell(hold, "hold.release_asked", by, reason=hold.release_reason)
    return hold


@verb(
    "release",
    kind="hold.released",
    who="a second person: Legal, Privacy, the CFO, administrators",
    subject=SUBJECT,
    stops=(rules.PRESERVE,),
    clauses=(rules.PRESERVE,),
)
def release(hold: LegalHold, *, by: Actor) -> LegalHold:
    """Agree that a hold ends, as the second person. Its custodians are chased no more."""
    hold = lock(hold)
    check(rules.why_not_release(hold, by))
    hold.second_person_id, hold.released_at = by.person_id, now()
    hold.save()
    for task in hold.custodians.select_for_update(of=("self",)).order_by("id"):
        task.over_at = hold.released_at
        task.save()
        clocks.fall_away(task, rules.PRESERVE, why=Away.RELEASED)
    _tell(hold, "hold.released", by, reason=hold.release_reason, asked_by=hold.released_by.name if hold.released_by else "")
    return hold


@verb(
    "keep",
    kind="hold.kept",
    who="Legal, Privacy, the CFO, administrators",
    subject=SUBJECT,
    clauses=(rules.PRESERVE,),
)
def keep(hold: LegalHold, *, by: Actor, reason: str) -> LegalHold:
    """Say, with a reason, that a hold stays although its release was asked for."""
    said = fields.text("reason", reason, most=fields.REASON_MAX)
    hold = lock(hold)
    check(rules.why_not_keep(hold, by))
    hold.released_by = hold.release_asked_at = None
    hold.release_reason = ""
    hold.save()
    _tell(hold, "hold.kept", by, reason=said)
    return hold


@verb(
    "ask",
    kind="custodian.asked",
    who="Legal Counsel, the Privacy Officer",
    subject=TASK,
    starts=(rules.PRESERVE,),
    clauses=(rules.PRESERVE,),
)
def ask_custodian(
    hold: LegalHold, *, by: Actor, what: str, person: Member | None = None, name: str = "", email: str = ""
) -> CustodianTask:
    """Ask somebody to keep what is theirs to keep: a member, or by `name` and `email` somebody outside, for whom Legal answers.

    They see `what` and nothing of the incident. Every day until they have answered, they are reminded, and whoever asked is told.
    """
    hold = lock(hold)
    check(rules.why_not_ask_custodian(hold, by))
    asked = fields.text("what", what, most=fields.REASON_MAX)
    if (person is None) == (not name.strip() and not email.strip()):
        raise invalid(
            "person", "Say who: a member by their address, or somebody outside by name and e-mail.", code="one_custodian"
        )
    who, address = (person.name, person.email) if person else _outside(name, email)
    task = CustodianTask.objects.create(
        hold=hold,
        person_id=person.user_id if person else None,
        name=who,
        email=address,
        what=asked,
        asked_by_id=by.person_id,
    )
    clocks.begin(rules.PRESERVE, task, due=CHASE_EVERY)
    record("custodian.asked", task, by=by, **_about(task))
    return task


@verb(
    "chase",
    kind="custodian.chased",
    who="the clock",
    subject=TASK,
    starts=(rules.PRESERVE,),
    stops=(rules.PRESERVE,),
    clauses=(rules.PRESERVE,),
)
def chase(task: CustodianTask, *, by: Actor) -> None:
    """A custodian has not answered for a day: they are reminded, whoever asked is told, and the clock starts again."""
    task = _locked(task)
    if task.acknowledged_at is not None or task.over_at is not None:
        return
    task.chased += 1
    task.save()
    clocks.start(rules.PRESERVE, task, due=CHASE_EVERY)
    record("custodian.chased", task, by=by, **_about(task), times=task.chased)


@verb(
    "acknowledge",
    kind="custodian.acknowledged",
    who="the custodian; Legal, Privacy for who has no account",
    subject=TASK,
    stops=(rules.PRESERVE,),
    clauses=(rules.PRESERVE,),
)
def acknowledge(task: CustodianTask, *, by: Actor) -> CustodianTask:
    """Say that it is being kept."""
    task = _locked(task)
    check(rules.why_not_acknowledge(task, by))
    _acknowledge(task, by)
    task.save()
    record("custodian.acknowledged", task, by=by, **_about(task))
    return task


@verb(
    "prove",
    kind="custodian.proven",
    who="the custodian; Legal, Privacy for who has no account",
    subject=TASK,
    stops=(rules.PRESERVE,),
    clauses=(rules.PRESERVE,),
)
def prove(task: CustodianTask, *, by: Actor, location: str, sha256: str = "", said: str = "") -> CustodianTask:
    """Say where what is kept lies, the SHA-256 of its bytes where that is known, and what else is to be said."""
    task = _locked(task)
    check(rules.why_not_prove(task, by))
    task.location, task.sha256 = fields.line("location", location, most=500), fields.sha256("sha256", sha256)
    task.said = fields.text("said", said, most=fields.REASON_MAX, required=False)
    if task.acknowledged_at is None:
        _acknowledge(task, by)
    task.proven_at, task.proven_by_id = now(), by.person_id
    task.save()
    record("custodian.proven", task, by=by, **_about(task), location=task.location, sha256=task.sha256)
    return task


def on_clock_broken(clock: Clock, by: Actor) -> None:
    """A custodian's day is over (portal/reactions.py names this)."""
    chase(CustodianTask.objects.get(pk=clock.subject_id), by=by)


def lock(hold: LegalHold) -> LegalHold:
    """Lock a hold's incident, where it is of one, then the hold; who asked for its release comes with it."""
    if hold.incident_id is not None:
        Incident.objects.select_for_update(of=("self",), no_key=True).get(pk=hold.incident_id)
    return LegalHold.objects.select_for_update(of=("self",)).select_related("released_by", "incident", "person").get(pk=hold.pk)


def _locked(task: CustodianTask) -> CustodianTask:
    return CustodianTask.objects.select_for_update(of=("self",)).get(pk=task.pk)


def _acknowledge(task: CustodianTask, by: Actor) -> None:
    task.acknowledged_at, task.acknowledged_by_id = now(), by.person_id
    clocks.stop(task, rules.PRESERVE)


def _outside(name: str, email: str) -> tuple[str, str]:
    """The name and address of somebody outside. What was typed wrongly is said before what is missing."""
    address = _address(email) if email.strip() else ""
    who = fields.line("name", name, most=120)
    return who, address or _address(email)


def _address(value: str) -> str:
    """An e-mail address of somebody outside, as far as it can be judged without writing to it."""
    clean = fields.line("email", value, most=EMAIL_MAX)
    local, at, host = clean.rpartition("@")
    if not local or not at or "." not in host or " " in clean:
        raise invalid("email", "This is no e-mail address.")
    return clean


def _tell(hold: LegalHold, kind: str, by: Actor, **data: Any) -> None:
    about: dict[str, Any] = {"hold": hold.pk, "matter": hold.matter, "scope": scope_of(hold)}
    record(kind, hold, by=by, incident_id=hold.incident_id, **about, **data)


def scope_of(hold: LegalHold) -> str:
    """Which of the three a hold keeps: "incident", "person" or "period"."""
    return "incident" if hold.incident_id is not None else "person" if hold.person_id is not None else "period"


def _about(task: CustodianTask) -> dict[str, Any]:
    return {"hold": task.hold_id, "custodian": task.name, "person_id": task.person_id, "asked_by_id": task.asked_by_id}
