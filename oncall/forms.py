"""Forms of schedules: shape and labels. Their fields are named as the actions' reasons name them."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django import forms
from django.http import QueryDict

from ledger.form_fields import text_area
from oncall.models import Layer, Team
from oncall.moments import TWICE
from oncall.reading import BYTES_MOST
from oncall.rota import OnCallDuty
from tenants.models import User

DUTIES = [(duty.value, duty.label) for duty in OnCallDuty]
WEEKDAYS = list(enumerate(("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"), start=1))


class WallField(forms.Field):
    """A date and time by the schedule's wall clock, without a zone: which instant it means is the action's to say."""

    widget = forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")

    def to_python(self, value: Any) -> datetime | None:
        """The wall time."""
        if value in self.empty_values:
            return None
        try:
            wall = value if isinstance(value, datetime) else datetime.fromisoformat(str(value).strip())
        except ValueError as error:
            raise forms.ValidationError("Write it like 2026-06-01T09:00.") from error
        if wall.tzinfo is not None:
            raise forms.ValidationError("Leave the offset out: this is the schedule's own time.")
        return wall


class ClockField(forms.TimeField):
    """A time of day, to the minute."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("widget", forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))
        super().__init__(**options)


class PeopleField(forms.CharField):
    """People in the order of their turns, an address a line."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("widget", text_area(4))
        super().__init__(**options)

    def clean(self, value: Any) -> Any:
        """The addresses."""
        return [line.strip() for line in super().clean(value).replace(",", "\n").splitlines() if line.strip()]


class _Asked(forms.Form):
    """A form with times by the wall clock. Which of two equal ones is meant is asked once somebody typed such a time."""

    twice = forms.ChoiceField(label="This time comes twice: which do you mean?", required=False, choices=[("", "—"), *TWICE])

    def __init__(self, *args: Any, crew: Iterable[User] = (), **options: Any) -> None:
        super().__init__(*args, **options)
        if not self.data.get("twice"):
            self.fields["twice"].widget = forms.HiddenInput()
        people = [(person.email, person.name) for person in crew]
        for name, nobody in self.named.items():
            self.fields[name].choices = [*([("", nobody)] if nobody else []), *people]  # type: ignore[attr-defined]

    named: dict[str, str] = {}

    def ask_twice(self) -> None:
        """Show the choice, beside the sentence that says why."""
        self.fields["twice"].widget = forms.Select(choices=[("", "—"), *TWICE])


class OverrideForm(_Asked):
    """Somebody takes a duty for a while."""

    duty = forms.ChoiceField(label="What", choices=DUTIES)
    person = forms.ChoiceField(label="Who takes it")
    start = WallField(label="From")
    end = WallField(label="Until")
    replaced = forms.ChoiceField(
        label="In whose place",
        required=False,
        help_text="Somebody: only while it is that person's turn. Nobody: whoever's it is.",
    )
    reason = forms.CharField(label="Why", required=False, max_length=200)
    named = {"person": "", "replaced": "whoever is on call"}

    field_order = ["duty", "person", "start", "end", "twice", "replaced", "reason"]


class SwapForm(_Asked):
    """A stretch of one's own duty, for somebody else."""

    duty = forms.ChoiceField(label="What", choices=DUTIES)
    start = WallField(label="You give from")
    end = WallField(label="Until")
    to = forms.ChoiceField(label="Whom do you ask", required=False)
    return_start = WallField(label="You take from", required=False, help_text="A stretch of theirs, in return.")
    return_end = WallField(label="Until", required=False)
    reason = forms.CharField(label="Why", required=False, max_length=200)
    named = {"to": "everybody of the schedule"}

    field_order = ["duty", "start", "end", "to", "return_start", "return_end", "twice", "reason"]


class ScheduleForm(forms.Form):
    """A new schedule."""

    name = forms.CharField(label="Name", max_length=80)
    slug = forms.CharField(label="Short name", max_length=40, help_text="In addresses: lower-case letters, digits and hyphens.")
    team = forms.ChoiceField(label="Team", required=False, help_text="Its pages go to who is on call by this schedule.")
    time_zone = forms.CharField(
        label="Time zone", max_length=60, help_text="Such as Europe/Berlin. Handovers are by its wall clock."
    )

    def __init__(self, *args: Any, teams: Iterable[Team] = (), **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["team"].choices = [("", "none: the organisation's own"), *((t.slug, t.name) for t in teams)]  # type: ignore[attr-defined]


class ChangeScheduleForm(forms.Form):
    """A schedule's name, zone, and whether it is in use."""

    name = forms.CharField(label="Name", max_length=80)
    time_zone = forms.CharField(
        label="Time zone",
        max_length=60,
        help_text="Layers that go by it are handed over by the new one's wall clock from now on.",
    )
    is_active = forms.BooleanField(
        label="In use", required=False, help_text="Switched off, the team's fixed order is paged instead."
    )


class LayerForm(forms.Form):
    """People who take turns."""

    duty = forms.ChoiceField(label="Duty", choices=DUTIES, help_text="A shadow learns: no page escalates to them.")
    people = PeopleField(label="Who takes turns", help_text="E-mail addresses, one a line, in the order of their turns.")
    every = forms.IntegerField(label="A turn lasts", min_value=1, max_value=10_000, initial=1)
    unit = forms.ChoiceField(label="Counted in", choices=Layer.Unit.choices, initial=Layer.Unit.WEEK)
    starts_on = forms.DateField(
        label="The first turn begins on", widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    handover_at = ClockField(label="Handover at", initial="09:00", help_text="By the wall clock, all year round.")
    opens_at = ClockField(label="Only from", required=False, help_text="Leave both empty for all day.")
    closes_at = ClockField(label="Until", required=False, help_text="On the next day, if that is not later.")
    weekdays = forms.TypedMultipleChoiceField(
        label="On", choices=WEEKDAYS, coerce=int, widget=forms.CheckboxSelectMultiple, initial=[day for day, _ in WEEKDAYS]
    )
    time_zone = forms.CharField(
        label="Time zone", max_length=60, help_text="Another than the schedule's lets layers follow the sun."
    )
    priority = forms.IntegerField(
        label="Goes before others", initial=0, help_text="Of two layers of one duty that apply, the higher number counts."
    )
    name = forms.CharField(label="Name", required=False, max_length=80)


class ChangeLayerForm(LayerForm):
    """A layer as somebody found it, and what it is to be. `row` is the row of it that they found."""

    row = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=2**63 - 1)

    def clean(self) -> dict[str, Any] | None:
        """What was typed. What is wrong with the hidden field is said of the whole form: nobody could be led to it."""
        typed = super().clean()
        if "row" in self.errors:
            del self.errors["row"]
            self.add_error(None, "This did not say what the layer was like when you opened it: look at it again, then send this.")
        return typed

    def found_again(self, row: int) -> None:
        """Have the page carry the row that holds now, beside what was typed: who has read why, and sends it again, means it."""
        data = QueryDict(mutable=True)
        data.update(self.data)
        data["row"] = str(row)
        self.data = data


class ImportForm(forms.Form):
    """A calendar to take shifts from."""

    file = forms.FileField(
        label="iCalendar file", allow_empty_file=True, help_text=f"An .ics of at most {BYTES_MOST // 1024} KiB."
    )
    duty = forms.ChoiceField(label="For which duty", choices=DUTIES)
