"""Evidence for one control: what broke first, then the entries of the record, each with time, actor, source and hash where there is one."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, F, Q, QuerySet

from compliance.audit_controls import CONTROLS, Control, begins
from compliance.audit_misses import Miss, misses
from compliance.models import AuditEngagement, CustodianFile, CustodianTask
from compliance.rules.holds import PRESERVE
from incidents.models import Incident, LegalHold
from incidents.timeline import LATE_SECONDS, entry
from ledger.models import Event
from standard.models import Clock
from tenants.models import User

LATE_MOST = 200  # of what was recorded late, the newest are listed


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


@dataclass(frozen=True, slots=True)
class Deviation:
    """Something that was not as the standard wants it. `source`: what was measured, where that was no incident itself, and `about` its name."""

    at: datetime
    clause: str
    what: str
    ref: str
    source: str = ""
    about: str = ""


def incidents(engagement: AuditEngagement) -> QuerySet[Incident]:
    """The incidents of an engagement's period (that may be seen: the database says which)."""
    return Incident.objects.filter(declared_at__gte=engagement.starts_at, declared_at__lt=engagement.ends_at)


def _begins(field: str, words: Sequence[str]) -> Q:
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
    return (
        Event.objects.filter(_begins("kind", kinds))
        .filter(~Q(subject_type=asked) | Q(subject_id__in=tasks))
        .filter(~Q(subject_type=CustodianFile._meta.label_lower) | Q(subject_id__in=files))
        .filter(~Q(subject_type=Clock._meta.label_lower) | _OF_OTHERS | Q(subject_id__in=clocks))
    )


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


def _broken(engagement: AuditEngagement) -> QuerySet[Clock]:
    """Clocks that broke on the period's incidents."""
    return Clock.objects.filter(broken_at__isnull=False, incident_id__in=incidents(engagement).values("id"))


def counts(engagement: AuditEngagement) -> dict[str, int]:
    """How many clocks of each control's clauses broke, by the control's key: those of the period's incidents, and those that name none."""
    found = Counter({row["clause"]: row["n"] for row in _broken(engagement).order_by().values("clause").annotate(n=Count("id"))})
    found.update(one.clause for one in misses(engagement))
    return {control.key: sum(n for clause, n in found.items() if begins(clause, control.clauses)) for control in CONTROLS}


def exceptions(engagement: AuditEngagement, control: Control) -> list[Deviation]:
    """Clocks of the control's clauses that broke, the longest ago first; and entries that were recorded late."""
    broken = list(_broken(engagement).filter(_begins("clause", control.clauses))) if control.clauses else []
    lone = [one for one in misses(engagement) if begins(one.clause, control.clauses)]
    late = list(
        events(engagement, control)
        .filter(incident_id__isnull=False, recorded_at__gt=F("occurred_at") + timedelta(seconds=LATE_SECONDS))
        .only("occurred_at", "recorded_at", "kind", "incident_id", "seq")[:LATE_MOST]
    )
    told: tuple[Clock | Miss | Event, ...] = (*broken, *lone, *late)
    ids = {one.incident_id for one in told if one.incident_id is not None}
    refs = dict(Incident.objects.filter(pk__in=ids).values_list("id", "ref"))
    found = [
        Deviation(clock.broken_at or clock.due_at, clock.clause, _missed(clock), refs.get(clock.incident_id or 0, ""))
        for clock in broken
    ]
    found += [
        Deviation(one.broken_at, one.clause, _missed(one), refs.get(one.incident_id or 0, ""), one.source, one.about)
        for one in lone
    ]
    found.sort(key=lambda one: one.at)
    for event in late:
        what = (
            f"Entry {event.seq} ({event.kind}) was recorded at {event.recorded_at:%Y-%m-%d %H:%M:%S} UTC, later than it happened."
        )
        found.append(Deviation(event.occurred_at, "", what, refs.get(event.incident_id or 0, "")))
    return found


def _missed(clock: Clock | Miss) -> str:
    """When it was due, and when it was done; one that fell away with its miss never was."""
    done = f"done at {clock.stopped_at:%Y-%m-%d %H:%M:%S} UTC" if clock.stopped_at and not clock.fell_away else "never done"
    return f"It was due by {clock.due_at:%Y-%m-%d %H:%M:%S} UTC, and was {done}."


def read_log(engagement_auditor: int) -> QuerySet[Event]:
    """What one auditor read, the newest first."""
    return Event.objects.filter(kind="auditor.read", actor_id=engagement_auditor).order_by("-id")
