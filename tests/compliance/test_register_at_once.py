"""Reading the register of breaches while somebody changes who may know of what is on it: neither ends the other (clause breach.need-to-know)."""

import contextlib
from collections.abc import Callable
from threading import Barrier, BrokenBarrierError, Thread
from typing import Any

import pytest
from django.db import connection

from incidents.actions import naming, restriction
from incidents.models import Incident
from tenants.actors import Actor
from tests.compliance.test_duties import LEGAL, flagged
from tests.conftest import Cast, Installation
from tests.incidents.scene import Scene

pytestmark = [pytest.mark.servers, pytest.mark.clause("breach.need-to-know")]


def test_a_reader_locks_an_incident_before_what_was_merged_into_it(
    own_database: Installation, at_work: Callable[[Cast, Cast], Scene], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As those do who name somebody, or name them no more. The older one was merged into the newer: by their ids it would come first."""
    scene = at_work(own_database.acme, own_database.globex)
    older, newer = flagged(scene), flagged(scene)
    scene.do(LEGAL, older, "unflag", flag="personal_data", reason="Made-up data")  # it stays restricted, and on the register
    scene.do("amira", older, "merge", into=newer, reason="The same")
    scene.do("amira", newer, "admit", person=scene.email("support"), reason="Answers customers")
    scene.follow()
    scene.clock.advance(minutes=16)  # readings of before are told no more
    met, opened, merged_into = Barrier(2), restriction.opened, naming.merged_into

    def meet() -> None:
        with contextlib.suppress(BrokenBarrierError):
            met.wait(timeout=3)

    def slowly(incident: Incident, *, by: Actor) -> None:
        opened(incident, by=by)
        meet()

    def after_its_own(incident: Incident) -> list[Incident]:
        meet()
        return merged_into(incident)

    monkeypatch.setattr(restriction, "opened", slowly)
    monkeypatch.setattr(restriction, "merged_into", after_its_own)
    answers: dict[str, Any] = {}
    page = scene.page(LEGAL)

    def read() -> int:
        return int(page.get("/o/acme/duties/breaches/").status_code)

    def remove() -> int:
        body = {"person": scene.email("support"), "reason": "Off the case"}
        return int(scene.api("amira").post(f"incidents/{newer}/remove/", body).status_code)

    def apart(name: str, act: Callable[[], int]) -> Thread:
        def run() -> None:
            try:
                answers[name] = act()
            except Exception as error:  # a deadlock that the database ended
                answers[name] = repr(error)
            finally:
                connection.close()

        thread = Thread(target=run)
        thread.start()
        return thread

    for thread in [apart("read", read), apart("removed", remove)]:
        thread.join(timeout=60)
    assert answers == {"read": 200, "removed": 200}
