"""Which severity the answers to the impact questions suggest, and why (clauses severity.sev1-definition to sev4-definition).

Nothing binds: the person who declares chooses. What was answered is part of the record of the declaration.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from standard.law import Law
from standard.law_types import ImpactQuestion
from tenants.refusals import Reason, Refused

SHOWN = 40  # characters of a wrong answer are repeated in the refusal


@dataclass(frozen=True, slots=True)
class Assessment:
    """What was answered, as (what was asked, what was answered) in words too, and what follows: a level and why, or None and ""."""

    answers: Mapping[str, str]
    words: tuple[tuple[str, str], ...] = ()
    level: int | None = None
    because: str = ""

    def data(self) -> dict[str, Any]:
        """As the event keeps it."""
        words = [list(pair) for pair in self.words]
        return {"answers": dict(self.answers), "words": words, "suggested": self.level, "because": self.because}


def assess(law: Law, answers: Mapping[str, str]) -> Assessment:
    """What `answers` (question key -> answer key) suggest by this standard. Every question may be left open.

    Refuses (422) naming each question that is not asked and each answer that is not offered, in `answers`.
    """
    questions = {question.key: question for question in law.impact_questions}
    if wrong := [sentence for key, answer in answers.items() if (sentence := _wrong(questions, key, answer))]:
        raise Refused(*(Reason("no_such_answer", sentence, field="answers", status=422) for sentence in wrong))
    words = tuple((q.asks, _label(q, answers[q.key])) for q in law.impact_questions if q.key in answers)
    found = law.suggest(answers)
    return Assessment(dict(answers), words, found.level if found else None, found.because if found else "")


def _wrong(questions: Mapping[str, ImpactQuestion], key: str, answer: str) -> str:
    question = questions.get(key)
    if question is None:
        return f"There is no question {key[:SHOWN]!r}; there are {', '.join(questions)}."
    offered = [offered.key for offered in question.answers]
    return "" if answer in offered else f"{key} has no answer {answer[:SHOWN]!r}; choose {', '.join(offered)}."


def _label(question: ImpactQuestion, answer: str) -> str:
    return next(offered.label for offered in question.answers if offered.key == answer)
