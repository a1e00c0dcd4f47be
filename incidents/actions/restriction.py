"""The law: flags and what they set off, who may know of a restricted incident, and what is preserved (breach.*, finance.*)."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import QuerySet

from incidents import fields
from incidents.actions.base import enter, lock, tell
from incidents.actions.command import set_severity, settle_severity
from incidents.actions.fixing import FIX_CLOCKS
from incidents.actions.mobilising import RHYTHM_CLOCK, ROLES_CLOCK
from incidents.actions.naming import let_know, merged_into, name, restrict
from incidents.duties import holders, label
from incidents.facts import gather
from incidents.items import Member
from incidents.models import Flag, Incident, LegalHold, NeedToKnow, SnapshotRequest
from incidents.rules import restriction as rules
from incidents.states import FlagKey, FlagKind, RoomRole, Severity
from ledger.models import Event
from ledger.verbs import verb
from standard import clocks
from standard.law_types import Flag as FlagRule
from standard.models import Clock
from tenants.actors import Actor, Role
from tenants.refusals import NotFound, check, invalid
from tenants.scope import current
from tenants.time import now

READ_EVERY = timedelta(minutes=15)
SNAPSHOT = "finance.audit-trail"  # the clause whose flags leave a request to preserve the databases
# The standard gives no time for it, but a database goes on changing: the OL is asked soon, and again until the copy is filed.
SNAPSHOT_PROMPT, SNAPSHOT_DUE, SNAPSHOT_AGAIN = timedelta(minutes=30), timedelta(hours=4), timedelta(days=1)


@verb(
    "flag",
    kind="incident.flagged",
    who="anyone in the room, Legal, Privacy",
    sometimes=("incident.severity_changed", "incident.restricted"),
    starts=("severity.sev1-cadence", ROLES_CLOCK, RHYTHM_CLOCK, SNAPSHOT),
    stops=("severity.sev2-cadence", RHYTHM_CLOCK, *FIX_CLOCKS),
    clauses=(
        "breach.sev1",
        "breach.preserve-logs",
        "breach.page-privacy-legal",
        "breach.need-to-know",
        "finance.audit-trail",
        "finance.notify-cfo",
    ),
)
def flag(incident: Incident, *, by: Actor, key: FlagKey, reason: str, kinds: Sequence[FlagKind] = ()) -> Incident:
    """Mark it as legally delicate: severity, legal hold, restriction and the duties follow, as the standard says of this flag.

    Those who work on it, the flagger and the duties are named on it; everybody else loses sight of it with this transaction.
    """
    incident, facts = lock(incident)
    check(rules.why_not_flag(incident, facts, by, key))
    clean = fields.text("reason", reason, most=fields.REASON_MAX)
    if by.user_id in facts.room or not facts.serves(by.user_id, *rules.LAWFUL):
        enter(incident, facts, by)
    return set_off(incident, by=by, key=key, reason=clean, kinds=kinds)


def set_off(incident: Incident, *, by: Actor, key: FlagKey, reason: str, kinds: Sequence[FlagKind] = ()) -> Incident:
    """What a flag does, after the rules: for `flag` and for declaring with flags. The order: severity, hold, who may know, event."""
    rule = incident.law.flag(key)
    kinds = list(dict.fromkeys(kinds))
    if kinds and key != FlagKey.PERSONAL_DATA:
        raise invalid("kinds", "Only exposed personal data are of these kinds.")
    Flag.objects.create(incident=incident, key=key, kinds=",".join(kinds), reason=reason, raised_by_id=by.person_id)
    incident = _raise(incident, rule, by=by, reason=reason)
    if rule.holds_records:
        for held in (incident, *merged_into(incident)):
            LegalHold.objects.create(incident=held, matter=rule.label, reason=reason, placed_by_id=by.user_id)
    snapshot = (
        _ask(incident, f"Every database behind {_services(incident)}, as it is now.", by) if SNAPSHOT in rule.clauses else None
    )
    facts = gather(incident)
    if rule.restricts and not incident.restricted:
        incident = restrict(incident, facts, by=by)
    elif incident.restricted:
        for duty in (*rule.pages_duties, *rule.notifies_duties):
            for user_id in holders(incident, duty):
                name(incident, user_id, reason=label(duty), by=by)
    tell(
        incident,
        "incident.flagged",
        by=by,
        flag=key,
        label=rule.label,
        kinds=kinds,
        reason=reason,
        restricted=incident.restricted,
        held=rule.holds_records,
        snapshot=snapshot.pk if snapshot else None,
        clauses=list(rule.clauses),
    )
    return incident


def _raise(incident: Incident, rule: FlagRule, *, by: Actor, reason: str) -> Incident:
    """Raise it to what the flag forces (breach.sev1). Whoever may flag may do this; one that has ended mobilises nobody."""
    if rule.raises_to is None or incident.severity <= rule.raises_to:
        return incident
    before, running = incident.severity, incident.is_open
    if running:
        set_severity(incident, Severity(rule.raises_to))
    else:
        incident.severity = rule.raises_to
        incident.save()
    tell(
        incident,
        "incident.severity_changed",
        by=by,
        before=before,
        severity=rule.raises_to,
        state=incident.state,
        reason=reason,
        mobilise=running and incident.mobilises,
        channel=incident.channel,
    )
    if running:
        settle_severity(incident, by=by)
    return incident


def _services(incident: Incident) -> str:
    names = list(incident.affected.order_by("id").values_list("service__name", flat=True))
    return ", ".join(names) or "what is affected"


@verb("unflag", kind="incident.unflagged", who="Legal Counsel", clauses=("breach.sev1", "breach.preserve-logs"))
def unflag(incident: Incident, *, by: Actor, key: FlagKey, reason: str) -> Incident:
    """Lift a flag: its severity may be lowered from now on. The legal hold and the restriction stay.

    What is held is released by Legal with a second person, and by nobody alone; until then only those named see it.
    """
    incident, facts = lock(incident)
    check(rules.why_not_unflag(incident, facts, by, key))
    clean = fields.text("reason", reason, most=fields.REASON_MAX)
    standing = Flag.objects.get(incident=incident, key=key, lifted_at=None)
    standing.lifted_by_id, standing.lifted_at, standing.lift_reason = by.person_id, now(), clean
    standing.save()
    rule = incident.law.flag(key)
    tell(incident, "incident.unflagged", by=by, flag=key, label=rule.label, reason=clean, restricted=incident.restricted)
    return incident


@verb("admit", kind="incident.person_admitted", who="Legal, Privacy, IC", clauses=("breach.need-to-know",))
def admit(incident: Incident, person: Member, *, by: Actor, reason: str, expires_at: datetime | None = None) -> Incident:
    """Let somebody know of a restricted incident, with the reason, and until when where that is said."""
    incident, facts = lock(incident)
    check(rules.why_not_admit(incident, facts, by, person))
    clean = fields.text("reason", reason, most=fields.REASON_MAX)
    if expires_at is not None and expires_at <= now():
        raise invalid("expires_at", "This time has passed.", code="past")
    let_know(incident, person.user_id, by=by, reason=clean, expires_at=expires_at)
    return incident


@verb("remove", kind="incident.person_removed", who="Legal, Privacy, IC", clauses=("breach.need-to-know",))
def remove(incident: Incident, person: Member, *, by: Actor, reason: str) -> Incident:
    """Let somebody know no more: they lose sight of it, and of what was merged into it, at once."""
    incident, facts = lock(incident)
    named = facts.admits(person.user_id)
    check(rules.why_not_remove(incident, facts, by, named))
    clean = fields.text("reason", reason, most=fields.REASON_MAX)
    if named is None:
        raise invalid("person", f"{person.name} is not among those who see it.", code="not_admitted")
    for part in (*merged_into(incident), incident):
        place = NeedToKnow.objects.filter(incident=part, user_id=person.user_id, removed_at=None).first()
        if place is not None:
            place.removed_by_id, place.removed_at = by.person_id, now()
            place.save()
            tell(part, "incident.person_removed", by=by, user_id=person.user_id, person=person.name, reason=clean)
    return incident


@verb("expire", kind="incident.person_expired", who="the sweep", clauses=("breach.need-to-know",))
def expire(place: NeedToKnow, *, by: Actor) -> bool:
    """Somebody's time to see it is over: that is put on record. Returns whether it was not yet."""
    lock(place.incident)
    place = NeedToKnow.objects.select_related("incident", "user").get(pk=place.pk)
    if place.removed_at is not None or place.expires_at is None or place.expires_at > now():
        return False
    place.removed_at = place.expires_at
    place.save()
    tell(place.incident, "incident.person_expired", by=by, user_id=place.user_id, person=place.user.name)
    return True


