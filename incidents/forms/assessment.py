"""The impact questions as a form: they help to choose a severity, and stand within the form that declares."""

from typing import Any

from django import forms

from standard.law import Law


class AssessmentForm(forms.Form):
    """One list a question of the standard. Every question may stay open."""

    prefix = "answer"

    def __init__(self, law: Law, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for question in law.impact_questions:
            self.fields[question.key] = forms.ChoiceField(
                label=question.asks,
                required=False,
                choices=[("", "I do not know"), *((answer.key, answer.label) for answer in question.answers)],
                widget=forms.Select(attrs={"data-question": question.key}),
            )

    @property
    def answers(self) -> dict[str, str]:
        """What was answered: question key -> answer key. Valid forms only."""
        return {key: answer for key, answer in self.cleaned_data.items() if answer}

    @property
    def is_answered(self) -> bool:
        """Whether anything was chosen, right or wrong."""
        return self.is_bound and any(self[name].value() for name in self.fields)
