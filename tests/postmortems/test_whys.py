"""Five whys: a chain or a tree, that never goes round in a circle."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postmortems.whys import Node, arranged, depth, is_below
from tests.incidents.scene import Scene
from tests.postmortems.paper import Paper, paper


def _tree(page: Paper) -> list[tuple[int, int | None, int]]:
    return [(why["number"], why["below"], why["depth"]) for why in page.read()["whys"]]


@pytest.mark.clause("postmortem.five-whys")
def test_a_chain_of_five_whys_is_five_deep(scene: Scene) -> None:
    page = paper(scene)
    page.chain()
    assert _tree(page) == [(1, None, 1), (2, 1, 2), (3, 2, 3), (4, 3, 4), (5, 4, 5)]


@pytest.mark.clause("postmortem.five-whys")
def test_a_tree_is_as_deep_as_its_longest_chain_and_reads_branch_by_branch(scene: Scene) -> None:
    page = paper(scene)
    page.do("amira", "add-why", text="Orders waited")
    page.do("amira", "add-why", text="Nobody was alerted")
    page.do("amira", "add-why", text="A lock", below=1)
    page.do("amira", "add-why", text="No alert on waits", below=2)
    page.do("amira", "add-why", text="A migration", below=3)
    assert _tree(page) == [(1, None, 1), (3, 1, 2), (5, 3, 3), (2, None, 1), (4, 2, 2)]
    refused = page.ask("amira", "publish").json()["reasons"]
    assert [r["sentence"] for r in refused if r["code"] == "few_whys"] == [
        "Root cause: it was asked why 3 times in a row, not five: go on asking, or say why that is enough."
    ]


def test_a_chain_that_would_loop_is_refused(scene: Scene) -> None:
    page = paper(scene)
    page.chain()
    for parent in (1, 3):
        refused = page.ask("amira", "move-why", why=1, below=parent)
        assert (refused.status_code, refused.json()["code"]) == (422, "loop")
        assert "go round in a circle" in refused.json()["detail"]
    assert [why for why, _, _ in _tree(page)] == [1, 2, 3, 4, 5]


def test_a_why_is_moved_with_all_below_it_and_to_the_top(scene: Scene) -> None:
    page = paper(scene)
    page.chain()
    page.do("jon", "move-why", why=4, below=1)
    assert _tree(page) == [(1, None, 1), (2, 1, 2), (3, 2, 3), (4, 1, 2), (5, 4, 3)]
    page.do("jon", "move-why", why=4)
    assert _tree(page)[-2:] == [(4, None, 1), (5, 4, 2)]


def test_what_hung_on_a_why_that_is_taken_back_hangs_on_what_was_above_it(scene: Scene) -> None:
    page = paper(scene)
    page.chain()
    page.do("amira", "remove-why", why=2)
    assert _tree(page) == [(1, None, 1), (3, 1, 2), (4, 3, 3), (5, 4, 4)]
    assert page.ask("amira", "change-why", why=2, text="Back").status_code == 422
    page.do("amira", "add-why", text="Another", below=5)
    assert _tree(page)[-1] == (6, 5, 5)  # a number is never given twice


def test_a_why_is_said_better(scene: Scene) -> None:
    page = paper(scene)
    page.chain("amira", "Somebody ran it")
    assert page.do("jon", "change-why", why=1, text="The pipeline let it run")["whys"][0]["text"] == "The pipeline let it run"


@pytest.mark.parametrize("verb", ["change-why", "move-why", "remove-why"])
def test_a_why_that_there_is_not_is_refused_by_name(scene: Scene, verb: str) -> None:
    body = {"text": "x"} if verb == "change-why" else {}
    refused = paper(scene).ask("amira", verb, why=7, **body)
    assert (refused.status_code, refused.json()["detail"]) == (422, "There is no why 7 here.")


@given(st.lists(st.integers(min_value=0, max_value=30), min_size=1, max_size=31))
def test_any_tree_reads_each_why_once_after_the_one_it_answers(above: list[int]) -> None:
    """`above[i] < i`: the why that i answers; others stand at the top."""
    rows = [Node(i, i + 1, above[i] if above[i] < i else None, "x") for i in range(len(above))]
    tree = arranged(rows)
    assert sorted(node.id for node in tree) == list(range(len(above)))
    place = {node.id: at for at, node in enumerate(tree)}
    for node in tree:
        assert node.parent is None or place[node.parent] < place[node.id]
        assert is_below(tree, node, node)
    assert 1 <= depth(tree) <= len(above)
