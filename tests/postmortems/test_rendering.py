"""One record, two renderings: the internal one on paper, as Markdown and as PDF, and the public one without names and internals."""

import io
import os
from pathlib import Path
from typing import Any

import pytest

from incidents.models import UpdatePolicy
from incidents.states import Audience
from ledger.actions import configure
from postmortems import pdf
from postmortems.models import ActionItem, Pick, PostMortem, Publication, Release
from tests.incidents.scene import Scene
from tests.postmortems.learning import ask, done, held, postmortem, published, resolved, write

pytestmark = pytest.mark.servers

needs_pdf = pytest.mark.skipif(
    not pdf.is_there() and not os.environ.get("CI"), reason="WeasyPrint or Pango is not installed here."
)


def page(scene: Scene, who: str, ref: str, path: str) -> Any:
    return scene.page(who).get(f"/o/acme/incidents/{ref}/{path}")


# --- Internal ----------------------------------------------------------------------------------------------------------------


def test_the_print_view_has_the_whole_document_with_times_in_utc_to_the_second(scene: Scene) -> None:
    ref = resolved(scene)
    write(scene, ref, summary="A lock, see [[ev-1]].")
    draft = page(scene, "jon", ref, "postmortem/print/").content.decode()
    assert "This is a draft." in draft
    assert '<a href="#ev-1"' in draft
    with scene.acme.scope():
        moment = postmortem(scene, ref).incident.resolved_at
    assert f"{moment:%Y-%m-%d %H:%M:%S} UTC" in draft
    published(scene, ref)
    told = page(scene, "jon", ref, "postmortem/print/").content.decode()
    assert "This is a draft." not in told
    assert "Version 1, published" in told
    for text in ("held for eleven minutes", "Why 1", "41,000", "12000.00 EUR", "To detect", "Amira Ahmadi"):
        assert text in told, text


@pytest.mark.clause("postmortem.attendance")
def test_what_its_review_decided_and_who_was_missing_is_published_with_it_and_never_to_the_public(scene: Scene) -> None:
    ref = resolved(scene)
    held(scene, ref, absent=("olga",))
    published(scene, ref)
    assert "We add a lock timeout." in page(scene, "jon", ref, "postmortem/print/").content.decode()
    text = scene.api("jon").get(f"incidents/{ref}/postmortem.md").content.decode()
    with scene.acme.scope():
        moment = postmortem(scene, ref).reviews.get().held_at
    assert moment is not None
    for part in (
        f"## Review of {moment:%Y-%m-%d %H:%M:%S} UTC",
        "- Missing: Olga Owner (Product Owner)",
        "Jon Jensen (Operations Lead)",
        "We add a lock timeout.",
    ):
        assert part in text, part
    version = page(scene, "jon", ref, "postmortem/versions/1/").content.decode()
    assert ("We add a lock timeout." in version, "Olga Owner (Product Owner)" in version) == (True, True)
    (kept,) = scene.api("jon").get(f"incidents/{ref}/postmortem/published/1/").json()["content"]["reviews"]
    assert kept["missing"] == [{"name": "Olga Owner", "seat": "Product Owner"}]
    form = page(scene, "amira", ref, "postmortem/release/").content.decode()
    assert "lock timeout" not in form[form.index("<textarea") : form.index("</textarea>")]
    with scene.acme.scope(scene.acme.amira):
        row = Publication.objects.select_related("incident", "postmortem").get()
        older = {key: value for key, value in row.content.items() if key != "reviews"}
        Publication.objects.create(incident=row.incident, postmortem=row.postmortem, number=2, content=older)
    assert "Review of" not in scene.api("jon").get(f"incidents/{ref}/postmortem.md", version="2").content.decode()
    assert page(scene, "jon", ref, "postmortem/print/?version=2").status_code == 200


