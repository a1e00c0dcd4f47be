"""Evidence for one control: the entries of the record, each with time, actor, source and hash where there is one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Exists, OuterRef, Q, QuerySet

from compliance.audit_controls import Control
from compliance.models import AuditEngagement, CustodianFile, CustodianTask
from compliance.rules.holds import PRESERVE
from incidents.models import Incident, LegalHold
from incidents.timeline import entry
from ledger.models import Event
from standard.models import Clock
from tenants.models import User


@dataclass(frozen=True, slots=True)
class Evidence:
    """One entry. `source` says where it stands in the record: an incident's reference and number, or the event's own."""

    at: datetime
    recorded_at: datetime
    late: bool
    actor: str
    via: str
    kind: str
    label: str
    text: str
    ref: str
    source: str
    sha256: str = ""


def incidents(engagement: AuditEngagement) -> QuerySet[Incident]:
    """The incidents of an engagement's period (that may be seen: the database says which)."""
    return Incident.objects.filter(declared_at__gte=engagement.starts_at, declared_at__lt=engagement.ends_at)


def beginning(field: str, words: Sequence[str]) -> Q:
    """What is one of these words, or begins with one that ends in a separator."""
    found = Q(**{f"{field}__in": [word for word in words if word[-1] not in "._-"]})
    for word in words:
        if word[-1] in "._-":
            found |= Q(**{f"{field}__startswith": word})
    return found


# Of events of a clock, those of one that is no custodian's. That one was struck again said its clause alone, at first.
_OF_OTHERS = (Q(data__about__isnull=False) & ~Q(data__about=CustodianTask._meta.label_lower)) | (
    Q(data__about__isnull=True) & ~Q(data__clause=PRESERVE)
)


def evidence(kinds: Sequence[str]) -> QuerySet[Event]:
    """Events of these kinds, as an auditor reads them, inside their scope: of custodians, and their clocks, those alone whose hold they may see."""
    asked = CustodianTask._meta.label_lower
    tasks = CustodianTask.objects.filter(hold_id__in=LegalHold.objects.values("id")).values("id")
    files = CustodianFile.objects.filter(task_id__in=tasks).values("id")  # of what they attached it tells who took it with them
    clocks = Clock.objects.filter(subject_type=asked, subject_id__in=tasks).values("id")
    told = (
        Event.objects.filter(~Q(subject_type=asked) | Q(subject_id__in=tasks))
        .filter(~Q(subject_type=CustodianFile._meta.label_lower) | Q(subject_id__in=files))
        .filter(~Q(subject_type=Clock._meta.label_lower) | _OF_OTHERS | Q(subject_id__in=clocks))
    )
    of_told = Exists(
        told.filter(pk=OuterRef("subject_id"))
    )  # that a reaction was tried again tells what the event does that it was to
    return told.filter(beginning("kind", kinds)).filter(~Q(subject_type=Event._meta.label_lower) | of_told)


def events(engagement: AuditEngagement, control: Control) -> QuerySet[Event]:
    """The entries that are evidence of a control, the newest first: of the period's incidents, or of the period itself."""
    period = Q(incident_id__isnull=True, occurred_at__gte=engagement.starts_at, occurred_at__lt=engagement.ends_at)
    of_it = Q(incident_id__in=incidents(engagement).values("id"))
    return evidence(control.kinds).filter(of_it | period).order_by("-occurred_at", "-id")


def shown(found: Sequence[Event]) -> list[Evidence]:
    """Entries as they are shown. Files have the hash of their bytes."""
    ids = {event.incident_id for event in found if event.incident_id is not None}
    refs = dict(Incident.objects.filter(pk__in=ids).values_list("id", "ref"))
    of_people = {event.pk: event.subject_id for event in found if event.subject_type == User._meta.label_lower}
    people = dict(User.objects.filter(pk__in=of_people.values()).values_list("pk", "name"))
    made = []
    for event in found:
        ref, line, whose = refs.get(event.incident_id or 0, ""), entry(event), people.get(of_people.get(event.pk) or 0, "")
        made.append(
            Evidence(
                at=event.occurred_at,
                recorded_at=event.recorded_at,
                late=line.late,
                actor=line.actor,
                via=event.via,
                kind=event.kind,
                label=line.label,
                text=f"Account of {whose}. {line.text}" if whose else line.text,
                ref=ref,
                source=f"{ref} #{event.seq}" if ref else f"event {event.pk}",
                sha256=str(event.data.get("sha256", "")),
            )
        )
    return made


def read_log(engagement_auditor: int) -> QuerySet[Event]:
    """What one auditor read, the newest first."""
    return Event.objects.filter(kind="auditor.read", actor_id=engagement_auditor).order_by("-id")
