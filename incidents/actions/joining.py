"""A signal becomes part of an incident: what fired, who was paged and who answered are the incident's from then on."""

from django.db.models import Q

from incidents.actions.base import tell
from incidents.actions.calls import call_nobody
from incidents.models import Alert, Incident, IncidentService, Signal
from incidents.states import SignalState
from ledger.actions import record
from ledger.audited import audited_update
from ledger.models import Event
from oncall.models import Page
from standard.models import Clock
from tenants.actors import Actor
from tenants.time import now

CARRIED_MOST = 100  # of what led to an incident; the rest is seen on the alerts and pages themselves


def join(signal: Signal, incident: Incident, state: SignalState, *, by: Actor) -> list[str]:
    """Make a signal part of an incident: its alerts and its pages are the incident's from now on. Names the service that is new there."""
    _carry_over(signal, incident, by=by)
    signal.state, signal.incident, signal.decided_by_id, signal.decided_at = state, incident, by.user_id, now()
    signal.save()
    Alert.objects.filter(signal=signal).update(incident_id=incident.pk)
    for page in Page.objects.select_for_update().filter(subject_type=signal._meta.label_lower, subject_id=signal.pk):
        page.incident_id = incident.pk
        page.save()
        running = Clock.objects.filter(subject_type=page._meta.label_lower, subject_id=page.pk, stopped_at=None)
        audited_update(running, incident_id=incident.pk)
    call_nobody(incident, by=by)
    brought = list[str]()
    if signal.service is not None and not IncidentService.objects.filter(incident=incident, service=signal.service).exists():
        IncidentService.objects.create(incident=incident, service=signal.service)
        brought.append(signal.service.name)
    record(
        f"signal.{state}",
        signal,
        by=by,
        incident_id=None,
        incident=incident.ref,
        title=signal.title,
        waited_seconds=waited(signal),
    )
    return brought


def _carry_over(signal: Signal, incident: Incident, *, by: Actor) -> None:
    """Write what led here into the incident's record, at the times it happened: what fired, who was paged, who acknowledged.

    Those events were recorded before there was an incident, and events are never changed.
    """
    pages = Page.objects.filter(subject_type=signal._meta.label_lower, subject_id=signal.pk).values("id")
    led_here = Event.objects.filter(
        Q(subject_type="incidents.signal", subject_id=signal.pk)
        | Q(subject_type="incidents.alert", subject_id__in=Alert.objects.filter(signal=signal).values("id"))
        | Q(subject_type="oncall.page", subject_id__in=pages),
        incident_id=None,
    ).order_by("id")[:CARRIED_MOST]
    for event in led_here:
        tell(
            incident,
            "incident.preceded",
            by=by,
            occurred_at=event.occurred_at,
            event=event.pk,
            kind_then=event.kind,
            actor=event.actor_name,
            via=event.via,
            told=event.data,
        )


def waited(signal: Signal) -> float:
    """Seconds from the signal to its answer."""
    return round(((signal.decided_at or now()) - signal.opened_at).total_seconds(), 3)
