"""The review of who had access to production during an incident: opened by itself, judged, signed (evidence.access-review)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q

from compliance.access import export, people
from compliance.models import AccessFact, AccessReview, AccessRun, AccessSystem, Decision, ReviewedAccess
from compliance.rules import access as rules
from incidents import fields, gravity
from incidents.facts import Facts, gather
from incidents.models import Flag, Incident
from incidents.states import KeyTime, State
from incidents.times import told
from ledger.actions import record
from ledger.verbs import verb
from standard import clocks
from standard.away import Away
from tenants.actors import Actor
from tenants.refusals import Reason, Refused, check, invalid
from tenants.time import now

SUBJECT = "access review"
OVER = (State.RESOLVED, State.CLOSED)


@dataclass(frozen=True, slots=True)
class Window:
    """From when until when access counts."""

    starts_at: datetime
    ends_at: datetime


def why_none(incident: Incident) -> str:
    """Why an incident's accesses are not reviewed; "" where they are.

    They are of what ever was of a severity that opens a war room, or that the organisation named, and of what ever was flagged: a flag
    that was lifted since does not undo who looked.
    """
    if incident.state not in OVER or incident.resolved_at is None:
        return "it is not resolved"
    if incident.exercise:
        return "it is an exercise"
    worst = gravity.worst(incident)
    if (
        Flag.objects.filter(incident=incident).exists()
        or incident.law.severity(worst).mobilises
        or worst <= people.policy().review_from
    ):
        return ""
    return f"it never was more than a {worst.label}, and nobody flagged it"


def window_of(incident: Incident, facts: Facts) -> Window:
    """An incident's window, by its key times in force: from the first sign of it until it was resolved."""
    times = told(incident, facts)
    began = [times[key].at for key in (KeyTime.IMPACT_START, KeyTime.DETECTED)]
    end = times[KeyTime.RESOLVED].at or now()
    start = min([incident.declared_at, *(moment for moment in began if moment is not None)])
    return Window(min(start, end), end)


@verb(
    "open",
    kind="access_review.opened",
    who="resolving, or flagging what is resolved",
    subject=SUBJECT,
    starts=(rules.CLAUSE,),
    stops=(rules.CLAUSE,),
    clauses=(rules.CLAUSE,),
)
def open_review(incident: Incident, *, by: Actor) -> AccessReview | None:
    """Open the review of who had access in an incident's window, with the accesses of then. None where none is due.

    One that is open already grows by what a later window adds (it was reopened), and is due by the later resolution; one that was
    signed and holds all of the window is enough.
    """
    incident = Incident.objects.select_for_update(of=("self",), no_key=True).get(pk=incident.pk)
    facts = gather(incident)
    if why_none(incident):
        return None
    window = window_of(incident, facts)
    last = AccessReview.objects.select_for_update(of=("self",)).filter(incident=incident).order_by("-number").first()
    held = last is not None and last.starts_at <= window.starts_at and last.ends_at >= window.ends_at
    if held:
        return None
    days = min(people.policy().review_days, incident.law.clock("access_review").due)
    due_at = people.business_days(now(), days)
    if last is not None and last.signed_at is None:
        review = last
        review.starts_at, review.ends_at = min(last.starts_at, window.starts_at), max(last.ends_at, window.ends_at)
        review.due_at = due_at
    else:
        number = last.number + 1 if last else 1
        review = AccessReview(incident=incident, number=number, due_at=due_at, starts_at=window.starts_at, ends_at=window.ends_at)
    review.incident = incident
    review.systems = coverage(review.starts_at)
    review.save()
    _freeze(review)
    _start_clock(review)
    rows = export.accesses(review)
    record(
        "access_review.opened",
        review,
        by=by,
        incident_id=incident.pk,
        number=review.number,
        starts_at=review.starts_at.isoformat(),
        ends_at=review.ends_at.isoformat(),
        due_at=review.due_at.isoformat(),
        facts=len(rows),
        privileged=sum(row.privileged for row in rows),
        not_covered=[str(system["name"]) for system in review.systems if not system["covered"]],
    )
    return review


def set_aside(incident: Incident) -> None:
    """The incident goes on: until it is resolved again no review of it is due. What was decided in one stays.

    Where it is resolved again by the time this runs, the clock is that of that resolution.
    """
    incident = Incident.objects.select_for_update(of=("self",), no_key=True).get(pk=incident.pk)
    review = AccessReview.objects.select_for_update(of=("self",)).filter(incident=incident, signed_at=None).first()
    if review is not None and incident.is_open:
        clocks.fall_away(review, rules.CLAUSE, why=Away.REOPENED)


def coverage(starts_at: datetime) -> list[dict[str, Any]]:
    """What each system that was in production since then is covered by now. One without a source is not covered."""
    systems = AccessSystem.objects.filter(Q(retired_at=None) | Q(retired_at__gt=starts_at)).order_by("name", "pk")
    latest: dict[int, dict[str, datetime]] = {}
    for system_id, source, at in AccessRun.objects.order_by("pk").values_list("system_id", "source", "taken_at"):
        latest.setdefault(system_id, {})[source] = at
    return [
        {
            "slug": system.slug,
            "name": system.name,
            "covered": system.pk in latest,
            "sources": [
                {"source": source, "taken_at": at.isoformat()} for source, at in sorted(latest.get(system.pk, {}).items())
            ],
        }
        for system in systems
    ]


