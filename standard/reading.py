"""The standard as a page that people read: its parts in their order, with what is kept this quarter, and searched by words."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from standard import kept
from standard.law import Law
from standard.law_types import Clause, ClockRule, Severity
from standard.models import StandardVersion
from standard.models.process import quarter_name
from standard.quarters import Quarter, quarter_of
from standard.queries import calendar
from tenants.actors import Duty
from tenants.time import now

# The standard's own sections, by the first of a clause's `ref`.
SECTIONS: Mapping[str, str] = {
    "1": "What we hold to",
    "2": "From the first signal to the end",
    "3": "Severities and what they cause",
    "4": "Who does what in the room",
    "5": "Manners of the war room",
    "6": "On call and tools",
    "7": "Law and evidence",
    "8": "Learning from it",
    "9": "Checklists",
    "10": "Figures",
    "Roles and Responsibilities": "People of the process",
    "Continuous Improvement": "Getting better",
}
ROLES = {"ic": "Incident Commander", "ol": "Operations Lead", "cl": "Communications Lead"}
UNITS = {"minutes": "minute", "business_days": "business day", "sprints": "sprint", "quarters": "quarter"}


@dataclass(frozen=True, slots=True)
class Search:
    """Words that must all be in what is shown; none shows everything."""

    words: tuple[str, ...]

    def finds(self, *texts: str) -> bool:
        """Whether every word is in one of the texts."""
        together = " ".join(texts).casefold()
        return all(word in together for word in self.words)


def search_for(query: str) -> Search:
    """The words of what was typed, the first few of them."""
    return Search(tuple(query.casefold()[:200].split()[:10]))


def page(version: StandardVersion, law: Law, query: str) -> dict[str, Any]:
    """All that the page shows of a version; with `query` only what has its words. One query for the clauses kept, two for the calendar."""
    search, quarter = search_for(query), running_quarter()
    measured = kept.in_quarter(quarter.start, quarter.end)
    parts: dict[str, Any] = {
        "severities": [
            _severity(one) for one in law.severities if search.finds(one.label, one.name, *one.definition, *one.examples)
        ],
        "sections": sections(law, measured, search),
        "checklists": checklists(law, search),
        "clocks": [_clock(clock) for clock in law.clocks if search.finds(clock.label, clock.clause)],
        "lifecycle": [one for one in law.lifecycle if search.finds(one.label, one.meaning)],
        "template": [one for one in law.postmortem_template if search.finds(one.title, one.prompt)],
        "scripts": [one for one in _scripts(law) if search.finds(*one)],
        "glossary": [one for one in law.glossary if search.finds(one.term, one.stands_for, one.meaning)],
    }
    return {
        **parts,
        "found": any(parts.values()),
        "q": query[:200],
        "version": version,
        "law": law,
        "quarter": quarter_name(quarter.first_day),
    }


def running_quarter() -> Quarter:
    """The quarter of now on the organisation's calendar."""
    zone = calendar().hours.zone
    return quarter_of(zone, now())


def sections(law: Law, measured: Mapping[str, kept.Kept], search: Search) -> list[dict[str, Any]]:
    """The clauses by section: [{title, key, clauses: [{clause, kept}]}], those that the search finds."""
    found: dict[str, list[dict[str, Any]]] = {}
    for clause in law.clauses:
        if search.finds(clause.id, clause.says, clause.portal):
            shown = {"clause": clause, "kept": measured.get(clause.id), "kinds": ", ".join(clause.kinds)}
            found.setdefault(_section_of(clause), []).append(shown)
    order = [section for section in SECTIONS if section in found] + [section for section in found if section not in SECTIONS]
    return [{"title": SECTIONS.get(one, one), "key": f"section-{n}", "clauses": found[one]} for n, one in enumerate(order)]


def _section_of(clause: Clause) -> str:
    return clause.ref.partition(",")[0].strip()


