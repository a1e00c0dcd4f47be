"""Forms of reviews, wordings, waivers and releases: shape and labels. Their fields are named as the actions' reasons name them."""

from collections.abc import Iterable, Mapping
from typing import Any

from django import forms

from incidents.fields import REASON_MAX, TEXT_MAX
from incidents.forms.fields import text_area
from oncall.forms import PeopleField, WallField
from oncall.moments import TWICE
from postmortems.actions.meeting import Came

_CAME = (("yes", "Came"), ("no", "Did not come"))
_GUESTS = "Besides those who are asked by themselves: e-mail addresses, one a line."


class _Wall(forms.Form):
    """A time by the organisation's wall clock. Which of two equal ones is meant is asked once somebody typed such a time."""

    twice = forms.ChoiceField(label="This time comes twice: which do you mean?", required=False, choices=[("", "—"), *TWICE])

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if not self.data.get("twice"):
            self.fields["twice"].widget = forms.HiddenInput()

    def ask_twice(self) -> None:
        """Show the choice, beside the sentence that says why."""
        self.fields["twice"].widget = forms.Select(choices=[("", "—"), *TWICE])


class _Timed(_Wall):
    """A meeting's time, and where it is."""

    starts_at = WallField(label="When")
    minutes = forms.IntegerField(label="Minutes", initial=60)
    place = forms.CharField(label="Where", required=False, help_text="A room, or the address of a call.")
    guests = PeopleField(label="Guests", required=False, help_text=_GUESTS)
    field_order = ("starts_at", "twice", "minutes", "place", "guests")

    def __init__(self, *args: Any, zone: str = "UTC", **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["starts_at"].help_text = f"By the clocks of {zone}."


class CallForm(_Timed):
    """Call the review."""


class MoveForm(_Timed):
    """Move the review."""

    guests = PeopleField(label="More guests", required=False, help_text=_GUESTS)


class CancelForm(forms.Form):
    """Cancel the review."""

    reason = forms.CharField(label="Why does it not take place?", widget=text_area(2))


class HoldForm(_Wall):
    """When it took place, who came, and what was decided. An answer for each who was invited, never taken for granted, and an excuse."""

    held_at = WallField(label="When did it take place?", required=False)
    decisions = forms.CharField(label="What was decided?", widget=text_area(5), max_length=TEXT_MAX, help_text="Markdown.")
    reason = forms.CharField(
        label="Why is it written down only now?", required=False, widget=text_area(2), help_text="Where it was overdue by then."
    )
    guests = PeopleField(label="Who came unasked", required=False, help_text="E-mail addresses, one a line.")

    def __init__(self, *args: Any, invited: Iterable[Mapping[str, Any]] = (), zone: str = "UTC", **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["held_at"].help_text = f"By the clocks of {zone}; left empty, when it was called for. It may be before that."
        self.invited = list(invited)
        for person in self.invited:
            seats = ", ".join(person["seats"])
            self.fields[f"came_{person['id']}"] = forms.ChoiceField(
                label=f"Did {person['name']} ({seats}) come?",
                choices=_CAME,
                widget=forms.RadioSelect,
                error_messages={"required": f"Say of {person['name']} whether they came."},
            )
            self.fields[f"excuse_{person['id']}"] = forms.CharField(
                label=f"Excuse of {person['name']}", required=False, help_text="Where they did not come."
            )
        people = [name for name in self.fields if name.startswith(("came_", "excuse_"))]
        self.order_fields(["held_at", "twice", "reason", *people, "guests", "decisions"])

    def attendance(self) -> dict[int, Came]:
        """What was said of each."""
        said = self.cleaned_data
        return {one["id"]: Came(said[f"came_{one['id']}"] == "yes", said.get(f"excuse_{one['id']}", "")) for one in self.invited}


class CorrectHeldForm(_Wall):
    """When a meeting that was held really took place. Which one is asked where there are several."""

    review = forms.TypedChoiceField(label="Which meeting?", required=False, coerce=int, empty_value=None)
    held_at = WallField(label="When did it really take place?")
    reason = forms.CharField(
        label="Why was it written down otherwise, and how do you know?", widget=text_area(2), max_length=REASON_MAX
    )
    field_order = ("review", "held_at", "twice", "reason")

    def __init__(self, *args: Any, held: Iterable[tuple[int, str]] = (), zone: str = "UTC", **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["held_at"].help_text = f"By the clocks of {zone}. What was written down stays beside it."
        choices = list(held)
        if len(choices) > 1:
            self.fields["review"].choices = choices  # type: ignore[attr-defined]
        else:
            del self.fields["review"]


class ReasonForm(forms.Form):
    """A verb that asks why."""

    reason = forms.CharField(label="Why?", widget=text_area(3))


class KeepForm(forms.Form):
    """Keep a wording."""

    place = forms.CharField(widget=forms.HiddenInput())
    phrase = forms.CharField(widget=forms.HiddenInput())
    reason = forms.CharField(label="Why does it stay?", widget=text_area(2))


class TakeBackForm(forms.Form):
    """Keep it no longer."""

    place = forms.CharField(widget=forms.HiddenInput())
    phrase = forms.CharField(widget=forms.HiddenInput())


class ReleasePolicyForm(forms.Form):
    """Whether a reason lets out what is found."""

    overrides_allowed = forms.TypedChoiceField(
        label="What is found in a public rendering",
        choices=[("yes", "may go out where somebody writes down why it stays"), ("no", "never goes out, whatever the reason")],
        coerce=lambda said: said == "yes",
        widget=forms.RadioSelect,
    )
    reason = forms.CharField(label="Why?", widget=text_area(2), max_length=REASON_MAX)


class _QuotesField(forms.Field):
    """What the page showed as found, each in a hidden field."""

    widget = forms.MultipleHiddenInput


class ReleaseForm(forms.Form):
    """What goes out. Why something stays is asked once it was found, and shown: `covers` is what was."""

    title = forms.CharField(label="Title", max_length=200)
    text = forms.CharField(
        label="Text", widget=text_area(16), help_text="Markdown. Roles in place of people, nothing of the inside."
    )
    override = forms.CharField(
        label="Why does it stay?",
        required=False,
        widget=text_area(2),
        help_text="Only where it must go out all the same: it is recorded with what was found. It holds for what is named above alone.",
    )
    covers = _QuotesField(required=False)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        data: Any = self.data
        if not (self.is_bound and data.getlist("covers")):
            self.fields["override"].widget = forms.HiddenInput()

    def ask_why(self, found: Iterable[str]) -> None:
        """Ask why it stays, beside what was found; where nothing is left to ask about, or no reason helps, ask nothing."""
        data: Any = self.data
        self.data = data = data.copy()
        data.setlist("covers", list(found))
        asked = bool(data.getlist("covers"))
        self.fields["override"].widget = text_area(2) if asked else forms.HiddenInput()
