"""The register of breaches: every incident that was ever flagged but drills, with facts, effects, remedy, decisions and filings (GDPR art. 33(5)).

It says what the record says; nothing is typed into it. Whom the walls hide an incident from does not see it here.
"""

import csv
import io
from collections.abc import Sequence
from typing import Any

from django.db.models import Prefetch, QuerySet

from compliance.duties_people import serves
from compliance.duties_showing import at, state
from compliance.models import DutyCase, DutyFiling
from incidents.models import Flag, Incident, StatusUpdate
from incidents.rules.outside import outside
from incidents.rules.restriction import LAWFUL
from incidents.states import FlagKey, FlagKind
from postmortems.item_csv import safe
from postmortems.models import ActionItem, PostMortem, kept
from tenants.actors import Actor

type Row = dict[str, Any]

COLUMNS = ("incident", "title", "flags", "began_at", "flagged_at", "facts", "effects", "remedy", "decisions", "filings")


def breaches(by: Actor) -> QuerySet[Incident]:
    """The flagged incidents that the actor may read, newest first. Executives and Support read only what they are named on."""
    parts = (
        Prefetch("flags", queryset=Flag.objects.order_by("id")),
        Prefetch(
            "duties", queryset=DutyCase.objects.order_by("id").select_related("rule", "decided_by").prefetch_related(_filings())
        ),
        Prefetch("action_items", queryset=kept().order_by("number")),
    )
    rows = (
        Incident.objects.filter(exercise=False, pk__in=Flag.objects.values("incident"))
        .prefetch_related(*parts)
        .order_by("-number")
    )
    return rows.filter(restricted=True) if outside(by) and not serves(by, *LAWFUL) else rows


def _filings() -> "Prefetch[str, QuerySet[DutyFiling], str]":
    return Prefetch("filings", queryset=DutyFiling.objects.order_by("id").select_related("filed_by"))


def rows(found: Sequence[Incident]) -> list[Row]:
    """What the register says of these incidents."""
    ids = [incident.pk for incident in found]
    learnt = {one.incident_id: one for one in PostMortem.objects.filter(incident__in=ids)}
    told: dict[int, str] = {}
    for pk, impact in (
        StatusUpdate.objects.filter(incident__in=ids, published_at__isnull=False)
        .order_by("id")
        .values_list("incident_id", "impact")
    ):
        told[pk] = impact or told.get(pk, "")
    return [_row(incident, learnt.get(incident.pk), told.get(incident.pk, "")) for incident in found]


def _row(incident: Incident, learnt: PostMortem | None, impact: str) -> Row:
    flags = list(incident.flags.all())
    cases: list[DutyCase] = list(incident.duties.all())
    items: list[ActionItem] = list(incident.action_items.all())
    affected = (
        [f"{learnt.users_affected:,} people affected. {learnt.users_note}"]
        if learnt and learnt.users_affected is not None
        else []
    )
    return {
        "incident": incident.ref,
        "title": incident.title,
        "flags": "; ".join(_flag(flag) for flag in flags),
        "began_at": incident.began,
        "flagged_at": flags[0].raised_at,
        "facts": "\n".join(flag.reason for flag in flags),
        "effects": "\n".join(part.strip() for part in [*affected, impact] if part.strip()),
        "remedy": "\n".join(part for part in [incident.summary, *(f"{item.ref}: {item.title}" for item in items)] if part),
        "decisions": "\n".join(_decision(case) for case in cases),
        "filings": "\n".join(_filing(case, filing) for case in cases for filing in case.filings.all()),
    }


def _flag(flag: Flag) -> str:
    kinds = ", ".join(FlagKind(kind).label.lower() for kind in flag.kinds.split(",") if kind)
    lifted = f", lifted at {at(flag.lifted_at)}: {flag.lift_reason}" if flag.lifted_at else ""
    return f"{FlagKey(flag.key).label}{f' ({kinds})' if kinds else ''}{lifted}"


def _decision(case: DutyCase) -> str:
    if case.applies is None:
        return f"{case} ({case.rule.citation}): to decide"
    who = case.decided_by.name if case.decided_by else ""
    due = f" Due {at(case.due_at)}." if case.due_at else ""
    applies = "applies" if case.applies else "does not apply"
    return f"{case} ({case.rule.citation}): {applies}, {who}, {at(case.decided_at)}: {case.reason}{due} Now: {state(case)}."


def _filing(case: DutyCase, filing: DutyFiling) -> str:
    return f"{case}: filed {at(filing.at)} by {filing.filed_by.name}, {filing.reference}, proof file {filing.file} SHA-256 {filing.sha256}"


def document(found: Sequence[Row]) -> str:
    """The register as CSV: a heading, then a line an incident. Times are ISO 8601 in UTC; no cell is taken for a formula."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(name.replace("_", " ") for name in COLUMNS)
    for row in found:
        writer.writerow([safe(at(value) if name.endswith("_at") else value) for name, value in ((n, row[n]) for n in COLUMNS)])
    return out.getvalue()
