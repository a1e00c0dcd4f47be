"""What the verbs share: the incident's row locked, its facts read, its event recorded."""

from datetime import datetime, timedelta

from django.db.models import QuerySet

from incidents.facts import Facts, gather
from incidents.models import ChecklistTick, Incident, Participant, StatusUpdate
from incidents.states import Audience, PublicStatus
from ledger.actions import record
from ledger.models import Event
from standard import clocks
from standard.away import Away
from standard.models import Clock
from tenants.actors import Actor
from tenants.time import now


def lock(incident: Incident) -> tuple[Incident, Facts]:
    """Lock an incident's row, so that two people at once act one after the other, and read what the rules look at."""
    locked = Incident.objects.select_for_update(of=("self",)).get(pk=incident.pk)
    return locked, gather(locked)


def tell(incident: Incident, kind: str, *, by: Actor, occurred_at: datetime | None = None, **data: object) -> Event:
    """Record an event on the incident's timeline; the steps of the checklists that it is are done with it."""
    event = record(kind, incident, by=by, incident_id=incident.pk, occurred_at=occurred_at, **data)
    _tick(incident, event)
    return event


def _tick(incident: Incident, event: Event) -> None:
    """Tick what happened by itself (clauses checklist.ic, checklist.ol, checklist.cl): who did it, and when. A step is ticked once."""
    lists = incident.law.checklists
    for role in ("ic", "ol", "cl"):
        for item in getattr(lists, role):
            if item.ticked_by(event.kind, event.data):
                done = {
                    "ticked_at": event.occurred_at,
                    "ticked_by_id": event.actor_id,
                    "ticked_by_name": event.actor_name,
                    "seq": event.seq,
                }
                ChecklistTick.objects.get_or_create(incident=incident, role=role, key=item.key, defaults=done)


def enter(incident: Incident, facts: Facts, by: Actor) -> bool:
    """Put a practitioner who acts in the room into it. Returns whether they were not in it before."""
    if by.user_id is None or by.user_id in facts.room:
        return False
    Participant.objects.create(incident=incident, user_id=by.user_id)
    return True


def start_cadence(incident: Incident, *, instead: Away = Away.ANEW) -> None:
    """Start, or restart, the clocks of updates that the severity asks for (clauses severity.sev1-cadence, sev2-cadence).

    No update stopped what ran: it falls away for the reason `instead`.
    One runs for internal updates, with the incident as its subject. Where customers were told of the incident, and not yet that
    it is resolved (or it came back since), the same runs for public ones, with the last public update as its subject.
    """
    clocks.stop_all(_cadence_clocks(incident), fell_away=instead)
    _run_cadence(incident, incident)
    told = _last_public(incident)
    if told is not None and (told.status != PublicStatus.RESOLVED or gather(incident).came_back_since(told.published_at)):
        _run_cadence(incident, told)


def tell_customers_again(incident: Incident) -> None:
    """Start the clock of public updates where it came back after customers were told that it is resolved (roles.cl-status-page).

    One that runs already runs on: customers wait no less for the next word.
    """
    told = _last_public(incident)
    if told is not None and not _cadence_clocks(incident).filter(subject_type=told._meta.label_lower).exists():
        _run_cadence(incident, told)


def _last_public(incident: Incident) -> StatusUpdate | None:
    """What customers were told last."""
    public = StatusUpdate.objects.filter(incident=incident, audience=Audience.PUBLIC, published_at__isnull=False)
    return public.order_by("-published_at", "-id").first()


def restart_cadence(incident: Incident, update: StatusUpdate) -> float | None:
    """Restart the clock that an update which goes out now keeps: an internal one's, or a public one's; others keep none.

    A public "resolved" starts no further one. Returns by how many seconds the update comes too late, or None where it does not.
    """
    running = _cadence_clocks(incident)
    if update.audience == Audience.INTERNAL:
        late = _stop_counting(running.filter(subject_type=incident._meta.label_lower))
        _run_cadence(incident, incident)
    elif update.audience == Audience.PUBLIC:
        late = _stop_counting(running.filter(subject_type=update._meta.label_lower))
        if update.status != PublicStatus.RESOLVED:
            _run_cadence(incident, update)
    else:
        late = None
    return late


def _cadence_clocks(incident: Incident) -> QuerySet[Clock]:
    clauses = [severity.cadence.clause for severity in incident.law.severities if severity.cadence is not None]
    return Clock.objects.filter(incident_id=incident.pk, clause__in=clauses, stopped_at__isnull=True)


def _stop_counting(running: QuerySet[Clock]) -> float | None:
    """Stop clocks that an update keeps. Returns by how many seconds the earliest of them is past its time, or None where none is."""
    due_at = running.order_by("due_at").values_list("due_at", flat=True).first()
    clocks.stop_all(running)
    stopped_at = now()
    return round((stopped_at - due_at).total_seconds(), 3) if due_at is not None and due_at < stopped_at else None


def _run_cadence(incident: Incident, subject: Incident | StatusUpdate) -> None:
    cadence = incident.law.severity(incident.severity).cadence
    if cadence is not None:  # what ran was stopped by whoever knows whether an update did it
        clocks.begin(
            cadence.clause,
            subject,
            prompt=timedelta(minutes=cadence.prompt_minutes),
            due=timedelta(minutes=cadence.break_minutes),
            owner_role="cl",
            incident_id=incident.pk,
        )
