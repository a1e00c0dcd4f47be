"""The parts of the standard that people change by form: what each shows, and what it writes back into the draft's content.

A part is a form for one stretch of the content. Every place of the content that it covers has a field, so that what
`standard.law` refuses is shown beside what was typed.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, get_args

from django import forms

from ledger.form_fields import text_area
from standard.law import LEVELS, TEMPLATE_CLAUSE
from standard.law_types import Bridge, Duty, Hours, Urgency

type Content = dict[str, Any]

NEW_ROWS = 3
_PLACE = re.compile(r"\[([^\]]*)\](?:\.(\w+))?")


class PartForm(forms.Form):
    """A part's form. `groups` are its fields under headings; `wrote` puts what was typed into a copy of the content."""

    revision = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, data: Any, content: Content, revision: int) -> None:
        self.content = content
        super().__init__(data, initial={"revision": revision})
        self.build()

    def build(self) -> None:
        """Add the fields."""

    def groups(self) -> Iterator[tuple[str, list[forms.BoundField]]]:
        """(heading, fields); an empty heading is no group of its own."""
        yield "", [self[name] for name in self.fields if name != "revision"]

    def wrote(self) -> Content:
        """A copy of the content with what was typed."""
        raise NotImplementedError

    def field_of(self, path: str) -> str | None:
        """The field that stands for a place of the content, or None where none does."""
        name = path.rpartition(".")[2]
        return name if name in self.fields else None

    def add(self, name: str, field: forms.Field, initial: Any) -> None:
        """Add a field with its value."""
        self.fields[name] = field
        self.initial[name] = initial


def _line(label: str, *, required: bool = True, help_text: str = "", rows: int = 0) -> forms.CharField:
    widget = text_area(rows) if rows else forms.TextInput()
    return forms.CharField(label=label, required=required, help_text=help_text, widget=widget, max_length=4_000)


def _number(label: str, *, required: bool = False, help_text: str = "") -> forms.IntegerField:
    return forms.IntegerField(label=label, required=required, help_text=help_text, min_value=1, max_value=525_600)


def _words(value: str) -> str:
    return value.replace("_", " ").capitalize()


class About(PartForm):
    """Whose standard it is."""

    NAMES = {"title": "Title", "owner": "Owner", "audience": "For whom", "contact": "Contact"}

    def build(self) -> None:
        """One line each."""
        for name, label in self.NAMES.items():
            self.add(name, _line(label), self.content[name])

    def wrote(self) -> Content:
        """Each under its own key."""
        return {**deepcopy(self.content), **{name: self.cleaned_data[name] for name in self.NAMES}}


class ScriptsForm(PartForm):
    """Phrases spoken word for word."""

    NAMES = {
        "triage_question": ("The question of triage", "No placeholders."),
        "handing_over": ("Handing over command", "With {name}."),
        "taking_command": ("Taking command", "No placeholders."),
        "executive": ("To an executive in the room", "With {executive}, {summary}, {ol} and {cl}."),
    }

    def build(self) -> None:
        """One text each."""
        for name, (label, hint) in self.NAMES.items():
            self.add(name, _line(label, help_text=hint, rows=3), self.content["scripts"][name])

    def wrote(self) -> Content:
        """Under `scripts`."""
        return {**deepcopy(self.content), "scripts": {name: self.cleaned_data[name] for name in self.NAMES}}


