"""What the pages of the process ask the database for: the same, however much there is to show."""

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from standard import actions
from standard.models import ProcessReview
from tests.conftest import Cast, Person

pytestmark = [pytest.mark.servers]

STANDARD, FEEDBACK, REVIEW = (
    24,
    24,
    45,
)  # a review lays out the conformance of every clause too, and what was published before its review


def asked(client: Client, path: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert client.get(path).status_code == 200
    return len(queries)


@pytest.mark.parametrize(("path", "most"), [("standard/", STANDARD), ("feedback/", FEEDBACK), ("reviews/{review}/", REVIEW)])
def test_a_page_costs_the_same_however_much_was_said(
    acme: Cast, browse: Callable[[Person], Client], path: str, most: int
) -> None:
    client = browse(acme.owner)
    with acme.scope():
        where = f"/o/acme/{path.format(review=ProcessReview.objects.get().pk)}"
    costs = []
    for more in (1, 20):
        with acme.scope(acme.jon):
            for n in range(more):
                actions.give_feedback(by=acme.jon.actor(), text_=f"Nr {n}")
        client.get(where)
        costs.append(asked(client, where))
    assert costs[0] == costs[1]
    assert costs[1] <= most
