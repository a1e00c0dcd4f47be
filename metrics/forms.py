"""The form of the filters. It only carries what is typed: metrics.filters says what is wrong with it, as at every door."""

from collections.abc import Collection
from typing import Any

from django import forms

from incidents.states import Severity
from metrics.filters import BY, NONE, Filters, Places
from tenants.refusals import Refused


class _AnyOf(forms.MultipleChoiceField):
    def validate(self, value: Any) -> None:
        """The filters judge it."""


class FilterForm(forms.Form):
    """Period, severities, service, team, and by what the figures are laid out."""

    severity = _AnyOf(label="Severity", choices=Severity.choices, required=False, widget=forms.CheckboxSelectMultiple)
    service = forms.CharField(label="Service", required=False)
    team = forms.CharField(label="Team", required=False)
    by = forms.CharField(label="Laid out by", required=False)

    def __init__(self, known: Places, asked: Collection[str], *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name, label in (("from", "From"), ("to", "To, included")):
            there = str((self.data.get(name) if self.is_bound else self.initial.get(name)) or "")
            # A period between two instants stays one: no browser shows an instant in a field for days.
            widget = forms.TextInput() if "T" in there else forms.DateInput(attrs={"type": "date"})
            self.fields[name] = forms.CharField(label=label, required=False, widget=widget)
        every = {name: [("", "All"), *known.of(name).values(), (NONE, "None named")] for name in ("service", "team")}
        for name, choices in (every | {"by": list(BY.items())}).items():
            typed = self.data.get(name, "") if self.is_bound else ""
            extra = [(typed, typed)] if typed and typed not in dict(choices) else []  # said beside it to be wrong, and not lost
            self.fields[name].widget = forms.Select(choices=[*choices, *extra])
        self.order_fields(["from", "to", "severity", "service", "team", "by"])
        for name in self.fields.keys() - {"from", "to"} - set(asked):
            del self.fields[name]


def form_of(filters: Filters, known: Places, asked: Collection[str]) -> FilterForm:
    """The form as it stands for these filters, with the period and those fields that are asked for."""
    first, last = filters.edges
    initial = {
        "from": first,
        "to": last,
        "severity": list(filters.severities),
        "service": filters.service,
        "team": filters.team,
        "by": filters.by,
    }
    return FilterForm(known, asked, initial=initial)


def refused_form(data: Any, known: Places, asked: Collection[str], refused: Refused) -> FilterForm:
    """The form with what was typed, and what is wrong with it beside each field."""
    form = FilterForm(known, asked, data)
    form.is_valid()
    for reason in refused.reasons:
        form.add_error(reason.field if reason.field in form.fields else None, reason.sentence)
    return form