def test_as_markdown_it_is_one_file_and_what_people_wrote_stands_as_they_wrote_it(scene: Scene) -> None:
    ref = resolved(scene)
    published(scene, ref, summary="A **lock** was held.")
    answer = scene.api("jon").get(f"incidents/{ref}/postmortem.md")
    assert answer["Content-Type"] == "text/markdown; charset=utf-8"
    assert answer["Content-Disposition"] == f'attachment; filename="{ref}-postmortem-v1.md"'
    text = answer.content.decode()
    assert text.startswith(f"# Post-mortem of SEV 1 {ref}: Checkout fails\n")
    for part in (
        "A **lock** was held.",
        "## Root cause",
        "- 1. The pipeline lets",
        "- Users affected: 41,000",
        "**Resolved**, Amira Ahmadi:",
    ):
        assert part in text, part
    assert page(scene, "jon", ref, "postmortem.md").content == answer.content


@needs_pdf
def test_as_pdf_it_says_the_same(scene: Scene) -> None:
    ref = resolved(scene)
    published(scene, ref)
    answer = scene.api("jon").get(f"incidents/{ref}/postmortem.pdf")
    assert (answer.status_code, answer["Content-Type"]) == (200, "application/pdf")
    assert answer.content.startswith(b"%PDF-")
    assert len(answer.content) > 5_000
    assert b"/StructTreeRoot" in answer.content or b"/ObjStm" in answer.content  # tagged for readers of screens
    assert page(scene, "jon", ref, "postmortem.pdf").content.startswith(b"%PDF-")


