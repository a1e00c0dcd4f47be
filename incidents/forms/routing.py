"""Forms of routing rules and maintenance."""

from typing import Any

from django import forms

from incidents.forms.fields import MomentField, number_field, text_area
from incidents.matching import as_lines, read_lines
from incidents.models import Integration, RoutingRule
from incidents.states import Severity
from oncall.models import Service

Outcome, Attach = RoutingRule.Outcome, RoutingRule.Attach


class ConditionsField(forms.CharField):
    """Conditions on labels, a line each."""

    def clean(self, value: Any) -> Any:
        """As a rule keeps them."""
        return read_lines(super().clean(value))


class RuleForm(forms.Form):
    """A routing rule."""

    name = forms.CharField(label="Name", max_length=80)
    labels = ConditionsField(
        label="Which alerts?",
        required=False,
        max_length=5000,
        widget=text_area(4),
        help_text="A condition a line, and all must hold: team = payments, env in prod, stage, host ~ db-[0-9]+",
    )
    integration = forms.ModelChoiceField(
        label="Only from", queryset=Integration.objects.none(), required=False, empty_label="Any integration"
    )
    service = forms.ModelChoiceField(
        label="Which service are they about?",
        queryset=Service.objects.none(),
        required=False,
        empty_label="The one that the label service names",
    )
    suggested_severity = forms.TypedChoiceField(
        label="How bad is it likely to be?",
        choices=[("", "Nothing is suggested"), *Severity.choices],
        coerce=int,
        empty_value=None,
        required=False,
    )
    outcome = forms.ChoiceField(label="What happens?", choices=Outcome.choices, initial=Outcome.ASK, widget=forms.RadioSelect)
    title = forms.CharField(
        label="Title of the incident",
        max_length=200,
        required=False,
        help_text="If it declares. Labels in braces: {alertname} on {service}. Empty: the alert's own words.",
    )
    attach = forms.ChoiceField(label="First, join a running incident", choices=Attach.choices, required=False)
    attach_label = forms.CharField(label="The label that makes the group", max_length=200, required=False)
    attach_minutes = number_field("Within how many minutes?", required=False, most=60 * 24 * 30)
    position = number_field("Position", required=False, help_text="The first rule that fits decides. Empty: last.")
    is_active = forms.BooleanField(label="In use", required=False, initial=True)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["integration"].queryset = Integration.objects.order_by("name")  # type: ignore[attr-defined]
        self.fields["service"].queryset = Service.objects.order_by("name")  # type: ignore[attr-defined]

    def changes(self) -> dict[str, Any]:
        """What was typed, by the rule's own fields; what was left empty and has a value of its own keeps that."""
        data = dict(self.cleaned_data)
        return {name: value for name, value in data.items() if not (name in ("position", "attach_minutes") and value is None)}


def typed(rule: RoutingRule) -> dict[str, Any]:
    """A rule as it is typed into the form."""
    names = (
        "name",
        "suggested_severity",
        "outcome",
        "title",
        "attach",
        "attach_label",
        "attach_minutes",
        "position",
        "is_active",
    )
    values = {name: getattr(rule, name) for name in names}
    return {**values, "labels": as_lines(rule.labels), "integration": rule.integration_id, "service": rule.service_id}


class MaintenanceForm(forms.Form):
    """Plan work on services."""

    name = forms.CharField(label="What is done?", max_length=80)
    starts_at = MomentField(label="From (UTC)")
    ends_at = MomentField(label="To (UTC)")
    services = forms.ModelMultipleChoiceField(
        label="On which services?", queryset=Service.objects.none(), widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["services"].queryset = Service.objects.order_by("name")  # type: ignore[attr-defined]