class SeverityForm(PartForm):
    """All that a level causes."""

    level = 1
    CADENCE_CLAUSES = {1: "severity.sev1-cadence", 2: "severity.sev2-cadence"}

    @property
    def entry(self) -> Content:
        """The level in the content."""
        found: Content = next(one for one in self.content["severities"] if one["level"] == self.level)
        return found

    def build(self) -> None:
        """What it means; whom it wakes and tells; its limits."""
        entry, cadence, fix = self.entry, self.entry["cadence"] or {}, self.entry["fix"] or {}
        duties = [(duty, _words(duty)) for duty in get_args(Duty)]
        self.add("name", _line("Name"), entry["name"])
        for name, label in (("definition", "It is one when"), ("examples", "Examples")):
            self.add(name, _line(label, help_text="One a line.", rows=5), "\n".join(entry[name]))
        for name, label in (("mobilises", "It opens a war room"), ("pages_on_call", "It pages whoever is on call")):
            self.add(name, forms.BooleanField(label=label, required=False), entry[name])
        for name, label, values in (
            ("urgency", "Urgency of the page", Urgency),
            ("hours", "Pages in hours", Hours),
            ("bridge", "Video bridge", Bridge),
        ):
            choices = [(value, _words(value)) for value in get_args(values)]
            self.add(name, forms.ChoiceField(label=label, choices=choices), entry[name])
        for name, label in (("pages_duties", "Duties paged"), ("notifies_duties", "Duties told")):
            several = forms.MultipleChoiceField(label=label, choices=duties, required=False, widget=forms.CheckboxSelectMultiple)
            self.add(name, several, entry[name])
        for name, label in (
            ("prompt_minutes", "Update asked for after, minutes"),
            ("break_minutes", "Update late after, minutes"),
        ):
            self.add(name, _number(label, help_text="Leave both empty where none is asked for."), cadence.get(name))
        for name, label in (
            ("prompt_business_days", "Fix asked for after, business days"),
            ("break_business_days", "Fix late after, business days"),
            ("sprints", "Or: fix due at the end of the n-th sprint"),
        ):
            self.add(name, _number(label, help_text="Leave empty where no fix is owed."), fix.get(name))
        self.add("action_item_sprints", _number("Action items done within, sprints"), entry["action_item_sprints"])

    def groups(self) -> Iterator[tuple[str, list[forms.BoundField]]]:
        """By what they cause."""
        told = {
            "What it is": ("name", "definition", "examples"),
            "Whom it wakes and tells": (
                *("pages_on_call", "urgency", "hours", "pages_duties", "notifies_duties", "mobilises", "bridge"),
            ),
            "Its limits": (
                *("prompt_minutes", "break_minutes", "prompt_business_days", "break_business_days", "sprints"),
                "action_item_sprints",
            ),
        }
        return ((heading, [self[name] for name in names]) for heading, names in told.items())

    def clean(self) -> None:
        """Of a limit with two ends, both or neither; of fixes, in days or in sprints."""
        typed = self.cleaned_data
        for first, second in (("prompt_minutes", "break_minutes"), ("prompt_business_days", "break_business_days")):
            for one, other in ((first, second), (second, first)):
                if typed.get(one) and not typed.get(other) and not self.has_error(other):
                    self.add_error(other, "Give both, or neither.")
        if typed.get("sprints") and typed.get("break_business_days"):
            self.add_error("sprints", "A fix is counted in business days or in sprints, not in both.")

    def wrote(self) -> Content:
        """The level with what was typed."""
        made = deepcopy(self.content)
        typed = self.cleaned_data
        plain = ("name", "mobilises", "pages_on_call", "urgency", "hours", "bridge", "pages_duties", "notifies_duties")
        new = {name: typed[name] for name in (*plain, "action_item_sprints")}
        for name in ("definition", "examples"):
            new[name] = [line.strip() for line in typed[name].splitlines() if line.strip()]
        clause = (self.entry["cadence"] or {}).get("clause") or self.CADENCE_CLAUSES.get(self.level, "principle.communicate")
        new["cadence"] = _limit(clause, typed, "prompt_minutes", "break_minutes")
        new["fix"] = _limit("severity.sev3-fix", typed, "prompt_business_days", "break_business_days") or _limit(
            "severity.sev4-ticket", typed, "sprints"
        )
        next(one for one in made["severities"] if one["level"] == self.level).update(new)
        return made


def _limit(clause: str, typed: Mapping[str, Any], *names: str) -> Content | None:
    """A limit as the standard has it; None where nothing was typed."""
    return {"clause": clause, **{name: typed[name] for name in names}} if typed[names[-1]] else None


