"""The worker speaks for a long task as long as that gets on, however old it is."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from celery.worker import state

from portal import working
from portal.celery import app
from portal.embedded import signs
from tenants import progress

HOUR = 3600.0


@pytest.fixture
def worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A worker of one process, which is at work; its file of signs."""
    file = signs.made(tmp_path, "worker")
    monkeypatch.setenv(signs.VARIABLE, str(file))
    monkeypatch.setattr(signs, "_left", {})
    monkeypatch.setattr(progress, "_listeners", [])
    monkeypatch.setattr(state, "active_requests", {"a pack"})
    working._hears_of_steps()
    yield file
    signs.removed(tmp_path, "worker")


def says(file: Path, steps: signs.Watched, now: float, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether it says at this moment that it lives."""
    os.utime(file, (0, 0))
    monkeypatch.setattr(time, "monotonic", lambda: now)
    working._say_if_busy(1, steps)
    return file.stat().st_mtime_ns != 0


def step(monkeypatch: pytest.MonkeyPatch, now: float) -> None:
    """A process of its pool takes a step."""
    monkeypatch.setattr(time, "monotonic", lambda: now)
    progress.made()


def test_a_task_that_gets_on_may_take_as_long_as_it_has_to(worker: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = signs.progress(0.0)
    assert steps is not None
    for at in range(100, int(HOUR), 100):
        step(monkeypatch, float(at))
        assert says(worker, steps, at + 50.0, monkeypatch)


def test_one_that_takes_no_step_is_spoken_for_for_a_while_only(worker: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = signs.progress(0.0)
    assert steps is not None
    step(monkeypatch, 100.0)
    assert says(worker, steps, 105.0, monkeypatch)
    assert says(worker, steps, 104.0 + working.LONGEST_STEP_SECONDS, monkeypatch)
    assert not says(worker, steps, 106.0 + working.LONGEST_STEP_SECONDS, monkeypatch)


def test_while_a_process_is_free_it_is_spoken_for_by_the_tasks_it_takes_up(worker: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = signs.progress(0.0)
    assert steps is not None
    monkeypatch.setattr(state, "active_requests", set())
    assert not says(worker, steps, 1.0, monkeypatch)


def test_beat_sleeps_until_something_is_due_and_spins_through_nothing(tmp_path: Path) -> None:
    """Celery wakes a hundredth of a second too early, and asks again without a pause: a hundredth of a core for a sweep a second."""
    beat = working.Scheduler(app=app, schedule_filename=str(tmp_path / "schedule"), lazy=True)
    beat.setup_schedule()
    due, seconds = beat.schedule["retain"].is_due()
    assert not due
    assert beat.adjust(seconds) == seconds > 0
    beat.close()
