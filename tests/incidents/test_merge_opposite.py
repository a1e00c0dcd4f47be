"""Two restricted incidents that are merged into each other at the same moment: one merge is done, the other refused, neither hangs."""

import contextlib
from collections.abc import Callable
from threading import Barrier, BrokenBarrierError, Thread
from typing import Any

import pytest
from django.db import connection

from incidents import gate
from incidents.actions.restriction import opened
from incidents.models import Incident
from tenants.actors import Actor
from tests.conftest import Cast, Door, Installation
from tests.incidents.scene import Scene

pytestmark = [pytest.mark.servers, pytest.mark.clause("breach.need-to-know")]


@pytest.mark.parametrize("surface", ["api", "page"])
def test_opposite_merges_wait_for_each_other_in_turn(
    own_database: Installation, at_work: Callable[[Cast, Cast], Scene], monkeypatch: pytest.MonkeyPatch, surface: str
) -> None:
    """Each request records that it reads both, which locks them: in one order, whichever of the two it names first."""
    scene = at_work(own_database.acme, own_database.globex)
    refs = [
        scene.do("amira", scene.commanded(), "flag", flag="personal_data", reason="It is on a paste site")["ref"]
        for _ in range(2)
    ]
    scene.follow()
    for ref in refs:  # the flag is lifted; that it is restricted stays
        scene.do("exec", ref, "unflag", flag="personal_data", reason="Made-up data")
    scene.clock.advance(minutes=16)  # readings of before are told no more

    met = Barrier(2)

    def slowly(incident: Incident, *, by: Actor) -> None:
        """Having locked its first, each request waits for the other to have locked its own, as long as that may be."""
        opened(incident, by=by)
        with contextlib.suppress(BrokenBarrierError):
            met.wait(timeout=3)

    monkeypatch.setattr(gate, "opened", slowly)
    answers: dict[str, Any] = {}
    amira = scene.acme.amira
    pages = [scene.page("amira"), scene.page("amira")]

    def merge(one: str, other: str, page: Any) -> None:
        try:
            if surface == "api":
                answers[one] = Door(amira).post(f"incidents/{one}/merge/", {"into": other, "reason": "The same"}).status_code
            else:
                answers[one] = page.post(f"/o/acme/incidents/{one}/merge/", {"into": other, "reason": "The same"}).status_code
        except Exception as error:  # a deadlock that the database ended
            answers[one] = repr(error)
        finally:
            connection.close()

    threads = [
        Thread(target=merge, args=(one, other, page)) for one, other, page in zip(refs, reversed(refs), pages, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    done = 200 if surface == "api" else 302
    assert sorted(map(str, answers.values())) == sorted(map(str, [done, 409]))
    with scene.acme.scope(scene.acme.amira):
        assert [row.state for row in Incident.objects.filter(ref__in=refs)].count("merged") == 1