class ClocksForm(PartForm):
    """The limits that no severity changes."""

    def build(self) -> None:
        """When each asks, and when it is due; what it counts in is fixed."""
        for clock in self.content["clocks"]:
            key, unit = clock["key"], clock["unit"].replace("_", " ")
            due = "Due after" if clock["bound"] == "at_most" else "Lasts at least"
            self.add(f"label-{key}", _line("What it measures"), clock["label"])
            self.add(f"due-{key}", _number(f"{due}, {unit}", required=True), clock["due"])
            if clock["bound"] == "at_most":
                self.add(f"prompt-{key}", _number(f"Asked for after, {unit}"), clock["prompt"])

    def groups(self) -> Iterator[tuple[str, list[forms.BoundField]]]:
        """A clock each."""
        for clock in self.content["clocks"]:
            names = [f"{name}-{clock['key']}" for name in ("label", "due", "prompt")]
            yield f"{clock['label']} ({clock['clause']})", [self[name] for name in names if name in self.fields]

    def wrote(self) -> Content:
        """Each clock with its own."""
        made = deepcopy(self.content)
        for clock in made["clocks"]:
            for name in ("label", "due", "prompt"):
                clock[name] = self.cleaned_data.get(f"{name}-{clock['key']}", clock[name])
        return made

    def field_of(self, path: str) -> str | None:
        """`clocks[roles].due` is `due-roles`."""
        found = _PLACE.search(path)
        name = f"{found[2] or 'due'}-{found[1]}" if found else ""
        return name if name in self.fields else None


@dataclass(frozen=True, slots=True)
class Column:
    """One text of a row."""

    name: str
    label: str
    rows: int = 0


class RowsForm(PartForm):
    """Rows in an order: each with its texts and its place; one whose first text is emptied is removed; some are for new ones."""

    path: tuple[str, ...] = ()
    identity = "key"
    noun = "Row"
    columns: Sequence[Column] = ()

    def entries(self, content: Content) -> list[Content]:
        """The list that the rows are, in a content."""
        found: Any = content
        for step in self.path:
            found = found[step]
        rows: list[Content] = found
        return rows

    def build(self) -> None:
        """As many rows as were sent, else as there are and some more."""
        entries = self.entries(self.content)
        known = [str(entry[self.identity]) for entry in entries] + [""] * NEW_ROWS
        if self.is_bound:
            known = [str(self.data.get(f"id-{n}", "")) for n in range(min(len(entries) + 40, 300)) if f"id-{n}" in self.data]
        by_identity = {str(entry[self.identity]): entry for entry in entries}
        self.count = len(known)
        for n, identity in enumerate(known):
            entry = by_identity.get(identity, {})
            self.add(f"id-{n}", forms.CharField(widget=forms.HiddenInput, required=False, max_length=60), identity)
            for column in self.columns:
                self.add(f"{column.name}-{n}", _line(column.label, required=False, rows=column.rows), entry.get(column.name, ""))
            self.add(f"place-{n}", _number("Place"), n + 1 if identity else None)

    def groups(self) -> Iterator[tuple[str, list[forms.BoundField]]]:
        """A row each."""
        for n in range(self.count):
            heading = f"{self.noun} {n + 1}" if self[f"id-{n}"].value() else f"A new {self.noun.lower()}"
            yield heading, [self[f"id-{n}"], *(self[f"{column.name}-{n}"] for column in self.columns), self[f"place-{n}"]]

    def wrote(self) -> Content:
        """The rows in the order of their places."""
        made = deepcopy(self.content)
        entries = self.entries(made)
        by_identity = {str(entry[self.identity]): entry for entry in entries}
        rows = []
        taken = set(by_identity)
        for n in range(self.count):
            texts = {column.name: self.cleaned_data.get(f"{column.name}-{n}", "").strip() for column in self.columns}
            if texts[self.columns[0].name]:
                identity = self.cleaned_data.get(f"id-{n}", "")
                entry = by_identity.get(identity) or self.fresh(identity or _key(texts[self.columns[0].name], taken))
                taken.add(str(entry.get(self.identity, "")))
                rows.append((self.cleaned_data.get(f"place-{n}") or self.count + 1, n, {**entry, **texts}))
        entries[:] = [entry for _, _, entry in sorted(rows, key=lambda row: row[:2])]
        return made

    def fresh(self, identity: str) -> Content:
        """What a new row has besides its texts."""
        return {self.identity: identity}

    def field_of(self, path: str) -> str | None:
        """`glossary[SLA].meaning` is the field of the row that is called so."""
        found = _PLACE.search(path)
        for n in range(self.count) if found else ():
            same = found is not None and found[1] in (self[f"id-{n}"].value(), self[f"{self.columns[0].name}-{n}"].value())
            name = f"{found[2] or self.columns[0].name}-{n}" if found else ""
            if same and name in self.fields:
                return name
        return None