def checklists(law: Law, search: Search) -> list[dict[str, Any]]:
    """The roles with their steps: [{role, name, steps}]."""
    rows = [{"role": role, "name": name, "steps": getattr(law.checklists, role)} for role, name in ROLES.items()]
    return [row for row in rows if search.finds(str(row["name"]), *(step.text for step in row["steps"]))]


def _severity(one: Severity) -> dict[str, Any]:
    """A severity, with what it causes in sentences."""
    return {"level": one.level, "label": one.label, "name": one.name, "definition": one.definition, "examples": one.examples,
            "causes": list(_causes(one))}  # fmt: skip


def _causes(one: Severity) -> Iterable[str]:
    if one.pages_on_call:
        yield f"Whoever is on call is paged, {'at any hour' if one.hours == 'always' else 'in business hours'}, with {one.urgency} urgency."
    else:
        yield "Nobody is paged."
    if one.pages_duties:
        yield f"Paged too: {_duties(one.pages_duties)}."
    if one.notifies_duties:
        yield f"Told: {_duties(one.notifies_duties)}."
    if one.mobilises:
        bridge = {"recorded": ", with a video bridge that is recorded", "plain": ", with a video bridge"}.get(one.bridge, "")
        yield f"A war room opens{bridge}."
    if one.cadence:
        yield f"An update is asked for after {one.cadence.prompt_minutes} minutes and is late after {one.cadence.break_minutes}."
    if one.fix is not None:
        yield _fix(one)
    if one.action_item_sprints:
        yield f"What it taught is done within {_many(one.action_item_sprints, 'sprint')}."


def _fix(one: Severity) -> str:
    days = getattr(one.fix, "break_business_days", None)
    if days is not None:
        return f"It is fixed within {_many(days, 'business day')}; it is asked for after {getattr(one.fix, 'prompt_business_days', days)}."
    return f"It is fixed by the end of the {_nth(getattr(one.fix, 'sprints', 1))} sprint that begins after it was declared."


def _nth(number: int) -> str:
    return {1: "first", 2: "second", 3: "third"}.get(number, f"{number}th")


def _many(amount: int, unit: str) -> str:
    return f"{amount:,} {unit}{'' if amount == 1 else 's'}"


def _duties(duties: Iterable[str]) -> str:
    known = {duty.value: duty.label for duty in Duty}
    return ", ".join(known.get(duty, duty.replace("_", " ").capitalize()) for duty in duties)


def _clock(clock: ClockRule) -> dict[str, Any]:
    """A clock with its limit in words."""
    span = _many(clock.due, UNITS[clock.unit])
    limit = f"within {span}" if clock.bound == "at_most" else f"for {span} at least"
    asked = f"asked for after {_many(clock.prompt, UNITS[clock.unit])}" if clock.prompt else ""
    return {"label": clock.label, "clause": clock.clause, "limit": limit, "asked": asked}


def _scripts(law: Law) -> list[tuple[str, str]]:
    return [
        ("The question of triage", law.scripts.triage_question),
        ("Handing over command", law.scripts.handing_over),
        ("Taking command", law.scripts.taking_command),
        ("To an executive in the room", law.scripts.executive),
    ]


def versions(rows: QuerySet[StandardVersion], in_force: int) -> list[dict[str, Any]]:
    """Versions for a list, the newest first: each with whether it is in force, still to come, over, or withdrawn."""
    moment, shown = now(), []
    for version in (
        rows.defer("content").select_related("published_by").prefetch_related("withdrawals__withdrawn_by").order_by("-number")
    ):
        withdrawal = next(iter(version.withdrawals.all()), None)
        standing = (
            "withdrawn"
            if withdrawal
            else "in force"
            if version.pk == in_force
            else "to come"
            if version.effective_at > moment
            else "over"
        )
        shown.append({"version": version, "standing": standing, "withdrawal": withdrawal})
    return shown