@verb("open", kind="incident.opened", who="whoever is named on it", clauses=("breach.need-to-know",))
def opened(incident: Incident, *, by: Actor) -> None:
    """Record that somebody reads a restricted incident: once a quarter of an hour, through whichever door.

    An auditor's reading is on record already, before anything is shown, and theirs is a transaction that writes nothing.
    """
    if not incident.restricted or by.user_id is None or by.has(Role.AUDITOR):
        return
    if _opened_lately(incident, by):
        return
    Incident.objects.select_for_update(of=("self",)).get(pk=incident.pk)  # two windows opened at once are one reading
    if not _opened_lately(incident, by):
        tell(incident, "incident.opened", by=by)
        if (here := current()) is not None:  # a refusal shows the room too, and is undone
            here.lasting.append(lambda: opened(incident, by=by))


def opened_together(incidents: Sequence[Incident], *, by: Actor) -> None:
    """Record that somebody reads these on one page, which shows of each what its own page would.

    In the order in which verbs lock them: an incident before what was merged into it, else by their ids. Each event is numbered by its incident,
    so that a reading holds them all, whether it locks them or not.
    """
    restricted = [incident for incident in incidents if incident.restricted]
    lately = set(_read_lately(by).filter(incident_id__in=[one.pk for one in restricted]).values_list("incident_id", flat=True))
    unread = [incident for incident in restricted if incident.pk not in lately]
    depths = _depths(unread)
    for incident in sorted(unread, key=lambda one: (depths[one.pk], one.pk)):
        opened(incident, by=by)


