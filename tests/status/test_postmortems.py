"""The public post-mortem on the page: released, replaced, withdrawn; as a page, Markdown and PDF."""

import os

import pytest

from postmortems import pdf
from status.models import PublicIncident, PublicPostmortem
from tests.incidents.scene import Scene
from tests.postmortems.learning import done
from tests.postmortems.test_let_out import ready
from tests.status.public import make_public, read, say, text, thread

pytestmark = pytest.mark.servers

needs_pdf = pytest.mark.skipif(
    not pdf.is_there() and not os.environ.get("CI"), reason="WeasyPrint or Pango is not installed here."
)
TEXT = "## What happened\n\nA lock was *held*.\n\n## What we do\n\n- A timeout."


def release(scene: Scene, ref: str, title: str = "Payments failed", said: str = TEXT) -> None:
    done(scene, "amira", ref, "release", title=title, text=said)


def test_it_is_there_once_it_is_released_and_linked_from_its_incident(scene: Scene) -> None:
    make_public(scene.acme)
    ref = ready(scene)
    with scene.acme.scope():
        assert not PublicIncident.objects.exists()
    release(scene, ref)
    found = thread(scene.acme, ref)
    page = text(f"post-mortems/{found.public_id}/")
    assert "<h1>Payments failed</h1>" in page
    assert "<h3>What happened</h3>" in page
    assert "<em>held</em>" in page
    link = f'href="/status/acme/post-mortems/{found.public_id}/"'
    assert link in text()
    assert link in text(f"incidents/{found.public_id}/")
    inside = scene.page("jon").get(f"/o/acme/incidents/{ref}/postmortem/public/").content.decode()
    assert f"/status/acme/post-mortems/{found.public_id}/" in inside
    assert read("post-mortems/xxxxxxxxxxxx/").status_code == 404


def test_as_markdown_it_says_the_same(scene: Scene) -> None:
    make_public(scene.acme)
    ref = ready(scene)
    release(scene, ref)
    public_id = thread(scene.acme, ref).public_id
    answer = read(f"post-mortems/{public_id}.md")
    assert answer["Content-Type"] == "text/markdown; charset=utf-8"
    assert answer["Content-Disposition"] == f'attachment; filename="post-mortem-{public_id}.md"'
    assert answer.content.decode().startswith("# Payments failed\n\nReleased ")
    assert TEXT in answer.content.decode()


@needs_pdf
def test_as_pdf_it_says_the_same(scene: Scene) -> None:
    make_public(scene.acme)
    ref = ready(scene)
    release(scene, ref)
    answer = read(f"post-mortems/{thread(scene.acme, ref).public_id}.pdf")
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    assert answer.content.startswith(b"%PDF-")
    assert b"/StructTreeRoot" in answer.content or b"/ObjStm" in answer.content  # tagged for readers of screens


def test_where_no_pdf_can_be_made_it_is_not_offered(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "_maker", lambda: None)
    make_public(scene.acme)
    ref = ready(scene)
    release(scene, ref)
    public_id = thread(scene.acme, ref).public_id
    assert read(f"post-mortems/{public_id}.pdf").status_code == 404
    assert ".pdf" not in text(f"post-mortems/{public_id}/")


def test_a_newer_release_takes_its_place_at_the_same_address(scene: Scene) -> None:
    make_public(scene.acme)
    ref = ready(scene)
    release(scene, ref)
    public_id = thread(scene.acme, ref).public_id
    release(scene, ref, "Payments failed for an hour", "Otherwise now.")
    page = text(f"post-mortems/{public_id}/")
    assert "Otherwise now." in page
    assert "A timeout." not in page
    with scene.acme.scope():
        row = PublicPostmortem.objects.get()
        assert [told.title for told in row.history.order_by("history_id")] == ["Payments failed", "Payments failed for an hour"]


def test_one_that_was_withdrawn_says_so_and_comes_back_with_a_new_release(scene: Scene) -> None:
    make_public(scene.acme)
    ref = ready(scene)
    say_before = read().content
    release(scene, ref)
    public_id = thread(scene.acme, ref).public_id
    done(scene, "amira", ref, "withdraw", reason="secretreason")
    for path in (f"post-mortems/{public_id}/", f"post-mortems/{public_id}.md", f"post-mortems/{public_id}.pdf"):
        answer = read(path)
        assert answer.status_code == 410, path
        assert f"was withdrawn on {scene.clock.now:%-d %B %Y}." in answer.content.decode()
        assert b"Payments failed" not in answer.content
        assert b"secretreason" not in answer.content
        assert b"noindex" in answer.content
    assert read().content == say_before
    assert read(f"incidents/{public_id}/").status_code == 404
    release(scene, ref, "Payments failed again")
    assert "Payments failed again" in text(f"post-mortems/{public_id}/")


@pytest.mark.clause("breach.need-to-know")
def test_one_whose_incident_is_restricted_afterwards_is_gone(scene: Scene) -> None:
    make_public(scene.acme)
    ref = ready(scene)
    release(scene, ref)
    public_id = thread(scene.acme, ref).public_id
    scene.do("amira", ref, "flag", flag="personal_data", kinds=["pii"], reason="Addresses were in it.")
    for path in (
        f"post-mortems/{public_id}/",
        f"post-mortems/{public_id}.md",
        f"post-mortems/{public_id}.pdf",
        f"incidents/{public_id}/",
    ):
        assert read(path).status_code == 404, path
    assert "Payments failed" not in text()


def test_what_was_released_before_the_switch_is_there_with_it(scene: Scene) -> None:
    ref = ready(scene)
    release(scene, ref)
    with scene.acme.scope():
        assert not PublicPostmortem.objects.exists()
    make_public(scene.acme)
    public_id = thread(scene.acme, ref).public_id
    assert "A timeout." in text(f"post-mortems/{public_id}/")
    make_public(scene.acme, False)
    assert read(f"post-mortems/{public_id}/").status_code == 404
    done(scene, "amira", ref, "withdraw", reason="No more.")
    make_public(scene.acme)
    assert read(f"post-mortems/{public_id}/").status_code == 410


def test_it_is_dated_by_what_was_said_and_told_beside_it(scene: Scene) -> None:
    make_public(scene.acme)
    ref = scene.commanded()
    say(scene, ref, "resolved", known="Over.")
    began = thread(scene.acme, ref).began_at
    other = ready(scene)
    release(scene, other)
    assert thread(scene.acme, ref).began_at == began
    page = text()
    assert "Post-mortem: Payments failed" in page
    assert page.index("Post-mortem: Payments failed") < page.index(thread(scene.acme, ref).public_id)
