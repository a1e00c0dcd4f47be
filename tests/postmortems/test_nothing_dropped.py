"""What the document says, each of its renderings says: nothing of `content` is lost on paper or in the Markdown file."""

from collections.abc import Iterator
from html import unescape
from typing import Any

import pytest
from django.template.loader import render_to_string

from postmortems import as_markdown, paper
from postmortems.content import content
from postmortems.models import PostMortem
from tests.incidents.scene import Scene
from tests.postmortems.filing import filed
from tests.postmortems.learning import postmortem
from tests.postmortems.paper import paper as written

# What serves the page that edits, or says in another way what is rendered: the rest has to be there.
NOT_SHOWN = {"linked", "severity", "key", "clause", "prompt", "version", "saved_at", "saved_by", "id", "depth", "recorded_at"}


@pytest.fixture
def told(scene: Scene) -> dict[str, Any]:
    """The content of a draft with everything in it, each text a word of its own."""
    page = written(scene)
    page.fill()
    page.do("amira", "explain-whys", reason="The rest is the vendor's")
    page.do("amira", "add-entry", occurred_at=scene.ago(minutes=5).isoformat(), text="A customer called", reason="By the log")
    filed(scene, page.ref, details="As the vendor advises", ticket_url="https://tracker.example/T-1")
    with scene.acme.scope(scene.acme.amira):
        found = content(postmortem(scene, page.ref))
    for line in found["timeline"]:
        line |= {"facts": [["Channel", "phone"]], "annotation": "remark", "corrected_by": 7, "restated": "other"}
    for change in found["changes"]:
        change |= {"outcome": "done", "deviation": True, "deviation_reason": "urgent"}
    found["missed"] = [{"clause": "x", "label": "Clock", "due_at": found["impact"]["start"], "late_seconds": 61.0}]
    found["impact"]["users_note"] = "note"
    found["incident"] |= {"relapses": 3, "reopened": 4}
    named: dict[str, Any] = _marked(found)
    return named


def _marked(value: Any, name: str = "", count: list[int] | None = None) -> Any:
    """The same with every text made unmistakable."""
    count = count if count is not None else [0]
    if isinstance(value, dict):
        return {key: _marked(one, key, count) for key, one in value.items()}
    if isinstance(value, list):
        return [_marked(one, name, count) for one in value]
    if isinstance(value, str) and value and name not in ("clause", "cost_amount", "ref") and not _is_time(value):
        count[0] += 1
        return f"mark{count[0]}x"
    return value


def _is_time(value: str) -> bool:
    return len(value) > 18 and value[4] == "-" and value[10] == "T"


def _words(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    """(name, what a reader has to find) of everything that the content says."""
    if name in NOT_SHOWN or value in (None, "", True, False):
        return
    if isinstance(value, dict):
        for key, one in value.items():
            yield from _words(one, key)
    elif isinstance(value, list):
        for one in value:
            yield from _words(one, name)
    elif isinstance(value, str):
        yield name, paper.utc(value) if _is_time(value) else value
    elif "seconds" in name or name in ("detect", "acknowledge", "mitigate", "resolve"):
        yield name, paper.lasted(value)
    else:
        yield name, f"{value:,}"


def test_on_paper_and_as_markdown_nothing_of_the_content_is_missing(told: dict[str, Any]) -> None:
    sheet = paper.Paper(told, PostMortem(organisation_id=1), "Version 1", 1)
    renderings = {
        "markdown": as_markdown.written(sheet),
        "paper": unescape(render_to_string("postmortems/_paper.html", paper.context(sheet))),
    }
    wanted = list(_words(told))
    assert len(wanted) > 100
    for rendering, text in renderings.items():
        assert [(name, word) for name, word in wanted if word.lower() not in text.lower()] == [], rendering
