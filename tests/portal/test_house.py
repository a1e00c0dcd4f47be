"""The house rules, asked of the code itself: imports run one way, only actions write, nothing is half-built or oversized."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings

from incidents.sentences import KINDS

ROOT = Path(__file__).parents[2]
LINES, TEST_LINES = 400, 600  # tests are tables, mostly
ONE_FILE = {"compliance/verify/verify.py": 1000}  # goes into each pack as it is: an auditor copies one file, and reads it in one

# Events that no incident's timeline tells, each with why.
NOT_OF_A_TIMELINE = {
    "incident.preceded": "what led to an incident: told as the kind that it was then (`kind_then`)",
    "signal.declared": "triage's own record; the incident tells `incident.declared`",
    "signal.attached": "triage's own record; the incident tells `incident.signal_attached`",
    "signal.dismissed": "there is no incident",
    "reaction.tried_again": "the administrators' own record; what the reaction does is told when it has done it",
    "auditor.read": "the record of reading",
    "engagement.made": "who may read a period, whatever the incident",
    "engagement.ended": "who may read a period, whatever the incident",
    **dict.fromkeys(
        (
            *("custodian.asked", "custodian.chased", "custodian.acknowledged", "custodian.proven"),
            *("custodian.link_sent", "custodian.withdrawn", "custodian.released"),
        ),
        "the hold's page shows it: a custodian may know nothing of the incident",
    ),
    **dict.fromkeys(("retention.changed", "retention.ran"), "what is kept for how long, whatever the incident"),
    **dict.fromkeys(("erasure.asked", "erasure.decided"), "a person's data, whatever the incident"),
    **dict.fromkeys(
        ("readiness.alarmed", "readiness.calmed"), "Muster itself, whatever the incident: told on the page of readiness"
    ),
    "readiness.noticed": "what would go wrong in the next incident, before there is one",
    "configuration.changed": "configuration",
    **dict.fromkeys(
        ("duty_rule.loaded", "duty_rule.approved", "duty_rule.withdrawn"),
        "rules of law, whatever the incident: told on their page",
    ),
    "integration.keyed": "configuration",
    "release_policy.changed": "configuration",
    "status_page.changed": "configuration",
    "integration.keys_withdrawn": "configuration",
    "change.told": "the integration's page shows it",
    "organisation.founded": "the platform's",
    "standard.adopted": "configuration",
    **dict.fromkeys(
        (
            *("standard.draft_started", "standard.draft_changed", "standard.draft_discarded", "standard.draft_restored"),
            *("standard.published", "standard.withdrawn"),
        ),
        "the standard itself, whatever the incident: told on its page of versions",
    ),
    **dict.fromkeys(
        ("process_review.opened", "process_review.written", "process_review.signed", "feedback.given", "feedback.settled"),
        "how the process itself is looked after",
    ),
    **dict.fromkeys(
        ("schedule.made", "schedule.changed", "schedule.layer_added", "schedule.layer_changed", "schedule.layer_ended"),
        "who is on call, whatever the incident",
    ),
    **dict.fromkeys(
        ("override.given", "override.cancelled", "swap.offered", "swap.accepted", "swap.ended", "schedule.imported"),
        "who is on call, whatever the incident",
    ),
    **dict.fromkeys(
        ("system.registered", "system.retired", "access.taken_in", "access.ended", "principal.named"),
        "who has access to production, whatever the incident; a review of it is told",
    ),
    "glass.tried": "that somebody tried a number, and not which: one that opens is told as `incident.glass_broken`",
    "calendar.shared": "a person's own",
    "calendar.revoked": "a person's own",
    **dict.fromkeys(("member.invited", "member.invited_again"), "who belongs to the organisation, whatever the incident"),
    "token.issued": "a person's own",
    "contact.added": "a person's own",
    "contact.arranged": "a person's own",
    "contact.code_asked": "a person's own",
    "contact.lost": "a person's own",
    "contact.quieted": "a person's own",
    "contact.removed": "a person's own",
    "contact.tested": "a person's own",
    "contact.verified": "a person's own",
    "token.revoked": "a person's own",
}


@cache
def tree(file: Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


def sources(*rooms: str) -> list[Path]:
    """Our Python, without migrations."""
    found = [file for room in rooms or settings.ROOMS for file in sorted((ROOT / room).rglob("*.py"))]
    return [file for file in found if "migrations" not in file.parts]


def named(file: Path) -> str:
    return str(file.relative_to(ROOT))


def edges() -> Iterator[Path]:
    """The modules that parse and respond: they hold no rules and write nothing."""
    for file in sources():
        if (
            re.search(
                r"(^|_)(views|serializers|tasks|forms|filters|inbound|room|announcements|timeline|queries|gate|facts)\.py$",
                file.name,
            )
            or file.parent.name == "room"
        ):
            yield file


def test_imports_run_one_way() -> None:
    done = subprocess.run(
        [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("file", sources(), ids=named)
def test_there_are_no_model_signals(file: Path) -> None:
    for node in ast.walk(tree(file)):
        if isinstance(node, ast.ImportFrom):
            names = {alias.name for alias in node.names}
            assert node.module != "django.db.models.signals", node.lineno
            assert not (node.module == "django.dispatch" and names & {"receiver", "Signal"}), node.lineno
            assert not (node.module == "django.db.models" and "signals" in names), node.lineno


_WRITES = {"create", "bulk_create", "get_or_create", "update_or_create", "update", "bulk_update", "delete", "save"}


def _writes(file: Path) -> Iterator[str]:
    """Calls that write rows: `….objects.….create(…)`, and `.save()` or `.delete()` of anything."""
    for node in ast.walk(tree(file)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _WRITES:
            text = ast.unparse(node.func)
            if ".objects" in text or node.func.attr in ("save", "delete", "bulk_create", "bulk_update"):
                yield f"{named(file)}:{node.lineno} {text}"


def test_edges_write_no_rows() -> None:
    assert [found for file in edges() for found in _writes(file)] == []


def test_models_have_no_saving_of_their_own() -> None:
    for file in sources():
        if file.name == "models.py" or file.parent.name == "models":
            for node in ast.walk(tree(file)):
                assert not (isinstance(node, ast.FunctionDef) and node.name in ("save", "delete")), f"{named(file)}:{node.lineno}"


def test_edges_compare_no_states() -> None:
    """A view that asks for the state holds a rule. (Showing one is no comparison; sorting open pages first is.)"""
    allowed = {
        "oncall/views.py": {"page.state != Page.State.OPEN", "page.state == Page.State.ENDED"},  # which come first; what is shown
        "oncall/announcements.py": {"page.state != Page.State.OPEN"},  # a message that is no longer needed is withdrawn
        "incidents/comms_announcements.py": {"update.state != UpdateState.WAITING"},  # the same
        "incidents/queries.py": {"state == AlertState.RESOLVED"},  # counts of each
    }
    for file in edges():
        for node in ast.walk(tree(file)):
            if isinstance(node, ast.Compare):
                text = ast.unparse(node)
                if re.search(r"\bstate\b", ast.unparse(node.left)) and isinstance(node.ops[0], ast.Eq | ast.NotEq):
                    assert text in allowed.get(named(file), set()), f"{named(file)}:{node.lineno} {text}"


@pytest.mark.parametrize("file", [*sources(), *sorted((ROOT / "tests").rglob("*.py"))], ids=named)
def test_a_file_is_short_enough_to_read(file: Path) -> None:
    most = TEST_LINES if file.is_relative_to(ROOT / "tests") else ONE_FILE.get(named(file), LINES)
    assert len(file.read_text(encoding="utf-8").splitlines()) <= most


def templates() -> list[Path]:
    return sorted((ROOT / "templates").rglob("*.html"))


@pytest.mark.parametrize("file", templates(), ids=named)
def test_templates_keep_to_the_content_security_policy(file: Path) -> None:
    html = re.sub(r"{% comment %}.*?{% endcomment %}", "", file.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert not re.search(r"<[^>]*\sstyle\s*=", html), "inline style"
    assert not re.search(r"<[^>]*\son[a-z]+\s*=", html), "inline handler"
    assert not re.search(r"<style\b", html), "inline style sheet"
    for script in re.findall(r"<script\b[^>]*>", html):
        assert "src=" in script or 'type="application/json"' in script, script
    assert "javascript:" not in html.lower()


def test_nothing_is_promised_in_place_of_being_there() -> None:
    files = [*sources(), *templates(), *sorted((ROOT / "static").glob("*/*.[jc]s*")), *sorted((ROOT / "docs").rglob("*.md"))]
    for file in files:
        assert not re.search(
            r"\bTODO\b|\bFIXME\b|\bXXX\b|coming soon|lorem ipsum|not implemented", file.read_text(encoding="utf-8"), re.IGNORECASE
        ), named(file)


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_locks_have_hashes_and_name_no_address(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")
    assert "http://" not in text
    assert "https://" not in text
    wanted = [line for line in text.splitlines() if re.match(r"^[a-z0-9]", line, re.IGNORECASE)]
    assert wanted
    assert all("==" in line for line in wanted)
    assert text.count("--hash=sha256:") >= len(wanted)


def test_every_model_says_what_it_is() -> None:
    for model in apps.get_models():
        if model.__module__.split(".")[0] in settings.ROOMS and not model.__name__.startswith("Historical"):
            said = (model.__doc__ or "").strip()
            assert said, model.__name__
            assert not said.startswith(f"{model.__name__}("), model.__name__  # Django's own list of the fields


def recorded() -> Iterator[tuple[str, str]]:
    """(kind, where) of every event that the code records: by `record` and `tell`, by the intake's SQL, by a verb's own word."""
    for file in sources():
        for node in ast.walk(tree(file)):
            if not isinstance(node, ast.Call):
                continue
            name = ast.unparse(node.func)
            if (name == "record" and node.args) or (name in ("tell", "_tell") and len(node.args) > 1):
                kind = node.args[0] if name == "record" else node.args[1]
                if isinstance(kind, ast.Constant) and (name != "_tell" or "." in str(kind.value)):  # ruling tells of a word
                    yield str(kind.value), f"{named(file)}:{node.lineno}"
                elif isinstance(kind, ast.JoinedStr):
                    yield ast.unparse(kind), f"{named(file)}:{node.lineno}"
            if name == "verb":
                for keyword in node.keywords:
                    if keyword.arg == "kind" and isinstance(keyword.value, ast.Constant):
                        yield from ((kind, f"{named(file)}:{node.lineno}") for kind in str(keyword.value.value).split(", "))


def test_every_event_has_its_words_or_a_reason_not_to() -> None:
    found = {kind: where for kind, where in recorded() if not kind.startswith("f'") and kind}
    unknown = {kind: where for kind, where in found.items() if kind not in KINDS and kind not in NOT_OF_A_TIMELINE}
    assert unknown == {}, "give each a label in incidents/timeline.py, or say here why no timeline tells it"
    composed = {kind for kind, _ in recorded() if kind.startswith("f'")}
    assert composed <= {"f'signal.{state}'"}, composed
    assert set(KINDS) <= set(found), set(KINDS) - set(found)
    assert not set(KINDS) & set(NOT_OF_A_TIMELINE)


def asserts(test: ast.AST) -> bool:
    """Whether a test says itself what must be so: by `assert`, by `pytest.raises` and its like, or by Playwright's `expect`."""
    for node in ast.walk(test):
        called = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
        if isinstance(node, ast.Assert) or called == "expect" or called in ("pytest.raises", "pytest.warns", "pytest.fail"):
            return True
    return False


@pytest.mark.parametrize("file", sorted((ROOT / "tests").rglob("test_*.py")), ids=named)
def test_every_test_says_what_it_asserts(file: Path) -> None:
    """An assertion that only a helper makes is one that no reader of the test sees."""
    tests = [node for node in ast.walk(tree(file)) if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")]
    assert [f"{named(file)}:{test.lineno} {test.name}" for test in tests if not asserts(test)] == []