def _freeze(review: AccessReview) -> None:
    """Copy the accesses that were valid in the window, and are not in the review yet."""
    known = ReviewedAccess.objects.filter(review=review).values("fact_id")
    valid = AccessFact.objects.filter(
        Q(valid_from=None) | Q(valid_from__lte=review.ends_at), Q(valid_until=None) | Q(valid_until__gt=review.starts_at)
    ).exclude(pk__in=known)
    facts = list(valid.select_related("system").order_by("pk"))
    owners = people.owners_of(fact.principal for fact in facts)
    for fact in facts:
        ReviewedAccess.objects.create(
            incident_id=review.incident_id,
            review=review,
            fact=fact,
            system=fact.system.name,
            source=fact.source,
            principal=fact.principal,
            entitlement=fact.entitlement,
            privileged=fact.privileged,
            valid_from=fact.valid_from,
            valid_until=fact.valid_until,
            subject_id=owners.get(fact.principal),
        )


def _start_clock(review: AccessReview) -> None:
    """The clock of a review; its reviewers are reminded a day before it is due, or halfway where that is later."""
    left = max(review.due_at - now(), timedelta())
    prompt = max(left - timedelta(days=1), left / 2)
    clocks.start(rules.CLAUSE, review, due=left, prompt=prompt, owner_role="reviewer", incident_id=review.incident_id)


@verb(
    "decide",
    kind="access_review.decided",
    who="Privacy Officer, Legal Counsel, process owner, administrator; not of their own",
    subject=SUBJECT,
    clauses=(rules.CLAUSE,),
)
def decide(review: AccessReview, *, by: Actor, accesses: Sequence[int], decision: Decision, note: str = "") -> AccessReview:
    """Judge some accesses of a review, all or none: appropriate, revoke, investigate. The latter two need a note.

    Nobody judges their own. Until the review is signed it may be decided again; the history keeps what was said before.
    """
    review = _lock(review)
    wanted = list(dict.fromkeys(accesses))
    rows = list(
        ReviewedAccess.objects.select_for_update(of=("self",)).filter(review=review, pk__in=[n for n in wanted if n < 2**63])
    )
    check(rules.why_not_judge(review, by, people.duties(by), rows))
    needed = decision != Decision.APPROPRIATE
    clean = fields.text("note", note, most=fields.REASON_MAX, required=needed)
    if not wanted:
        raise invalid("accesses", "Choose at least one access.", code="nothing_chosen")
    if len(rows) != len(wanted):
        raise invalid("accesses", "There is no such access in this review.", code="no_such_access")
    for row in rows:
        row.decision, row.note, row.decided_by_id, row.decided_at = decision, clean, by.person_id, now()
        row.save()
    told_of = [{"system": row.system, "principal": row.principal, "entitlement": row.entitlement} for row in rows]
    record(
        "access_review.decided",
        review,
        by=by,
        incident_id=review.incident_id,
        number=review.number,
        count=len(rows),
        decision=Decision(decision).label.lower(),
        note=clean,
        accesses=told_of,
    )
    return review


@verb(
    "sign",
    kind="access_review.signed",
    who="Privacy Officer, Legal Counsel, process owner, administrator",
    subject=SUBJECT,
    stops=(rules.CLAUSE,),
    clauses=(rules.CLAUSE,),
)
def sign(review: AccessReview, *, by: Actor, note: str = "") -> AccessReview:
    """Sign a review in which each privileged access is judged: nothing of it changes any more, and its clock stops.

    Where a production system is not covered, or none is registered, the note says what is known of it.
    """
    review = _lock(review)
    rows = export.accesses(review)
    counted = export.counts(rows)
    check(rules.why_not_sign(review, by, people.duties(by), counted["undecided"]))
    clean = fields.text("note", note, most=fields.REASON_MAX, required=False)
    if not clean and (missing := not_covered(review)):
        raise Refused(Reason("not_covered", missing, clause=rules.CLAUSE, field="note", status=422))
    review.signed_at, review.signed_by_id, review.note = now(), by.person_id, clean
    review.sha256 = export.sha256(review)
    review.save()
    clocks.stop(review, rules.CLAUSE)
    record(
        "access_review.signed",
        review,
        by=by,
        incident_id=review.incident_id,
        number=review.number,
        note=clean,
        sha256=review.sha256,
        appropriate=counted[Decision.APPROPRIATE],
        revoke=counted[Decision.REVOKE],
        investigate=counted[Decision.INVESTIGATE],
    )
    return review


def not_covered(review: AccessReview) -> str:
    """What a signature has to say something of: the systems that no source covers. "" where all are."""
    if not review.systems:
        return "No production system is registered: say in the note what is known of who had access."
    names = [str(system["name"]) for system in review.systems if not system["covered"]]
    return f"Not covered: {', '.join(names)}. Say in the note what is known of who had access." if names else ""


def _lock(review: AccessReview) -> AccessReview:
    """Lock a review's incident, then the review: the order in which the sweep does."""
    incident = Incident.objects.select_for_update(of=("self",), no_key=True).get(pk=review.incident_id)
    row = AccessReview.objects.select_for_update(of=("self",)).select_related("signed_by").get(pk=review.pk)
    row.incident = incident
    return row
