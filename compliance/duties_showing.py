"""Duties of law as pages, the API and "my work" show them."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import F, Prefetch
from django.urls import reverse

from compliance import duties_law as law
from compliance.duties_file import waits_for
from compliance.duties_people import serves
from compliance.models import DutyCase, DutyFiling, DutyStart, RegulatorRule
from compliance.rules import duties as rules
from incidents.facts import Facts
from incidents.models import Incident
from incidents.rules.restriction import LAWFUL
from tenants.actors import Actor
from tenants.time import now

MOST = 50
TRIGGERS = {
    law.Trigger.PERSONAL_DATA: "Personal or health data exposed",
    law.Trigger.PII: "Personal data exposed",
    law.Trigger.PHI: "Health data exposed",
    law.Trigger.MONEY: "Money lost or wrongly moved",
    law.Trigger.MANUAL: "Counsel proposes it by hand",
}
_ROLLS = {
    "none": "Weekends and holidays count",
    "next": "Extended to the next business day",
    "previous": "Brought forward to the business day before",
}
_YEAR = {law.From.YEAR_END: " the end of the calendar year of"}


def cases(incident: Incident) -> list[DutyCase]:
    """The duties of an incident, earliest due first, then what is still to be decided; what is done with comes last."""
    rows = DutyCase.objects.filter(incident=incident).select_related("rule", "decided_by")
    facts = (
        Prefetch("starts", queryset=DutyStart.objects.order_by("id").select_related("recorded_by")),
        Prefetch("filings", queryset=DutyFiling.objects.order_by("id").select_related("filed_by")),
    )
    found = list(rows.prefetch_related(*facts).order_by(F("due_at").asc(nulls_last=True), "id"))
    return sorted(found, key=lambda case: not case.waits)


def shown(case: DutyCase) -> dict[str, Any]:
    """A duty as the API and a page show it."""
    rule = case.rule
    return {
        "id": case.pk,
        "rule": rule.key,
        "version": rule.version,
        "regime": rule.regime,
        "stage": rule.stage,
        "recipient": rule.recipient,
        "citation": rule.citation,
        "note": rule.note,
        "applies": case.applies,
        "state": state(case),
        "reason": case.reason,
        "decided_by": case.decided_by.name if case.decided_by else "",
        "decided_at": case.decided_at,
        "began_at": case.began_at,
        "due_at": case.due_at,
        "filed_at": case.filed_at,
        "late": late(case),
        "starts": [
            {"start": one.start, "at": one.at, "reason": one.reason, "by": one.recorded_by.name, "recorded_at": one.recorded_at}
            for one in case.starts.all()
        ],
        "filings": [
            {
                "at": one.at,
                "reference": one.reference,
                "file": one.file,
                "sha256": one.sha256,
                "note": one.note,
                "by": one.filed_by.name,
            }
            for one in case.filings.all()
        ],
    }


def state(case: DutyCase) -> str:
    """Where it stands: "to decide", "does not apply", "not started", "running", "overdue" or "filed"."""
    if case.applies is None:
        return "to decide"
    if not case.applies:
        return "does not apply"
    if case.filed_at is not None:
        return "filed"
    if case.due_at is None:
        return "not started"
    return "overdue" if case.due_at < now() else "running"


def late(case: DutyCase) -> bool:
    """Whether it was filed after it was due, or is past that."""
    return case.due_at is not None and (case.filed_at or now()) > case.due_at


def rule_shown(rule: RegulatorRule) -> dict[str, Any]:
    """A version of a rule as the API and a page show it."""
    return {
        "id": rule.pk,
        **{name: getattr(rule, name) for name in ("key", "version", "regime", "stage", "trigger", "limits", "calendar")},
        **{
            name: getattr(rule, name)
            for name in ("roll", "roll_until", "recipient", "citation", "note", "valid_from", "valid_to")
        },
        "state": "in force" if rule.in_force else "withdrawn" if rule.withdrawn_at else "off",
        "loaded_at": rule.loaded_at,
        "loaded_by": rule.loaded_by.name if rule.loaded_by else "",
        "approved_at": rule.approved_at,
        "approved_by": rule.approved_by.name if rule.approved_by else "",
        "withdrawn_at": rule.withdrawn_at,
        "withdrawn_by": rule.withdrawn_by.name if rule.withdrawn_by else "",
        "withdrawn_why": rule.withdrawn_why,
    }


def in_words(rule: RegulatorRule) -> list[tuple[str, str]]:
    """What a rule says, for people: (label, words)."""
    limits = [
        f"{one['amount']} {one['unit'].replace('_', ' ')}{'s' * (one['amount'] > 1)} after{_YEAR.get(one.get('from', ''), '')}: "
        f"{start_label(one['start'])}"
        for one in rule.limits
    ]
    until = f", until {rule.roll_until}" if rule.roll_until else ""
    ends = [f"{day:%Y-%m-%d}" if day else "" for day in (rule.valid_from, rule.valid_to)]
    return [
        ("Proposed for", TRIGGERS[law.Trigger(rule.trigger)]),
        ("Within", "; or ".join(limits) + (" (whichever ends first)" if len(limits) > 1 else "")),
        ("Calendar", "Yours" if rule.calendar == law.ORGANISATION else f"Public holidays of {rule.calendar}"),
        ("Weekends", _ROLLS[rule.roll] + until),
        ("To", rule.recipient),
        ("Citation", rule.citation),
        ("Valid", f"from {ends[0] or 'the beginning'} to {ends[1] or 'further notice'}"),
    ]


def start_label(start: str) -> str:
    """What starts a clock, for people."""
    return f"{start.removeprefix(law.FILED)} was filed" if start.startswith(law.FILED) else law.STARTS[start]


def all_rules() -> Iterable[RegulatorRule]:
    """Every version of every rule, by regime, newest version first."""
    people = ("approved_by", "withdrawn_by", "loaded_by")
    return RegulatorRule.objects.select_related(*people).order_by("regime", "key", "-version")


def may_propose(incident: Incident, by: Actor) -> list[RegulatorRule]:
    """The rules in force that the actor may put to an incident by hand: those that are not on it."""
    if rules.why_not_propose(by):
        return []
    there = DutyCase.objects.filter(incident=incident).values("rule__key")
    rows = RegulatorRule.objects.filter(approved_at__isnull=False, withdrawn_at=None).exclude(key__in=there).order_by("key")
    return [row for row in rows if not waits_for(row.limits)]


def in_hand(by: Actor) -> list[dict[str, Any]]:
    """What Legal and Privacy have still to decide or file, earliest due first: as incidents.mine.roles says it."""
    if not serves(by, *LAWFUL):
        return []
    waiting = DutyCase.objects.filter(filed_at=None).exclude(applies=False).select_related("rule", "incident")
    return [_in_hand(case) for case in waiting.order_by(F("due_at").asc(nulls_last=True), "id")[:MOST]]


def _in_hand(case: DutyCase) -> dict[str, Any]:
    clocks = [{"label": "Duty of law", "due_at": case.due_at, "late": late(case)}] if case.due_at else []
    return {
        "title": f"{case.incident.ref}: {case}",
        "role": state(case).capitalize(),
        "url": f"{reverse('duties', args=[case.incident.ref])}#duty-{case.pk}",
        "clocks": clocks,
        "steps": 0,
        "done": 0,
    }


def panel(incident: Incident, facts: Facts, by: Actor) -> dict[str, Any]:
    """What compliance/_duties_panel.html shows on a page of an incident: what waits, earliest due first, and where it is done."""
    template = "compliance/_duties_panel.html"
    if not (facts.flags or incident.restricted):  # most rooms never have any, and are not asked for
        return {"template": template, "any": False}
    found = cases(incident)
    return {
        "template": template,
        "rows": [
            {"label": str(case), "state": state(case), "due_at": case.due_at, "late": late(case)} for case in found if case.waits
        ],
        "any": True,
        "url": reverse("duties", args=[incident.ref]),
    }


def at(moment: datetime | None) -> str:
    """A moment as ISO 8601 in UTC; "" for none."""
    return moment.isoformat(timespec="seconds") if moment else ""
