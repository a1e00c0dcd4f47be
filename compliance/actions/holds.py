"""Legal holds: placed, released by two people in two steps, and what custodians outside are asked to keep (breach.preserve-logs).

What stands on an incident is told on its timeline. A custodian may know nothing of the incident, so what concerns them is not.
"""

import hashlib
import re
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from compliance.custody_links import LIFE, Sent
from compliance.models import CustodianFile, CustodianTask
from compliance.rules import holds as rules
from incidents import fields
from incidents.actions.filing import check_size
from incidents.announcements import may_hear
from incidents.items import Member
from incidents.models import Incident, LegalHold
from incidents.sniffing import UNKNOWN, content_type, safe_name
from ledger.actions import record
from ledger.verbs import verb
from standard import clocks
from standard.away import Away
from standard.models import Clock
from tenants.actors import Actor
from tenants.models import Membership
from tenants.refusals import check, invalid
from tenants.time import now

SUBJECT, TASK = "legal hold", "custodian task"
CHASE_EVERY = timedelta(days=1)  # until a custodian has answered
AHEAD = timedelta(days=366)  # that far ahead a period may begin
EMAIL_MAX = 254
LOCATION_MAX = 500
TITLE_TELLS = 6  # from so many letters on an incident's title is told from words that anybody uses


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
    sometimes=("custodian.released",),
)
def release(hold: LegalHold, *, by: Actor) -> LegalHold:
    """Agree that a hold ends, as the second person. Its custodians are chased no more; those outside are told that it is over."""
    hold = lock(hold)
    check(rules.why_not_release(hold, by))
    hold.second_person_id, hold.released_at = by.person_id, now()
    hold.save()
    asked = list(hold.custodians.select_for_update(of=("self",)).filter(over_at=None).order_by("id"))
    for task in asked:
        task.over_at = hold.released_at
        task.save()
        clocks.fall_away(task, rules.PRESERVE, why=Away.RELEASED)
    _tell(hold, "hold.released", by, reason=hold.release_reason, asked_by=hold.released_by.name if hold.released_by else "")
    for task in asked:
        if task.link_number:
            record("custodian.released", task, by=by, **_about(task))
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
    """Ask somebody to keep what is theirs to keep: a member, or by `name` and `email` somebody outside, who is sent a link of their own.

    They see `what` and nothing of the incident. Every day until they have answered, they are reminded, and whoever asked is told.
    For somebody outside Legal and Privacy may answer as well.
    """
    hold = lock(hold)
    check(rules.why_not_ask_custodian(hold, by))
    asked = fields.text("what", what, most=fields.REASON_MAX)
    if (person is None) == (not name.strip() and not email.strip()):
        raise invalid(
            "person", "Say who: a member by their address, or somebody outside by name and e-mail.", code="one_custodian"
        )
    who, address = (person.name, person.email) if person else _outside(name, email)
    _names_nothing(hold, asked, person)
    task = CustodianTask.objects.create(
        hold=hold,
        person_id=person.user_id if person else None,
        name=who,
        email=address,
        what=asked,
        asked_by_id=by.person_id,
        link_number=0 if person else 1,
        link_until=None if person else now() + LIFE,
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
    if task.link_number:  # the reminder brings it once more
        task.link_until = now() + LIFE
    task.save()
    clocks.start(rules.PRESERVE, task, due=CHASE_EVERY)
    record("custodian.chased", task, by=by, **_about(task), times=task.chased)


@verb(
    "send-link",
    kind="custodian.link_sent",
    who="Legal Counsel, the Privacy Officer",
    subject=TASK,
    clauses=(rules.PRESERVE,),
)
def send_link(task: CustodianTask, *, by: Actor) -> CustodianTask:
    """Send somebody outside a new link to answer by; those that were sent before open nothing any more."""
    task = _locked(task)
    check(rules.why_not_send_link(task, by))
    task.link_number, task.link_until = task.link_number + 1, now() + LIFE
    task.save()
    record("custodian.link_sent", task, by=by, **_about(task))
    return task


@verb(
    "withdraw",
    kind="custodian.withdrawn",
    who="Legal Counsel, the Privacy Officer",
    subject=TASK,
    stops=(rules.PRESERVE,),
    clauses=(rules.PRESERVE,),
)
def withdraw_task(task: CustodianTask, *, by: Actor, reason: str) -> CustodianTask:
    """Take back, with a reason, what was asked of somebody outside: their link ends, they are chased no more, and told so."""
    said = fields.text("reason", reason, most=fields.REASON_MAX)
    task = _locked(task)
    check(rules.why_not_withdraw(task, by))
    task.withdrawn_by_id = by.person_id
    task.withdrawn_at = task.over_at = now()
    task.save()
    clocks.fall_away(task, rules.PRESERVE, why=Away.EXCUSED)
    record("custodian.withdrawn", task, by=by, **_about(task), reason=said)
    return task


@verb(
    "acknowledge",
    kind="custodian.acknowledged",
    who="the custodian, by a link where they have no account; Legal, Privacy for who has no account",
    subject=TASK,
    stops=(rules.PRESERVE,),
    clauses=(rules.PRESERVE,),
)
def acknowledge(task: CustodianTask, *, by: Actor, link: int | None = None) -> CustodianTask:
    """Say that it is being kept; somebody outside by their link, whose number this is."""
    task = _locked(task)
    check(rules.why_not_acknowledge(task, by, link))
    _acknowledge(task, by, link)
    task.save()
    record("custodian.acknowledged", task, by=by, **_about(task))
    return task


@verb(
    "prove",
    kind="custodian.proven",
    who="the custodian, by a link where they have no account; Legal, Privacy for who has no account",
    subject=TASK,
    stops=(rules.PRESERVE,),
    clauses=(rules.PRESERVE,),
)
def prove(
    task: CustodianTask,
    *,
    by: Actor,
    location: str,
    sha256: str = "",
    said: str = "",
    link: int | None = None,
    file: Sent | None = None,
) -> CustodianTask:
    """Say where what is kept lies, the SHA-256 of its bytes where that is known, and what else is to be said.

    A file may come with it, or say it all: its type is judged by what is in it, its SHA-256 stands in the event. By a link that type must be
    known: what Legal opens comes from outside then.
    """
    task = _locked(task)
    check(rules.why_not_prove(task, by, link))
    where = fields.line("location", location, most=LOCATION_MAX, required=file is None)
    task.sha256 = fields.sha256("sha256", sha256)
    task.said = fields.text("said", said, most=fields.REASON_MAX, required=False)
    kept = _keep_file(task, file, known=link is not None) if file else None
    task.location = where or f"Attached: {kept.name if kept else ''}"
    if task.acknowledged_at is None:
        _acknowledge(task, by, link)
    task.proven_at, task.proven_link = now(), link
    task.proven_by_id = by.person_id if link is None else None
    task.save()
    told: dict[str, Any] = {"file": kept.name, "file_type": kept.content_type, "file_sha256": kept.sha256} if kept else {}
    record("custodian.proven", task, by=by, **_about(task), location=task.location, sha256=task.sha256, **told)
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


def _acknowledge(task: CustodianTask, by: Actor, link: int | None) -> None:
    task.acknowledged_at, task.acknowledged_link = now(), link
    task.acknowledged_by_id = by.person_id if link is None else None
    clocks.stop(task, rules.PRESERVE)


def _keep_file(task: CustodianTask, file: Sent, *, known: bool) -> CustodianFile:
    """Keep what came with a proof. Refuses (422) what is empty, too large, or, where it has to be `known`, of a type that is not."""
    check_size(file.body)
    kind = content_type(file.body)
    if known and kind == UNKNOWN:
        sentence = "This is no picture, PDF, archive, JSON or text. Say where it lies, and attach what shows it."
        raise invalid("file", sentence, code="wrong_type")
    return CustodianFile.objects.create(
        task=task,
        name=safe_name(file.name),
        content_type=kind,
        size=len(file.body),
        sha256=hashlib.sha256(file.body).hexdigest(),
        body=file.body,
    )


def _names_nothing(hold: LegalHold, what: str, person: Member | None) -> None:
    """Refuse (422) words that name the restricted incident by its reference or title, to who may not know of it (breach.need-to-know)."""
    incident = hold.incident
    if incident is None or not incident.restricted or (person is not None and may_hear(incident.pk, [person.user_id])):
        return
    title = incident.title.casefold()
    named = len(title) >= TITLE_TELLS and title in what.casefold()
    if named or re.search(rf"(?<!\w){re.escape(incident.ref)}(?!\w)", what, re.IGNORECASE):
        sentence = "This names the restricted incident, of which they may not know: name the logs and the times."
        raise invalid("what", sentence, code="names_incident")


def _outside(name: str, email: str) -> tuple[str, str]:
    """The name and address of somebody outside. What was typed wrongly is said before what is missing."""
    address = _address(email) if email.strip() else ""
    who = fields.line("name", name, most=120)
    return who, address or _address(email)


def _address(value: str) -> str:
    """An e-mail address of somebody outside, as far as it can be judged without writing to it."""
    clean = fields.line("email", value, most=EMAIL_MAX)
    try:
        validate_email(clean)
    except ValidationError:
        raise invalid("email", "This is no e-mail address.") from None
    if Membership.objects.filter(user__email__iexact=clean, is_active=True).exists():
        raise invalid("email", "This is a member's address: ask them as a member.", code="a_member")
    return clean


def _tell(hold: LegalHold, kind: str, by: Actor, **data: Any) -> None:
    about: dict[str, Any] = {"hold": hold.pk, "matter": hold.matter, "scope": scope_of(hold)}
    record(kind, hold, by=by, incident_id=hold.incident_id, **about, **data)


def scope_of(hold: LegalHold) -> str:
    """Which of the three a hold keeps: "incident", "person" or "period"."""
    return "incident" if hold.incident_id is not None else "person" if hold.person_id is not None else "period"


def _about(task: CustodianTask) -> dict[str, Any]:
    return {"hold": task.hold_id, "custodian": task.name, "person_id": task.person_id, "asked_by_id": task.asked_by_id} | (
        {"link": task.link_number} if task.link_number else {}
    )
