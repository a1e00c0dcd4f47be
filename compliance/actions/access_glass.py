"""Break glass: opening a restricted incident that one is not named on, and judging it afterwards (breach.need-to-know).

All of it is one transaction: the place on the list, what is recorded, the pages that call Privacy. If any of it fails, nothing is shown.
"""

from datetime import timedelta

from compliance.access import people
from compliance.models import BreakGlass, Verdict
from compliance.rules import access_glass as rules
from incidents import fields
from incidents.actions.base import tell
from incidents.actions.naming import look_in
from incidents.models import Incident, NeedToKnow
from incidents.queries import named_now
from ledger.actions import record
from ledger.models import Event
from ledger.verbs import verb
from oncall.actions import page_person
from standard import clocks
from tenants.actors import Actor, Duty, Via
from tenants.models import Membership, User
from tenants.refusals import Reason, Refused, check, invalid
from tenants.scope import current, scope
from tenants.time import now

TRIED = "glass.tried"
REVIEW_DAYS = 1  # business days


@verb(
    "break",
    kind="incident.glass_broken, glass.tried",
    who="administrators and whoever holds a duty, as the organisation settled; never auditors",
    subject="break glass",
    starts=(rules.NEED, "oncall.escalate-15-30"),
    sometimes=("page.started", "page.person_paged", "page.withheld", "page.exhausted"),
    clauses=(rules.NEED,),
)
def break_glass(number: int, *, by: Actor, reason: str, minutes: int) -> BreakGlass:
    """Open a restricted incident that one is not named on, for at most an hour: Privacy is called before anything is shown.

    A number that no incident has, one that is not restricted, and one that they were taken off are refused alike (404).
    Each try counts, and is on record without its number.
    """
    member = Membership.objects.select_for_update(of=("self",)).get(organisation_id=by.organisation_id, user_id=by.person_id)
    check(rules.why_not_break(by, asking(by)))
    clean = fields.text("reason", reason, most=fields.REASON_MAX)
    if not 1 <= minutes <= rules.MINUTES_MOST:
        raise invalid("minutes", f"From 1 to {rules.MINUTES_MOST} minutes.", code="out_of_range")
    _count(member, by)
    place = _let_in(number, by=by, reason=clean, minutes=minutes)
    if place is None:
        raise Refused(rules.NOT_THERE)
    incident = Incident.objects.get(pk=place.incident_id)
    glass = BreakGlass(
        incident=incident,
        place=place,
        user_id=by.person_id,
        reason=clean,
        minutes=minutes,
        opened_at=place.added_at,
        ends_at=place.expires_at or place.added_at,
        review_due_at=people.business_days(place.added_at, REVIEW_DAYS),
    )
    glass.save()
    called = _call(glass, by)
    if not called:
        raise Refused(rules.NOT_THERE)
    left = glass.review_due_at - now()
    clocks.begin(rules.NEED, glass, due=left, prompt=left / 2, owner_role="privacy", incident_id=incident.pk)
    names = dict(User.objects.filter(pk__in=called).values_list("pk", "name"))
    tell(
        incident,
        "incident.glass_broken",
        by=by,
        glass=glass.pk,
        reason=clean,
        minutes=minutes,
        ends_at=glass.ends_at.isoformat(),
        called=[names[user_id] for user_id in called],
    )
    return glass


def asking(by: Actor) -> rules.Asking:
    """What is known of somebody who would break the glass, whatever the incident."""
    hour_ago = now() - timedelta(hours=1)
    mine = Membership.objects.filter(organisation_id=by.organisation_id, user_id=by.user_id or 0).values("pk")
    tried = Event.objects.filter(subject_type=Membership._meta.label_lower, subject_id__in=mine, kind=TRIED)
    return rules.Asking(
        duties=people.duties(by),
        openers=frozenset(people.policy().glass_openers),
        somebody_to_call=any(user_id != by.user_id for user_id in people.on_duty(*people.LAWFUL)),
        tries=tried.filter(occurred_at__gt=hour_ago).count(),
    )


def _count(member: Membership, by: Actor) -> None:
    """Record a try, without its number; where it is refused, and so undone, again in a transaction of its own."""

    def count() -> None:
        record(TRIED, member, by=by)

    count()
    if (here := current()) is not None:
        here.lasting.append(count)


def _let_in(number: int, *, by: Actor, reason: str, minutes: int) -> NeedToKnow | None:
    """Put the actor on the list of the restricted incident of this number. None where there is none, or they were taken off it.

    The walls hide it from them, so that it is looked for as Muster's own work; nothing else is done so. Two at once wait for each other
    here. Refuses who is named on it: they need no glass broken.
    """
    with scope(by.organisation_id, surface=Via.RELAY):
        found = Incident.objects.select_for_update(of=("self",)).filter(
            organisation_id=by.organisation_id, number=number, restricted=True
        )
        incident = found.first() if 0 < number < 2**31 else None
        if incident is None:
            return None
        seen = named_now(incident.pk).filter(user_id=by.person_id).exists()
        ends_at = now() + timedelta(minutes=minutes)
        place = None if seen else look_in(incident, by.person_id, reason=reason, by=by, expires_at=ends_at)
    if seen:
        raise Refused(Reason("named", f"You see {incident.ref} already: open it.", clause=rules.NEED, field="number"))
    return place


def _call(glass: BreakGlass, by: Actor) -> list[int]:
    """Page the Privacy Officer; where none but the actor could be called, Legal Counsel. Returns whom, by user id."""
    for duty in (Duty.PRIVACY_OFFICER, Duty.LEGAL_COUNSEL):
        called = []
        for user_id in people.on_duty(duty):
            if user_id == by.user_id:
                continue
            page = page_person(
                user_id, glass, by=by, clause=rules.NEED, reason="Break glass", incident_id=glass.incident_id, chased=True
            )
            if page.steps.exists():
                called.append(user_id)
        if called:
            return called
    return []


@verb(
    "judge",
    kind="incident.glass_reviewed",
    who="Privacy Officer, Legal Counsel; not who broke it",
    subject="break glass",
    stops=(rules.NEED,),
    clauses=(rules.NEED,),
)
def judge_glass(glass: BreakGlass, *, by: Actor, verdict: Verdict, note: str) -> BreakGlass:
    """Say, with a note, whether breaking the glass was justified. Due within a business day; its clock stops."""
    incident = Incident.objects.select_for_update(of=("self",), no_key=True).get(pk=glass.incident_id)
    glass = BreakGlass.objects.select_for_update(of=("self",)).select_related("user", "reviewed_by").get(pk=glass.pk)
    glass.incident = incident
    check(rules.why_not_judge_glass(glass, by, people.duties(by)))
    glass.note = fields.text("note", note, most=fields.REASON_MAX)
    glass.verdict, glass.reviewed_by_id, glass.reviewed_at = verdict, by.person_id, now()
    glass.save()
    clocks.stop(glass, rules.NEED)
    justified = verdict == Verdict.JUSTIFIED
    tell(incident, "incident.glass_reviewed", by=by, glass=glass.pk, person=glass.user.name, justified=justified, note=glass.note)
    return glass
