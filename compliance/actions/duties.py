"""Duties of law of an incident: proposed, decided, started, filed (clauses breach.*). Each verb locks the incident, then the duty.

When a duty is due is computed from facts that people record, by the rule's terms; each change of them moves the clock, whose subject is
the duty and whose clause is `CLOCK`. It outlives the incident's end (portal/reactions.py, OUTLASTING).
"""

from datetime import datetime
from typing import Any

from compliance import duties_law as law
from compliance.duties_file import waits_for
from compliance.models import DutyCase, DutyFiling, DutyStart, RegulatorRule
from compliance.rules import duties as rules
from incidents import fields
from incidents.actions.base import lock as lock_incident
from incidents.actions.base import tell
from incidents.actions.filing import keep_file
from incidents.models import Incident
from ledger.models import Event
from ledger.verbs import verb
from standard import clocks, judging
from standard.away import Away
from standard.models import Clock
from standard.queries import calendar
from tenants.actors import Actor
from tenants.refusals import check, invalid
from tenants.time import now

SUBJECT = "duty of law"
CLOCK = "law.duty"  # the clause of its clocks: the rule is the duty's
OWNER = "legal_counsel"
REFERENCE_MAX = 200
WHO = "Legal Counsel, the Privacy Officer"


@verb("propose", kind="duty.proposed", who=f"a flag, {WHO}", subject=SUBJECT, clauses=(rules.CLAUSE,))
def propose_duty(incident: Incident, rule: RegulatorRule, *, by: Actor) -> DutyCase:
    """Put a rule that is in force to an incident, so that people decide whether it applies; with it what waits for its filing."""
    incident, _ = lock_incident(incident)
    check(rules.why_not_propose(by, rule, DutyCase.objects.filter(incident=incident, rule__key=rule.key).exists()))
    made = _propose(incident, rule, by)
    _propose_all(incident, by, [one for one in _in_force(now()) if rule.key in waits_for(one.limits)])
    return made


def propose_for_flag(incident: Incident, flag: str, kinds: list[str], *, by: Actor) -> None:
    """Put every rule in force whose trigger fits a flag to the incident, each once (compliance/duties_news.py asks this)."""
    incident, _ = lock_incident(incident)
    _propose_all(incident, by, [rule for rule in _in_force(now()) if _fits(rule.trigger, flag, kinds)])


def _propose_all(incident: Incident, by: Actor, found: list[RegulatorRule]) -> None:
    there = set(DutyCase.objects.filter(incident=incident).values_list("rule__key", flat=True))
    for rule in found:
        if rule.key not in there:
            _propose(incident, rule, by)


def _fits(trigger: str, flag: str, kinds: list[str]) -> bool:
    """Where nobody said which data were exposed, both kinds may have been."""
    if trigger in (law.Trigger.PII, law.Trigger.PHI):
        return flag == law.Trigger.PERSONAL_DATA and (not kinds or trigger in kinds)
    return trigger == flag


def _in_force(moment: datetime) -> list[RegulatorRule]:
    """The rules that are approved, not withdrawn, and valid on the organisation's date of a moment."""
    day = moment.astimezone(calendar().hours.zone).date()
    rows = RegulatorRule.objects.filter(approved_at__isnull=False, withdrawn_at=None).order_by("key")
    return [
        row for row in rows if (row.valid_from is None or row.valid_from <= day) and (row.valid_to is None or day <= row.valid_to)
    ]


def _propose(incident: Incident, rule: RegulatorRule, by: Actor) -> DutyCase:
    case = DutyCase.objects.create(incident=incident, rule=rule, proposed_by_id=by.user_id)
    _tell(case, "duty.proposed", by)
    return case


@verb(
    "decide",
    kind="duty.decided",
    who=WHO,
    subject=SUBJECT,
    sometimes=("duty.due_moved",),
    starts=(CLOCK,),
    stops=(CLOCK,),
    clauses=(rules.CLAUSE,),
)
def decide_duty(case: DutyCase, *, by: Actor, applies: bool, reason: str) -> DutyCase:
    """Decide whether a duty applies, with the reason; thinking again is another fact. Where it does not, its clock stops."""
    case = lock(case)
    check(rules.why_not_decide(case, by))
    case.reason = fields.text("reason", reason, most=fields.REASON_MAX)
    before, case.applies = case.applies, applies
    case.decided_at, case.decided_by_id = now(), by.user_id
    if not applies:
        case.began_at = case.due_at = None
        clocks.fall_away(case, why=Away.NOT_OWED)
    case.save()
    _tell(case, "duty.decided", by, applies=applies, before=before, reason=case.reason)
    _reckon(case, by)
    return case


@verb(
    "start",
    kind="duty.started",
    who=WHO,
    subject=SUBJECT,
    sometimes=("duty.due_moved",),
    starts=(CLOCK,),
    stops=(CLOCK,),
    clauses=(rules.CLAUSE,),
)
def start_duty(case: DutyCase, *, by: Actor, start: str, at: datetime, reason: str) -> DutyCase:
    """Record when what starts a duty's clock happened, and why that is so. Said again it is a correction: both stay on record."""
    case = lock(case)
    check(rules.why_not_start(case, by))
    known = [limit["start"] for limit in case.rule.limits if not limit["start"].startswith(law.FILED)]
    if start not in known:
        raise invalid("start", f"This rule starts with {' or '.join(known)}.", code="no_such_start")
    why = fields.text("reason", reason, most=fields.REASON_MAX)
    moment = fields.past("at", at, not_before=_floor(case))
    before = DutyStart.objects.filter(case=case, start=start).order_by("id").last()
    if before is not None and before.at == moment:
        raise invalid("at", "This is the time that is on record already.", code="unchanged")
    DutyStart.objects.create(incident=case.incident, case=case, start=start, at=moment, reason=why, recorded_by_id=by.person_id)
    told = before.at.isoformat() if before else None
    _tell(case, "duty.started", by, start=start, at=moment.isoformat(), before=told, reason=why)
    _reckon(case, by)
    return case


