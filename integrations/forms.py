"""Forms of setting up integrations."""

from typing import Any

from django import forms

from incidents.forms.fields import text_area
from incidents.models import Integration
from integrations.generic.mapping import NEEDED, PLACES

LABELS = {
    "key": ("What tells one alert from another?", "Its place, such as /event/id. It stays the same from firing to clearing."),
    "title": ("What is wrong?", "What people read first: /event/name."),
    "status": ("Whether it fires", "/event/state. Without it everything that comes fires."),
    "severity": ("How bad it is", "/event/priority. The table of levels says what its values mean."),
    "summary": ("More about it", "/event/text"),
    "url": ("Where it is seen", "/links/0/href"),
    "group": ("What belongs together", "/service/id. Alerts of one group are one question; without it each is its own."),
    "labels": ("Labels", "The place of an object: each of its plain values becomes a label, which rules ask for."),
    "alerts": (
        "Where a list of alerts is",
        "/alerts, if one request brings several. All other places are then those in each of them.",
    ),
}


class IntegrationForm(forms.Form):
    """Add an integration."""

    name = forms.CharField(label="Name", max_length=80, help_text="What you call it: Prometheus in Frankfurt.")
    kind = forms.ChoiceField(label="What speaks here?", choices=Integration.Kind.choices, widget=forms.RadioSelect)
    signed = forms.BooleanField(
        label="Refuse what is not signed", required=False, help_text="Grafana 12 and later can sign what they send."
    )


class KeyForm(forms.Form):
    """Another key."""

    withdraw = forms.BooleanField(
        label="Withdraw the keys that there are", required=False, help_text="What still sends with them is refused from then on."
    )


class MappingForm(forms.Form):
    """Where in the JSON of a generic integration everything is. Nothing is saved before it was tried."""

    sample = forms.CharField(
        label="A sample of what is sent",
        widget=text_area(10),
        required=False,
        max_length=100_000,
        strip=False,
        help_text="Paste one request's JSON. It is only tried, and not kept.",
    )
    ended = forms.CharField(
        label="Values that say it is over",
        required=False,
        initial="resolved, ok, closed, recovered",
        help_text="Of “Whether it fires”, with commas between them. Any other value says that it fires.",
    )
    acknowledged = forms.CharField(
        label="Values that say somebody has seen it", required=False, help_text="With commas between them. That stops no page."
    )
    levels = forms.CharField(
        label="What the severities mean", required=False, widget=text_area(4), help_text="A line each: critical = SEV1"
    )
    extra = forms.CharField(
        label="More labels", required=False, widget=text_area(4), help_text="A line each: service = /monitor/service"
    )

    field_order = ("sample", *PLACES, "ended", "acknowledged", "levels", "extra")

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for name in PLACES:
            label, hint = LABELS[name]
            self.fields[name] = forms.CharField(
                label=label,
                help_text=hint,
                required=name in NEEDED,
                max_length=200,
                widget=forms.TextInput(attrs={"class": "mono"}),
            )
        self.order_fields(self.field_order)

    def mapping(self) -> dict[str, Any]:
        """What was typed, as a mapping is kept."""
        data = self.cleaned_data
        return {
            **{name: data[name] for name in PLACES if data[name]},
            "ended": _words(data["ended"]),
            "acknowledged": _words(data["acknowledged"]),
            "levels": _lines(data["levels"]),
            "extra": _lines(data["extra"]),
        }


def typed(mapping: dict[str, Any]) -> dict[str, str]:
    """A mapping as it is typed into the form."""
    if not mapping:
        return {}
    words = {name: ", ".join(mapping.get(name) or []) for name in ("ended", "acknowledged")}
    tables = {name: "\n".join(f"{k} = {v}" for k, v in (mapping.get(name) or {}).items()) for name in ("levels", "extra")}
    return {**{name: mapping.get(name, "") for name in PLACES}, **words, **tables}


def _words(said: str) -> list[str]:
    return [word.strip() for word in said.split(",") if word.strip()]


def _lines(said: str) -> dict[str, str]:
    """Lines of `name = value`; a line without an equals sign keeps its name, and fails as having no value."""
    pairs = [line.partition("=") for line in said.splitlines() if line.strip()]
    return {name.strip(): value.strip() for name, _, value in pairs}
