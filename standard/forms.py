"""Forms of feedback, publishing and reviews: shape and labels. Their fields are named as the actions' reasons name them."""

from typing import Any

from django import forms

from ledger.form_fields import text_area
from standard.models import Feedback


class FeedbackForm(forms.Form):
    """What somebody thinks of the process."""

    about = forms.ChoiceField(label="What is it about?", choices=Feedback.About.choices, initial=Feedback.About.STANDARD)
    clause = forms.CharField(
        label="Clause", required=False, max_length=60, help_text="Its id, such as severity.sev1-cadence, where it is about one."
    )
    text = forms.CharField(
        label="What should be better?",
        widget=text_area(5),
        help_text="Everybody here may read it, and the next review of the process answers it. Name no restricted incident.",
    )
    next = forms.CharField(widget=forms.HiddenInput, required=False)


class SettleForm(forms.Form):
    """The answer to feedback."""

    answer = forms.CharField(label="Answer", widget=text_area(2), help_text="A sentence: what comes of it. The author is told.")


class DiscardForm(forms.Form):
    """Giving a draft up."""

    revision = forms.IntegerField(widget=forms.HiddenInput)
    reason = forms.CharField(label="Why?", required=False, widget=text_area(2))


class PublishForm(forms.Form):
    """Publishing the draft."""

    revision = forms.IntegerField(widget=forms.HiddenInput)
    summary = forms.CharField(
        label="What changed, and why?", widget=text_area(4), help_text="It stands beside the version for as long as there is one."
    )
    effective_at = forms.DateTimeField(
        label="In force from",
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d"],
        help_text="Left empty: from now on. Incidents that run by then keep the version that they were declared under.",
        error_messages={"invalid": "Write it like 2026-06-01T09:00."},
    )


class WithdrawForm(forms.Form):
    """Withdrawing a version that is not in force yet."""

    reason = forms.CharField(label="Why?", widget=text_area(3))


class ReviewForm(forms.Form):
    """What was noted and decided at a review."""

    revision = forms.IntegerField(widget=forms.HiddenInput)
    notes = forms.CharField(label="Notes", required=False, widget=text_area(6))
    decisions = forms.CharField(
        label="Decisions", required=False, widget=text_area(4), help_text="Be it that nothing changes: then say so."
    )


class SignForm(forms.Form):
    """Signing a review off."""

    feedback_unsettled = forms.CharField(
        label="Why does the feedback that is not answered wait?",
        required=False,
        widget=text_area(2),
        help_text="Only needed where some is left.",
    )


class YamlForm(forms.Form):
    """The whole standard at once."""

    revision = forms.IntegerField(widget=forms.HiddenInput)
    yaml = forms.CharField(label="The standard as YAML", widget=forms.Textarea(attrs={"rows": 30, "spellcheck": "false"}))


def initial_feedback(query: Any) -> dict[str, str]:
    """What the address of the form says already: about which page and clause, and where to go on."""
    about = str(query.get("about", ""))[:20]
    return {
        "about": about if about in Feedback.About.values else Feedback.About.STANDARD,
        "clause": str(query.get("clause", ""))[:60],
        "next": str(query.get("next", ""))[:500],
    }