def _key(words: str, taken: set[str]) -> str:
    """A key for a new row, from its words: letters, digits and underscores, and not one that is taken."""
    plain = re.sub(r"[^a-z0-9]+", "_", words.lower()).strip("_")[:40] or "own"
    return next(key for key in (plain, *(f"{plain}_{n}" for n in range(2, 400))) if key not in taken)


class SectionsForm(RowsForm):
    """The sections of a post-mortem, an organisation's own among them."""

    path, noun = ("postmortem_template",), "Section"
    columns = (Column("title", "Title"), Column("prompt", "What belongs there", rows=3))

    def fresh(self, identity: str) -> Content:
        """A section of one's own."""
        return {"key": identity, "clause": TEMPLATE_CLAUSE}


class GlossaryForm(RowsForm):
    """Words of the trade."""

    path, identity, noun = ("glossary",), "term", "Term"
    columns = (Column("term", "Term"), Column("stands_for", "Stands for"), Column("meaning", "Meaning", rows=2))


class ChecklistForm(RowsForm):
    """The steps of a role. A new one is ticked by hand; one that ticks itself goes on doing so."""

    noun = "Step"
    columns = (Column("text", "What is to be done"),)

    def fresh(self, identity: str) -> Content:
        """A step that a person ticks."""
        return {"key": identity, "ticks_on": None, "ticks_if": {}}


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the standard: its form, and what a person calls it."""

    key: str
    title: str
    lead: str
    form: Callable[[Any, Content, int], PartForm]


def _severity(level: int) -> Part:
    form = type(f"Severity{level}Form", (SeverityForm,), {"level": level})
    return Part(f"sev{level}", f"SEV {level}", "Whom it wakes, who is told, and which limits run.", form)


def _checklist(role: str, title: str) -> Part:
    form = type(f"Checklist{role.title()}Form", (ChecklistForm,), {"path": ("checklists", role)})
    lead = "Empty a step to remove it; its place is its number in the order."
    return Part(f"checklist-{role}", f"Checklist: {title}", lead, form)


PARTS: Mapping[str, Part] = {
    part.key: part
    for part in (
        Part("about", "Title, owner and contact", "What stands at the head of the standard.", About),
        *(_severity(level) for level in LEVELS),
        Part("clocks", "Clocks", "The limits that no severity changes. What each counts in is fixed.", ClocksForm),
        _checklist("ic", "Incident Commander"),
        _checklist("ol", "Operations Lead"),
        _checklist("cl", "Communications Lead"),
        Part(
            "postmortem",
            "Sections of a post-mortem",
            "In their order. The five of the standard stay; empty the title of another to remove it, or add your own.",
            SectionsForm,
        ),
        Part("scripts", "Scripts", "Phrases that are spoken word for word.", ScriptsForm),
        Part("glossary", "Glossary", "Empty a term to remove it.", GlossaryForm),
    )
}
