"""What a page of figures asks of the database: under 20 queries, and no more with more incidents behind it."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from metrics.listed import LISTINGS
from tests.incidents.scene import Scene
from tests.metrics.test_figures import resolved
from tests.metrics.test_pages import HOME, PAGES

pytestmark = [pytest.mark.servers, pytest.mark.clause("metrics.mttr")]

FEWER_THAN = 20
EVERY = (*PAGES, f"{HOME}incidents/?figure=mttr", *(f"{HOME}{key}/" for key in LISTINGS))


def queries(scene: Scene, path: str) -> int:
    """How many statements a page takes, those of whoever asks included."""
    client = scene.page("amira")
    with CaptureQueriesContext(connection) as asked:
        answer = client.get(path)
    assert answer.status_code == 200, path
    return len(asked)


def test_each_page_asks_few_queries_however_much_is_behind_it(scene: Scene) -> None:
    resolved(scene)
    queries(scene, HOME)  # what a process reads once
    before = {path: queries(scene, path) for path in EVERY}
    for _ in range(2):
        resolved(scene)
    after = {path: queries(scene, path) for path in EVERY}
    assert {path: n for path, n in after.items() if n >= FEWER_THAN} == {}
    assert {path: (before[path], n) for path, n in after.items() if n > before[path]} == {}
