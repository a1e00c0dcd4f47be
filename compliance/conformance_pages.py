"""What the pages and the API of conformance show: an incident's report, a quarter with those before it, and what is behind a figure."""

import re
from datetime import date, time
from typing import Any

from django.urls import reverse
from django.utils.dateparse import parse_datetime

from compliance.conformance import quarter as counting
from compliance.conformance.loading import load
from compliance.conformance.quarter import Counted, Counts, together
from compliance.conformance.report import finding_out, for_incident, judge, section_of
from compliance.conformance.rows import record_of
from compliance.conformance.verdicts import Judgement, Verdict
from incidents.models import Incident
from incidents.states import Severity
from standard.calendar import instant
from standard.law import Law
from standard.law_types import Clause
from standard.quarters import Quarter, quarter_of
from standard.queries import calendar, in_force_id, law
from standard.reading import SECTIONS
from tenants.refusals import invalid
from tenants.time import now

BEFORE = 3  # quarters that stand beside the one that is shown
CHOICES = 12
DRILLED = (Verdict.BROKEN, Verdict.OVERRIDDEN, Verdict.NO_EVIDENCE, Verdict.KEPT)
_QUARTER = re.compile(r"([12][0-9]{3})-Q([1-4])")
ORDER = (Verdict.BROKEN, Verdict.OVERRIDDEN, Verdict.NO_EVIDENCE, Verdict.OPEN, Verdict.KEPT, Verdict.NOT_APPLICABLE)


def key_of(quarter: Quarter) -> str:
    """A quarter as addresses name it: 2026-Q4."""
    return f"{quarter.first_day.year}-Q{(quarter.first_day.month + 2) // 3}"


def quarter_for(asked: str) -> Quarter:
    """The quarter that is asked for; the running one without. Refuses (422) what is none, or has not begun."""
    running = quarter_of(calendar().hours.zone, now())
    if not asked:
        return running
    named = _QUARTER.fullmatch(asked[:20].upper())
    if named is None:
        raise invalid("quarter", "A quarter is named by its year and number, such as 2026-Q4.")
    first = date(int(named[1]), 3 * int(named[2]) - 2, 1)
    if first > running.first_day:
        raise invalid("quarter", "This quarter has not begun.")
    return quarter_of(running.zone, instant(running.zone, first, time()))


def choices(chosen: Quarter) -> list[dict[str, Any]]:
    """The quarters that can be chosen, the newest first: back to the first incident's, a dozen at most."""
    running = quarter_of(chosen.zone, now())
    first = Incident.objects.order_by("number").values_list("declared_at", flat=True).first() or now()
    found = [quarter for back in range(CHOICES) if (quarter := running.later(-back)).end > first]
    keys = dict.fromkeys([*(key_of(quarter) for quarter in found), key_of(chosen)])
    return [{"label": key, "url": f"?quarter={key}", "current": key == key_of(chosen)} for key in keys]


# --- One incident -------------------------------------------------------------------------------------------------------------


def incident_page(incident: Incident) -> dict[str, Any]:
    """An incident's report as its page shows it: what was not kept first, then by section. Times are datetimes."""
    report = for_incident(incident)
    rows = [_row(row, incident.ref) for row in report["clauses"]]
    return {
        "report": report,
        "deviations": [{**finding, "clause": row["clause"], "says": row["says"]} for row in rows for finding in row["findings"]],
        "sections": [
            {"title": SECTIONS.get(key, key), "key": f"section-{n}", "rows": [row for row in rows if row["section"] == key]}
            for n, key in enumerate(_sections(rows))
        ],
        "counts": [(verdict.label, report["counts"][verdict.value]) for verdict in ORDER],
        "late": [_with_times(one) for one in report["late_entries"]],
    }


def _sections(rows: list[dict[str, Any]]) -> list[str]:
    there = {row["section"] for row in rows}
    return [key for key in SECTIONS if key in there] + sorted(there - set(SECTIONS))


def _row(row: dict[str, Any], ref: str) -> dict[str, Any]:
    findings = [_with_times(finding) for finding in row["findings"]]
    for finding in findings:
        finding["entry_url"] = f"{reverse('incident', args=[ref])}#ev-{finding['entry']}" if finding["entry"] else ""
    return {**row, "label": Verdict(row["verdict"]).label, "findings": findings}


def _with_times(told: dict[str, Any]) -> dict[str, Any]:
    """The same, with its times as datetimes, which templates show."""
    moments = ("at", "recorded_at", "occurred_at")
    label = {"label": Verdict(told["verdict"]).label} if "verdict" in told else {}
    return {**told, **label, **{name: parse_datetime(told[name]) for name in moments if told.get(name)}}


# --- A quarter ----------------------------------------------------------------------------------------------------------------


