"""Short texts that two people write at once: whoever comes second is told what the first one wrote, and overwrites nothing unseen."""

from typing import Any

import pytest

from tests.incidents.scene import Scene
from tests.postmortems.paper import Paper, paper


def _why(page: Paper) -> dict[str, Any]:
    page.do("amira", "add-why", text="Orders waited")
    return {"why": 1}


def _entry(page: Paper) -> dict[str, Any]:
    return {"entry": page.read()["timeline"][0]["id"]}


TEXTS = [
    ("change-why", "text", _why, "Orders waited"),
    ("annotate", "text", _entry, ""),
    ("explain-whys", "reason", lambda _: {}, ""),
]


def _says(page: Paper, verb: str) -> str:
    told = page.read()
    found = {"change-why": lambda: told["whys"][0]["text"], "annotate": lambda: told["timeline"][0]["annotation"]}
    return str(found.get(verb, lambda: told["few_whys_reason"])())


@pytest.mark.parametrize(("verb", "field", "of", "before"), TEXTS, ids=[verb for verb, *_ in TEXTS])
def test_what_was_written_over_an_older_text_is_refused_with_the_present_one(
    scene: Scene, verb: str, field: str, of: Any, before: str
) -> None:
    page = paper(scene)
    part = of(page)
    page.do("jon", verb, **part, **{field: "By Jon"}, over=before)
    refused = page.ask("amira", verb, **part, **{field: "By Amira"}, over=before)
    assert (refused.status_code, refused.json()["code"]) == (409, "stale")
    assert refused.json()["theirs"] == {"text": "By Jon"}
    assert _says(page, verb) == "By Jon"
    page.do("amira", verb, **part, **{field: "By Jon"}, over=before)  # the same is no conflict
    page.do("amira", verb, **part, **{field: "By both"}, over="By Jon")
    assert _says(page, verb) == "By both"


@pytest.mark.parametrize(("verb", "field", "of", "before"), TEXTS, ids=[verb for verb, *_ in TEXTS])
def test_the_page_sends_what_it_showed_and_shows_both_where_somebody_was_faster(
    scene: Scene, verb: str, field: str, of: Any, before: str
) -> None:
    page = paper(scene)
    part = of(page)
    tab, url = scene.page("amira"), f"/o/acme/incidents/{page.ref}/postmortem/"
    assert f'name="over" value="{before}"' in tab.get(url).content.decode() or not before
    page.do("jon", verb, **part, **{field: "By Jon"})
    form = {name: str(value) for name, value in part.items()} | {field: "By Amira", "over": before}
    refused = tab.post(f"{url}do/{verb}/", form)
    told = refused.content.decode()
    assert refused.status_code == 409
    assert "It says now: “By Jon”." in told
    assert "By Amira</textarea>" in told
    assert 'name="over" value="By Jon"' in told
    assert tab.post(f"{url}do/{verb}/", form | {"over": "By Jon"}).status_code == 302
    assert _says(page, verb) == "By Amira"
