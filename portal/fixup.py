"""Celery's care for Django in a worker, but for one thing: its processes keep their connections to the database from task to task.

Celery closes the pool of connections after each task, so that each begins with a new server process, which has to plan everything anew:
two thirds of what a page cost. Here a connection goes back to the pool, as after a request; one that is broken is thrown away there.
"""

from functools import cached_property
from typing import TYPE_CHECKING, Any

from celery.fixups import django
from django.db import connections

if TYPE_CHECKING:
    from celery import Celery

_theirs: Any = django  # more is in it than its stubs say


class Kept(_theirs.DjangoWorkerFixup):  # type: ignore[misc]
    """What is done around each task."""

    def install(self) -> "Kept":
        """Begin, in the process that the others are made from: it hands none of its own connections down to them."""
        super().install()
        self._close_database()
        return self

    def close_database(self, **kwargs: Any) -> None:
        """Give the connections back."""
        for connection in connections.all(initialized_only=True):
            connection.close_if_unusable_or_obsolete()


class Fixup(_theirs.DjangoFixup):  # type: ignore[misc]
    """Celery's, with ours around each task."""

    @cached_property
    def worker_fixup(self) -> Kept:
        """What is done around each task; made once Django is ready."""
        return Kept(self.app)


def fixup(app: "Celery[Any]") -> Fixup:
    """Install it in an app of Celery's, which names this function."""
    made: Fixup = Fixup(app).install()
    return made