def test_where_no_pdf_can_be_made_the_print_view_says_so(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    ref = resolved(scene)
    monkeypatch.setattr(pdf, "_maker", lambda: None)
    assert pdf.MISSING in page(scene, "jon", ref, "postmortem/print/").content.decode()
    refused = scene.api("jon").get(f"incidents/{ref}/postmortem.pdf")
    assert (refused.status_code, refused.json()["code"]) == (409, "no_pdf")


@needs_pdf
def test_nothing_is_fetched_for_a_pdf(scene: Scene) -> None:
    ref = resolved(scene)
    write(scene, ref, summary="![x](http://127.0.0.1:9/x.png) <img src='http://127.0.0.1:9/y.png'> [link](https://example.com/)")
    assert scene.api("jon").get(f"incidents/{ref}/postmortem.pdf").status_code == 200


def test_hostile_markdown_stays_text_in_every_rendering(scene: Scene) -> None:
    ref = resolved(scene)
    write(scene, ref, summary="<script>alert(1)</script> [x](javascript:alert(1)) <img src=x onerror=alert(1)>")
    told = page(scene, "jon", ref, "postmortem/print/").content.decode()
    main = told[told.index("<main") :]
    assert "<script>alert" not in main
    assert "javascript:" not in main.replace("[x](javascript:alert(1))", "")
    assert "<img" not in main


def test_each_published_version_is_there_still_and_no_other(scene: Scene) -> None:
    from postmortems.actions.publishing import take_up

    ref = resolved(scene)
    published(scene, ref, summary="The first words.")
    with scene.acme.scope(scene.acme.amira):
        take_up(postmortem(scene, ref), by=scene.acme.amira.actor(), reason="More is known.")
    write(scene, ref, summary="The second words.")
    draft = page(scene, "jon", ref, "postmortem/print/").content.decode()
    assert "The second words." in draft
    assert "after version 1" in draft
    assert "The first words." in page(scene, "jon", ref, "postmortem/print/?version=1").content.decode()
    for wrong in ("2", "0", "-1", "x", "9" * 30, "1.5"):
        assert page(scene, "jon", ref, f"postmortem/print/?version={wrong}").status_code == 404, wrong
        assert scene.api("jon").get(f"incidents/{ref}/postmortem.md", version=wrong).status_code == 404, wrong


def test_executives_and_support_read_what_is_published_only(scene: Scene) -> None:
    ref = resolved(scene)
    for who in ("exec", "support"):
        assert page(scene, who, ref, "postmortem/print/").status_code == 404
    published(scene, ref)
    for who in ("exec", "support", "auditor"):
        assert "Version 1" in page(scene, who, ref, "postmortem/print/").content.decode()
    assert scene.door(scene.globex.amira).get(f"incidents/{ref}/postmortem.md").status_code == 404


def test_a_waived_one_says_so(scene: Scene) -> None:
    ref = resolved(scene)
    done(scene, "owner", ref, "waive", reason="A duplicate of INC-7")
    assert "waived by the process owner: A duplicate of INC-7" in page(scene, "jon", ref, "postmortem/print/").content.decode()


# --- Public ------------------------------------------------------------------------------------------------------------------

GOOD = {"title": "Payments failed on Wednesday", "text": "A lock was held. The commander had it undone within minutes."}


def released(scene: Scene) -> str:
    ref = resolved(scene)
    published(scene, ref)
    done(scene, "amira", ref, "release", **GOOD)
    return ref


def test_it_is_drafted_from_what_was_published_with_roles_for_names_and_without_internals(scene: Scene) -> None:
    ref = resolved(scene)
    with scene.acme.scope(scene.acme.amira):
        incident = postmortem(scene, ref).incident
        ActionItem.objects.create(
            incident=incident,
            number=1,
            title="Add a lock timeout, says Jon",
            kind="prevention",
            owner_id=scene.acme.jon.user_id,
            ticket_url="https://tickets.acme.example/OPS-1",
        )
    secret = "Amira Ahmadi saw it on db-2.internal (10.0.0.7), see https://tickets.acme.example/OPS-1 and [[ev-3]], mailed mei@acme.example."
    published(scene, ref, summary=secret)
    text = page(scene, "amira", ref, "postmortem/release/").content.decode()
    assert "the Incident Commander saw it on … (…), see …" in text
    assert "Add a lock timeout, says the Operations Lead" in text
    assert "41,000 users were affected." in text
    assert "It lasted 20 min" in text
    for word in ("Amira Ahmadi saw", "db-2.internal", "10.0.0.7", "OPS-1", "ev-3", "mei@acme.example"):
        assert word not in text[text.index("<textarea") : text.index("</textarea>")], word


@pytest.mark.parametrize(
    ("leak", "said"),
    [
        ("Jon Jensen mended it.", "Jon Jensen"),
        ("It was mended by Mei.", "Mei"),
        ("Ask jon@acme.example.", "jon@acme.example"),
        ("Ask @jon about it.", "@jon"),
        ("See http://wiki/outage.", "http://wiki/outage"),
        ("On db-1.prod.internal it was.", "db-1.prod.internal"),
        ("At 192.168.0.4 it was.", "192.168.0.4"),
        ("At fd00::17 it was.", "fd00::17"),
        ("As [[ev-4]] tells.", "[[ev-4]]"),
        ("It was like INC-12.", "INC-12"),
        ("What is done is INC-12-3.", "INC-12-3"),
        ("Ask on-call@acme.example.", "on-call@acme.example"),
        ("Ask root@db-1.internal.", "root@db-1.internal"),
        ("Our tickets: https://tickets.acme.example/OPS-1.", "https://tickets.acme.example/OPS-1"),
        ("By ssh://db1.internal it was.", "ssh://db1.internal"),
        ("At postgres://db1.internal:5432/orders.", "postgres://db1.internal:5432/orders"),
        ("The shop/db1.internal pair.", "db1.internal"),
        ("It was _db-1.internal_ again.", "db-1.internal"),
        ("It was _10.0.0.7_ again.", "10.0.0.7"),
        ("See https://grafana.acme.example/d/abc.", "https://grafana.acme.example/d/abc"),
        ("See wiki.acme.example/runbook.", "wiki.acme.example/runbook"),
        ("See _tickets.acme.example_.", "tickets.acme.example"),
        ("Ask root@mail.acme.example.", "root@mail.acme.example"),
        ("Ask _jon@acme.example_.", "_jon@acme.example"),
        ("As ev-31 tells.", "ev-31"),
        ("It was like _INC-12_.", "INC-12"),
        ("Then amira restarted it.", "amira"),
        ("It was jensen's idea.", "jensen"),
    ],
)
def test_a_name_or_an_internal_in_it_is_refused_naming_it(scene: Scene, leak: str, said: str) -> None:
    ref = resolved(scene)
    with scene.acme.scope(scene.acme.amira):
        incident = postmortem(scene, ref).incident
        owner, url = scene.acme.jon.user_id, "https://tickets.acme.example/OPS-1"
        ActionItem.objects.create(incident=incident, number=1, title="x", kind="prevention", owner_id=owner, ticket_url=url)
    published(scene, ref)
    refused = ask(scene, "amira", ref, "release", {**GOOD, "text": leak})
    assert (refused.status_code, refused.json()["code"], list(refused.json()["fields"])) == (422, "gives_away", ["text"])
    assert f"“{said}”" in refused.json()["detail"]
    assert ask(scene, "amira", ref, "release", {**GOOD, "title": leak}).json()["code"] == "gives_away"
    with scene.acme.scope():
        assert not Release.objects.exists()


@pytest.mark.parametrize(
    "prose",
    [
        "From 10:04:30 to 11:20 UTC on 24 November 41,000 users (0.3%) could not pay. We will mark such orders in May, and support everybody.",
        "An owner of a local home and/or a private test account was not affected, e.g. by the executive summary of version 2.4.1.",
        "Read https://www.acme.example/help, www.acme.example or https://example.org/status/2026_11_24 for more. It is _over_.",
        "Our on-call engineer will admin-approve no such change; node.js, build.gradle and a 1:1:1 rule are unchanged. Ask help@example.org.",
    ],
)
def test_what_the_public_is_told_in_plain_words_gives_nothing_away(scene: Scene, prose: str) -> None:
    ref = resolved(scene)
    published(scene, ref)
    answer = ask(scene, "amira", ref, "release", {**GOOD, "text": prose})
    assert answer.status_code == 201, answer.content


def test_released_any_member_reads_it_and_withdrawn_nobody(scene: Scene) -> None:
    ref = released(scene)
    for who in ("mei", "exec", "support", "auditor"):
        assert GOOD["text"] in page(scene, who, ref, "postmortem/public/").content.decode()
        assert scene.api(who).get(f"incidents/{ref}/postmortem/public/").json()["title"] == GOOD["title"]
    assert scene.door(scene.globex.amira).get(f"incidents/{ref}/postmortem/public/").status_code == 404
    done(scene, "amira", ref, "release", title=GOOD["title"], text="Said better.")
    with scene.acme.scope():
        rows = list(Release.objects.order_by("id").values_list("text", "withdrawal_reason"))
    assert rows == [(GOOD["text"], "Replaced by a newer text."), ("Said better.", "")]
    assert ask(scene, "amira", ref, "withdraw", {"reason": ""}).status_code == 422
    assert done(scene, "amira", ref, "withdraw", reason="A mistake in it")["withdrawn_at"] is not None
    assert scene.api("mei").get(f"incidents/{ref}/postmortem/public/").status_code == 404
    assert ask(scene, "amira", ref, "withdraw", {"reason": "x"}).json()["code"] == "not_released"
    assert [entry["data"]["title"] for entry in scene.told(ref, "postmortem.released")] == [GOOD["title"]] * 2
    assert scene.told(ref, "postmortem.withdrawn")[0]["data"]["reason"] == "A mistake in it"


def test_commander_communications_lead_and_process_owner_release_it_and_nobody_else(scene: Scene) -> None:
    ref = resolved(scene)
    assert ask(scene, "amira", ref, "release", GOOD).status_code == 404  # nothing was published
    published(scene, ref)
    for who in ("jon", "admin", "support"):
        refused = ask(scene, who, ref, "release", GOOD)
        assert (refused.status_code, refused.json()["code"]) == (403, "not_a_releaser"), who
    assert ask(scene, "auditor", ref, "release", GOOD).status_code == 403
    for who in ("amira", "mei", "owner"):
        assert ask(scene, who, ref, "release", GOOD).status_code == 201, who


@pytest.mark.clause("roles.cl-public-approval")
def test_where_the_public_is_told_with_legals_or_prs_word_only_they_release_it(scene: Scene) -> None:
    with scene.acme.scope(scene.acme.admin):
        configure(UpdatePolicy(), {"approved_audiences": [Audience.PUBLIC.value]}, by=scene.acme.admin.actor())
    ref = resolved(scene)
    published(scene, ref)
    refused = ask(scene, "amira", ref, "release", GOOD)
    assert (refused.status_code, refused.json()["code"]) == (403, "not_approver")
    assert "Eve Executive or Sam Support" in refused.json()["detail"]
    assert ask(scene, "owner", ref, "release", GOOD).status_code == 403
    assert ask(scene, "exec", ref, "release", GOOD).status_code == 201
    assert ask(scene, "support", ref, "withdraw", {"reason": "x"}).status_code == 200


@pytest.mark.clause("breach.need-to-know")
def test_nothing_of_a_restricted_incident_goes_out_and_what_was_out_is_hidden_with_it(scene: Scene) -> None:
    ref = released(scene)
    restricted = str(scene.do("amira", ref, "flag", flag="personal_data", kinds=["pii"], reason="Names leaked")["ref"])
    scene.follow()
    assert ask(scene, "amira", restricted, "release", GOOD).json()["code"] == "restricted"
    assert scene.api("support").get(f"incidents/{restricted}/postmortem/public/").status_code == 404


def test_nothing_goes_out_while_its_incident_is_open_again(scene: Scene) -> None:
    ref = resolved(scene)
    published(scene, ref)
    scene.do("amira", ref, "reopen", reason="Errors are back")
    assert ask(scene, "owner", ref, "release", GOOD).json()["code"] == "open_again"


def test_nothing_of_an_exercise_goes_out(scene: Scene) -> None:
    ref = scene.declare(exercise=True)
    scene.do("amira", ref, "claim")
    for to in ("investigation", "monitoring"):
        scene.do("amira", ref, "advance", to=to, reason="It mended itself")
    scene.do("amira", ref, "impact", end=scene.clock.now.isoformat())
    scene.clock.advance(minutes=15)
    scene.do("amira", ref, "resolve", summary="Rolled back")
    scene.follow()
    published(scene, ref)
    assert ask(scene, "owner", ref, "release", GOOD).json()["code"] == "exercise"


def test_on_the_page_a_refusal_loses_nothing_that_was_typed(scene: Scene) -> None:
    ref = resolved(scene)
    published(scene, ref)
    client, url = scene.page("amira"), f"/o/acme/incidents/{ref}/postmortem/release/"
    refused = client.post(url, {**GOOD, "text": "Jon Jensen mended it, typed with care."})
    assert (refused.status_code, "typed with care" in refused.content.decode()) == (422, True)
    assert client.post(url, GOOD).status_code == 302
    assert GOOD["title"] in client.get(url).content.decode()
    assert client.post(f"/o/acme/incidents/{ref}/postmortem/withdraw/", {"reason": "A mistake"}).status_code == 302


@needs_pdf
def test_three_hundred_entries_fit_a_pdf(scene: Scene) -> None:
    ref = resolved(scene)
    with scene.acme.scope(scene.acme.amira):
        row = PostMortem.objects.select_related("incident").get(incident__ref=ref)
        for n in range(300):
            Pick.objects.create(incident=row.incident, postmortem=row, occurred_at=scene.clock.now, text=f"Line {n}")
    body = scene.api("jon").get(f"incidents/{ref}/postmortem.pdf").content
    assert body.startswith(b"%PDF-")
    assert io.BytesIO(body).getbuffer().nbytes > 20_000


def test_the_style_of_a_pdf_names_nothing_from_elsewhere() -> None:
    assert "url(" not in Path(pdf.STYLE).read_text(encoding="utf-8")
