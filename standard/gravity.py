"""Which of the severities that an incident had counts afterwards: the worst of them (docs/decisions/0032). No Django, no database."""

from collections.abc import Iterable


def gravest(last: int, told: Iterable[object]) -> int:
    """The worst (1 before 4) of the severity that it has and of those that its record tells of; what is no severity tells nothing."""
    return min([last, *(level for level in told if isinstance(level, int))])
