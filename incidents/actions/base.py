"""What the verbs share: the incident's row locked, its facts read, its event recorded."""

from datetime import datetime, timedelta

from incidents.facts import Facts, gather
from incidents.models import ChecklistTick, Incident, Participant
from ledger.actions import record
from ledger.models import Event
from standard import clocks
from tenants.actors import Actor


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


def start_cadence(incident: Incident) -> None:
    """Start, or restart, the clock of internal updates that the severity asks for (clauses severity.sev1-cadence, sev2-cadence)."""
    stop_cadence(incident)
    cadence = incident.law.severity(incident.severity).cadence
    if cadence is not None:
        clocks.start(
            cadence.clause,
            incident,
            prompt=timedelta(minutes=cadence.prompt_minutes),
            due=timedelta(minutes=cadence.break_minutes),
            owner_role="cl",
            incident_id=incident.pk,
        )


def stop_cadence(incident: Incident) -> None:
    """Stop the cadence clock of whatever severity it runs for."""
    law = incident.law
    clauses = [severity.cadence.clause for severity in law.severities if severity.cadence is not None]
    clocks.stop(incident, *clauses)