def quarter_figures(quarter: Quarter) -> dict[str, Any]:
    """A quarter's conformance: {quarter, incidents, unjudged, sections: [{section, title, counts, before, clauses}], organisation}.

    `before` are the same section's counts of the quarters before, the newest first. The sections are those of the standard in force.
    """
    now_in_force = law(in_force_id())
    this = counting.counted(quarter)
    earlier = [(one, counting.counted(one)) for one in (quarter.later(-back) for back in range(1, BEFORE + 1))]
    own = counting.of_the_organisation(quarter, now_in_force)
    return {
        "quarter": key_of(quarter),
        "first_day": quarter.first_day,
        "incidents": this.incidents,
        "unjudged": this.unjudged,
        "before": [{"quarter": key_of(one), "incidents": of.incidents, "unjudged": of.unjudged} for one, of in earlier],
        "sections": _by_section(now_in_force, this, earlier),
        "organisation": [(now_in_force.clause(clause), judgement) for clause, judgement in own.items()],
    }


def _by_section(standard: Law, this: Counted, earlier: list[tuple[Quarter, Counted]]) -> list[dict[str, Any]]:
    clauses: dict[str, list[Clause]] = {}
    for clause in standard.clauses:
        if clause.judged and clause.id in this.clauses:
            clauses.setdefault(section_of(clause), []).append(clause)
    nothing = Counts({})
    return [
        {
            "section": key,
            "title": SECTIONS.get(key, key),
            "counts": together(this.clauses[clause.id] for clause in found),
            "before": [(key_of(one), together(of.clauses.get(clause.id, nothing) for clause in found)) for one, of in earlier],
            "clauses": [(clause, this.clauses[clause.id]) for clause in found],
        }
        for key, found in clauses.items()
    ]


def quarter_page(quarter: Quarter) -> dict[str, Any]:
    """The same as the page shows it, with where each figure leads."""
    found = quarter_figures(quarter)
    key = found["quarter"]
    shown = {name: found[name] for name in ("quarter", "incidents", "unjudged")}  # a template's `organisation` is another
    return {
        **shown,
        "choices": choices(quarter),
        "sections": [
            {
                **section,
                "key": f"section-{n}",
                "rows": [
                    {"clause": clause, "counts": counts, "cells": [_cell(key, clause.id, counts, verdict) for verdict in DRILLED]}
                    for clause, counts in section["clauses"]
                ],
            }
            for n, section in enumerate(found["sections"])
        ],
        "over_the_quarter": [_own(clause, judgement) for clause, judgement in found["organisation"]],
    }


def _cell(quarter: str, clause: str, counts: Counts, verdict: Verdict) -> dict[str, Any]:
    n = counts.of(verdict)
    url = f"{reverse('conformance-incidents')}?quarter={quarter}&clause={clause}&verdict={verdict.value}" if n else ""
    return {"label": verdict.label, "n": n, "url": url}


def _own(clause: Clause, judgement: Judgement) -> dict[str, Any]:
    return {
        "clause": clause.id,
        "says": clause.says,
        "verdict": judgement.verdict.value,
        "label": judgement.verdict.label,
        "why": judgement.why,
        "findings": judgement.findings[:50],
        "more": max(0, len(judgement.findings) - 50),
    }


# --- Behind a figure ----------------------------------------------------------------------------------------------------------


def behind(quarter: Quarter, asked: str, verdict: str) -> tuple[Clause, Verdict, list[int]]:
    """The clause, the verdict and the ids of the incidents behind a figure. Refuses (422) what is no clause, or no verdict."""
    clauses = {clause.id: clause for clause in law(in_force_id()).clauses if clause.judged}
    if asked not in clauses:
        raise invalid("clause", "The standard in force has no such clause that is judged.")
    if verdict not in list(Verdict):
        raise invalid("verdict", f"A verdict is one of {', '.join(Verdict)}.")
    return clauses[asked], Verdict(verdict), counting.with_verdict(quarter, asked, Verdict(verdict))


def behind_rows(clause: str, incident_ids: list[int]) -> list[dict[str, Any]]:
    """These incidents, each with what became of the clause: [{ref, title, severity, level, declared_at, url, why, findings}]."""
    tables = load(incident_ids)
    rows = []
    for incident in Incident.objects.filter(pk__in=incident_ids).order_by("-number"):
        judgement = judge(record_of(tables[incident.pk]))[clause]
        rows.append(
            {
                "ref": incident.ref,
                "title": incident.title,
                "severity": incident.severity,
                "level": Severity(incident.severity).label,
                "declared_at": incident.declared_at,
                "restricted": incident.restricted,
                "url": reverse("conformance", args=[incident.ref]),
                "why": judgement.why,
                "findings": [_with_times(finding_out(finding)) for finding in judgement.findings],
            }
        )
    return rows
