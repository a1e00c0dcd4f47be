"""Ways to spoil the data of a standard, each a function of the data that changes one place of it."""

from collections.abc import Callable
from typing import Any


def of(where: Any, step: str | int) -> Any:
    """The value of a mapping's key, or the entry of a list whose identity is `step`."""
    if isinstance(where, dict):
        return where[step]
    return next(entry for entry in where if step in (entry.get("id"), entry.get("key"), entry.get("level")))


def set_at(*path: str | int, to: object) -> Callable[[dict[str, Any]], None]:
    def change(data: dict[str, Any]) -> None:
        where: Any = data
        for step in path[:-1]:
            where = of(where, step)
        where[path[-1]] = to

    return change


def drop(*path: str | int) -> Callable[[dict[str, Any]], None]:
    def change(data: dict[str, Any]) -> None:
        where: Any = data
        for step in path[:-1]:
            where = of(where, step)
        if isinstance(where, list):
            where.remove(of(where, path[-1]))
        else:
            del where[path[-1]]

    return change


def twice(*path: str | int) -> Callable[[dict[str, Any]], None]:
    def change(data: dict[str, Any]) -> None:
        where: Any = data
        for step in path[:-1]:
            where = of(where, step)
        where.append(of(where, path[-1]))

    return change
