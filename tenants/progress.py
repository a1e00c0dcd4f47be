"""Progress: long work says that it gets on, step by step, to whoever listens in this process. It stands here for the rooms know of no supervisor."""

from collections.abc import Callable

_listeners: list[Callable[[], None]] = []


def hear(listener: Callable[[], None]) -> None:
    """Have `listener` called at each step from now on. It is called often, and must be cheap."""
    if listener not in _listeners:
        _listeners.append(listener)


def made() -> None:
    """Say that a step was taken."""
    for listener in _listeners:
        listener()