def _floor(case: DutyCase) -> datetime:
    """Before what nobody can have learnt of it: two years before the incident was declared is a slip of the keyboard."""
    declared: datetime = case.incident.declared_at
    return declared.replace(year=declared.year - 2, day=min(declared.day, 28))


@verb(
    "file",
    kind="duty.filed",
    who=WHO,
    subject=SUBJECT,
    sometimes=("incident.file_attached", "duty.due_moved"),
    starts=(CLOCK,),
    stops=(CLOCK,),
    clauses=(rules.CLAUSE,),
)
def file_duty(case: DutyCase, *, by: Actor, at: datetime, reference: str, name: str, body: bytes, note: str = "") -> DutyCase:
    """Say that it was filed, when and under which reference, with proof (a file). Its clock stops; what waits for it starts.

    When it was filed judges it, not when that is put on record: what was filed in time is kept, though its clock broke meanwhile
    (`clock_righted` of the event says so). Filed again (an update, a correction), what waits for its latest filing is counted from that.
    """
    case = lock(case)
    check(rules.why_not_file(case, by))
    last = DutyFiling.objects.filter(case=case).order_by("id").last()
    moment = fields.past("at", at)
    if case.began_at is not None and moment < case.began_at:
        raise invalid("at", "Nothing can have been filed before the clock began.", code="before_start")
    if last is not None and moment <= last.at:
        raise invalid(
            "at", f"It was filed at {last.at:%Y-%m-%d %H:%M:%S} UTC: what follows that comes after it.", code="before_last"
        )
    named = fields.line("reference", reference, most=REFERENCE_MAX)
    words = fields.text("note", note, most=fields.REASON_MAX, required=False)
    incident, facts = lock_incident(case.incident)
    proof = keep_file(incident, facts, by=by, name=name, body=body, caption=f"Proof of filing: {case}")
    DutyFiling.objects.create(
        incident=incident,
        case=case,
        at=moment,
        reference=named,
        file=proof.number,
        sha256=proof.sha256,
        note=words,
        filed_by_id=by.person_id,
    )
    late, righted = last is None and case.due_at is not None and moment > case.due_at, False  # the law's time is for the first
    if last is None:
        case.filed_at = moment
        case.save()
        righted = judging.stop_as_of(case, CLOCK, moment)
    told = {"reference": named, "file": proof.number, "sha256": proof.sha256, "note": words}
    _tell(case, "duty.filed", by, at=moment.isoformat(), late=late, clock_righted=righted, again=last is not None, **told)
    for other in DutyCase.objects.filter(incident=incident).exclude(pk=case.pk).order_by("id"):
        if case.rule.key in waits_for(other.rule.limits):
            _reckon(lock(other), by)
    return case


def lock(case: DutyCase) -> DutyCase:
    """Lock a duty's incident, then the duty. Two people at once act one after the other."""
    incident = Incident.objects.select_for_update(of=("self",)).get(pk=case.incident_id)
    row = DutyCase.objects.select_for_update(of=("self",)).select_related("rule", "decided_by").get(pk=case.pk)
    row.incident = incident
    return row


def starts_of(case: DutyCase) -> dict[str, datetime]:
    """When what starts a duty's clock happened, by the start's name, as far as it is on record: the last word on each."""
    found = dict(DutyStart.objects.filter(case=case).order_by("id").values_list("start", "at"))
    for key in waits_for(case.rule.limits):
        last = DutyFiling.objects.filter(incident_id=case.incident_id, case__rule__key=key).order_by("id").last()
        if last is not None:
            found[f"{law.FILED}{key}"] = last.at
    return found


def _reckon(case: DutyCase, by: Actor) -> None:
    """Compute anew when a duty is due, and have its clock run to it."""
    if not case.applies or case.filed_at is not None:
        return
    found = law.due(law.terms(case.rule), starts_of(case), calendar().hours)
    if found is None or found == (case.began_at, case.due_at):
        return
    before, (case.began_at, case.due_at) = case.due_at, found
    case.save()
    _run(case, found)
    _tell(case, "duty.due_moved", by, due_at=found[1].isoformat(), before=before.isoformat() if before else None)


def _run(case: DutyCase, found: tuple[datetime, datetime]) -> None:
    """Have the clock run until it is due, prompted at the next of 50, 75 and 90 % of its time."""
    began, due_at = found
    coming = next((moment for moment in law.reminders(began, due_at) if moment > now()), None)
    clocks.start(
        CLOCK,
        case,
        due=due_at - began,
        prompt=coming - began if coming is not None else None,
        owner_role=OWNER,
        incident_id=case.incident_id,
        at=began,
    )


def remind_next(clock: Clock) -> None:
    """Have a duty's clock that was prompted be prompted at the next of 50, 75 and 90 %, where there is one."""
    clock = Clock.objects.select_for_update(of=("self",)).get(pk=clock.pk)
    coming = next((moment for moment in law.reminders(clock.started_at, clock.due_at) if moment > now()), None)
    if coming is not None and clock.stopped_at is None and clock.broken_at is None:
        clocks.prompt_again(clock, coming)


def _tell(case: DutyCase, kind: str, by: Actor, **data: Any) -> Event:
    rule = case.rule
    said = {"duty": case.pk, "rule": rule.key, "version": rule.version, "regime": rule.regime, "stage": rule.stage}
    return tell(case.incident, kind, by=by, **said, citation=rule.citation, **data)
