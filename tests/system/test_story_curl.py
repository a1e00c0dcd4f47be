"""docs/story.md tells the same story by curl: every command in it is run here, as it stands there."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.system.installation import Installation, Tenant
from tests.system.monitoring import program

pytestmark = pytest.mark.system

STORY = Path(__file__).parents[2] / "docs" / "story.md"


def test_the_story_by_curl(muster: Installation, acme: Tenant, tmp_path: Path) -> None:
    """It runs from top to bottom, refuses where the text says so, and ends with the record of a resolved incident."""
    blocks = re.findall(r"^```sh\n(.*?)^```$", STORY.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    (tmp_path / "var" / "mail").mkdir(parents=True)
    shutil.copy(muster.data / "demo.json", tmp_path / "var")
    muster.sink.folder = tmp_path / "var" / "mail"
    done = subprocess.run(
        [program("bash"), "-eu", "-o", "pipefail"],
        input="\n".join(blocks),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=90,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stderr == ""

    answers = list(_documents(done.stdout))
    refused = [tuple(reason["code"] for reason in answer["reasons"]) for answer in answers if answer.get("reasons")]
    resolving = {"impact_not_ended", "alerts_firing", "monitoring_too_short"}
    assert refused[:2] == [("commanded",), ("roles_unfilled",)]
    assert set(refused[2]) == resolving
    assert refused[3:] == [("read_only",)]
    assert "\n200\n" in done.stdout, "the link's button did not acknowledge"
    states = [page["results"][0]["state"] for page in answers if "results" in page and "clause" in str(page["results"])]
    assert states == ["open", "acknowledged"]
    assert [answer["state"] for answer in answers if "allowed_actions" in answer][-1] == "resolved"
    assert len({answer["ref"] for answer in answers if "ref" in answer}) == 1
    assert "Amira Ahmadi     I have command." in done.stdout
    assert "Alertmanager     CheckoutErrorRate cleared." in done.stdout


def _documents(text: str) -> list[dict[str, Any]]:
    """The JSON objects among the lines of a terminal."""
    decoder, found, at = json.JSONDecoder(), [], text.find("{")
    while at >= 0:
        document, end = decoder.raw_decode(text, at)
        found.append(document)
        at = text.find("{", end)
    return found