def _depths(incidents: Sequence[Incident]) -> dict[int, int]:
    """How many each was merged into, one into the other."""
    above = {one.pk: one.merged_into_id for one in incidents}
    while unknown := {pk for pk in above.values() if pk is not None and pk not in above}:
        found = dict(Incident.objects.filter(pk__in=unknown).values_list("pk", "merged_into_id"))
        above |= {pk: found.get(pk) for pk in unknown}  # one that they may not see ends it

    def depth(pk: int) -> int:
        parent = above[pk]
        return 0 if parent is None else 1 + depth(parent)

    return {one.pk: depth(one.pk) for one in incidents}


def _opened_lately(incident: Incident, by: Actor) -> bool:
    return _read_lately(by).filter(incident_id=incident.pk).exists()


def _read_lately(by: Actor) -> QuerySet[Event]:
    return Event.objects.filter(kind="incident.opened", actor_id=by.user_id, occurred_at__gt=now() - READ_EVERY)


@verb(
    "snapshot",
    kind="incident.snapshot_requested",
    who="anyone in the room, Legal, Privacy, CFO",
    starts=(SNAPSHOT,),
    clauses=("finance.audit-trail",),
)
def snapshot(incident: Incident, *, by: Actor, what: str) -> Incident:
    """Ask that the state of a database be preserved."""
    incident, facts = lock(incident)
    check(rules.why_not_snapshot(incident, facts, by))
    asked = _ask(incident, fields.text("what", what, most=fields.REASON_MAX), by)
    tell(incident, "incident.snapshot_requested", by=by, snapshot=asked.pk, what=asked.what)
    return incident


def _ask(incident: Incident, what: str, by: Actor) -> SnapshotRequest:
    asked = SnapshotRequest.objects.create(incident=incident, what=what, requested_by_id=by.user_id)
    clocks.begin(SNAPSHOT, asked, prompt=SNAPSHOT_PROMPT, due=SNAPSHOT_DUE, owner_role=RoomRole.OL.value, incident_id=incident.pk)
    return asked


@verb(
    "chase",
    kind="incident.snapshot_chased",
    who="the clock",
    subject="snapshot",
    starts=(SNAPSHOT,),
    stops=(SNAPSHOT,),
    clauses=(SNAPSHOT,),
)
def chase_snapshot(asked: SnapshotRequest, *, by: Actor) -> None:
    """A copy that was asked for is not made: the OL was told, the record says so, and the clock starts again."""
    if asked.fulfilled_at is not None:
        return
    waits = round((now() - asked.requested_at).total_seconds(), 3)
    clocks.start(SNAPSHOT, asked, due=SNAPSHOT_AGAIN, owner_role=RoomRole.OL.value, incident_id=asked.incident_id)
    tell(asked.incident, "incident.snapshot_chased", by=by, snapshot=asked.pk, what=asked.what, waits_seconds=waits)


def on_snapshot_clock(clock: Clock, by: Actor) -> None:
    """The time of a copy is past (portal/reactions.py names this)."""
    chase_snapshot(SnapshotRequest.objects.select_related("incident").get(pk=clock.subject_id), by=by)


@verb(
    "fulfil",
    kind="incident.snapshot_fulfilled",
    who="anyone in the room, Legal, Privacy, CFO",
    stops=(SNAPSHOT,),
    clauses=("finance.audit-trail",),
)
def fulfil(incident: Incident, *, by: Actor, snapshot_id: int, location: str, sha256: str = "") -> Incident:
    """Say that the copy was made, where it lies, and the SHA-256 of its bytes where that is known."""
    incident, facts = lock(incident)
    item = next((one for one in facts.snapshots if one.id == snapshot_id), None)
    check(rules.why_not_fulfil(incident, facts, by, item))
    if item is None:
        raise NotFound("request for a copy")
    digest = fields.sha256("sha256", sha256)
    asked = SnapshotRequest.objects.get(incident=incident, pk=snapshot_id)
    asked.location, asked.sha256 = fields.line("location", location, most=500), digest
    asked.fulfilled_by_id, asked.fulfilled_at = by.person_id, now()
    asked.save()
    clocks.stop(asked, SNAPSHOT)
    tell(
        incident,
        "incident.snapshot_fulfilled",
        by=by,
        snapshot=asked.pk,
        what=asked.what,
        location=asked.location,
        sha256=digest,
        seconds=round((asked.fulfilled_at - asked.requested_at).total_seconds(), 3),
    )
    return incident
