"""Whether a post-mortem was published after its review, as the standard wants it shown (clause postmortem.attendance)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings

from postmortems.actions.publishing import publish
from postmortems.discussed import Course
from tests.incidents.scene import Scene
from tests.metrics.test_pages import words
from tests.postmortems.learning import ask, came_back, done, held, postmortem, published, resolved, write
from tests.standard.test_reviews import decided, sign, the_review

pytestmark = [pytest.mark.clause("postmortem.attendance"), pytest.mark.clause("postmortem.review-5-days")]

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)


def days(count: float) -> datetime:
    return NOON + timedelta(days=count)


@pytest.mark.parametrize(
    ("ended", "reviews", "said"),
    [
        ([-1], [], "before its review, which is not held yet"),
        ([-1], [-0.5], "after its review"),
        ([-1], [0], "after its review"),
        ([-1], [3.5], "3 days before its review was held"),
        ([-1], [1], "1 day before its review was held"),
        ([-1], [0.25], "6 h 0 min before its review was held"),
        ([-1], [4, 2], "2 days before its review was held"),
        ([-1], [-2], "before its review, which is not held yet"),  # that was over what came before a reopening
        ([1], [-2], "after its review"),  # published, and reviewed, before a reopening
        ([1], [2], "before its review, which is not held yet"),
        ([], [-2], "after its review"),
        (
            [-5, 5],
            [-6, 6],
            "before its review, which is not held yet",
        ),  # between two reopenings: neither is of its own resolution
        ([-5, -3, 5], [-4, -1, 6], "after its review"),
        ([-5, -3, 5], [-4, 1, 6], "1 day before its review was held"),
    ],
)
def test_which_came_first(ended: list[float], reviews: list[float], said: str) -> None:
    assert Course([days(one) for one in ended], [days(one) for one in reviews]).order(NOON).words == said


def page(scene: Scene, path: str, who: str = "amira") -> str:
    answer = scene.page(who).get(f"/o/acme/{path}")
    assert answer.status_code == 200, answer.content
    return words(answer.content.decode())


def everywhere(scene: Scene, ref: str, said: str, version: int = 1) -> None:
    """On the document, on paper, in Markdown, in the list and on the review's page."""
    for path in (
        f"incidents/{ref}/postmortem/versions/{version}/",
        f"incidents/{ref}/postmortem/print/?version={version}",
        f"incidents/{ref}/postmortem.md?version={version}",
        "postmortems/?view=published",
        f"incidents/{ref}/postmortem/review/",
    ):
        assert said in page(scene, path), path


@pytest.mark.servers
def test_what_is_published_before_its_review_says_so_and_by_how_much_once_it_is_held(scene: Scene) -> None:
    ref = resolved(scene)
    published(scene, ref)
    everywhere(scene, ref, "before its review, which is not held yet")
    (version,) = scene.api("amira").get(f"incidents/{ref}/postmortem/").json()["publications"]
    assert (version["after_review"], version["review_at"]) == (False, None)
    scene.clock.advance(days=2)
    held(scene, ref)
    everywhere(scene, ref, "2 days before its review was held")
    (version,) = scene.api("amira").get(f"incidents/{ref}/postmortem/").json()["publications"]
    assert (version["after_review"], version["review_at"] is None) == (False, False)
    scene.clock.advance(hours=1)
    done(scene, "amira", ref, "take-up", reason="What the review decided")
    write(scene, ref, summary="It was a lock, and the review decided on a timeout for each.")
    again = postmortem(scene, ref)
    with scene.acme.scope(scene.acme.amira):
        publish(again, by=scene.acme.amira.actor())
    newest, oldest = scene.api("amira").get(f"incidents/{ref}/postmortem/").json()["publications"]
    assert (newest["after_review"], oldest["after_review"]) == (True, False)
    everywhere(scene, ref, "after its review", version=2)
    assert "2 days before its review was held" in page(scene, f"incidents/{ref}/postmortem/versions/1/"), "that stays true"
    (row,) = scene.api("amira").get("postmortems/").json()["results"]
    assert row["after_review"] is True


@pytest.mark.servers
def test_after_two_reopenings_each_version_answers_to_the_reviews_of_its_own_resolution(scene: Scene) -> None:
    """The first was reviewed before it was published, the second never: that there was a review once says nothing of it."""

    def publish_again(summary: str) -> None:
        write(scene, ref, summary=summary)
        with scene.acme.scope(scene.acme.amira):
            publish(postmortem(scene, ref), by=scene.acme.amira.actor())

    ref = resolved(scene)
    held(scene, ref)
    published(scene, ref)
    came_back(scene, ref)
    scene.follow()
    publish_again("It came back: a second lock, of a nightly job.")
    said = "before its review, which is not held yet"
    assert said in page(scene, f"incidents/{ref}/postmortem/versions/2/")
    came_back(scene, ref)
    scene.follow()
    held(scene, ref)
    publish_again("It came back twice: the job had been started by hand.")
    told = {1: "after its review", 2: said, 3: "after its review"}
    for version, words_of_it in told.items():
        assert words_of_it in page(scene, f"incidents/{ref}/postmortem/versions/{version}/"), version
        assert words_of_it in page(scene, f"incidents/{ref}/postmortem.md?version={version}"), version
    review = page(scene, f"incidents/{ref}/postmortem/review/")
    assert [said in review, "after its review" in review] == [True, True]
    versions = scene.api("amira").get(f"incidents/{ref}/postmortem/").json()["publications"]
    assert [(one["number"], one["after_review"]) for one in versions] == [(3, True), (2, False), (1, True)]


@pytest.mark.servers
@pytest.mark.clause("improve.quarterly-review")
def test_the_quarters_review_has_each_with_that_fact(scene: Scene) -> None:
    """Published in it, with where the document is; as signed off, and as it is by now."""
    first = resolved(scene)
    published(scene, first)
    second = resolved(scene)
    held(scene, second)
    published(scene, second)

    def table(name: str = "figures") -> dict[str, Any]:
        review = scene.api("owner").get(f"process-reviews/{the_review(scene)['id']}/").json()
        return next(one for one in review[name] if one["title"] == "Post-mortems published")

    found = table()
    assert {row[0].split()[-1]: row[2] for row in found["rows"]} == {
        first: "before its review, which is not held yet",
        second: "after its review",
    }
    places = {row[0].split()[-1]: links[1] for row, links in zip(found["rows"], found["links"], strict=True)}
    here = f"/o/acme/incidents/{first}/postmortem/"
    assert places[first] == f"{settings.BASE_URL}{here}"
    assert scene.page("owner").get(here).status_code == 200
    scene.clock.advance(minutes=1)
    sign(scene, decided(scene))
    held(scene, first)
    assert [row[2] for row in table("signed_figures")["rows"]] == ["before its review, which is not held yet", "after its review"]
    assert table()["rows"][0][2].endswith("before its review was held")
    whole = page(scene, f"reviews/{the_review(scene)['id']}/", "owner")
    assert "before its review, which is not held yet today" in whole


@pytest.mark.servers
def test_nothing_is_said_of_what_is_not_published(scene: Scene) -> None:
    ref = resolved(scene)
    (row,) = scene.api("amira").get("postmortems/").json()["results"]
    assert row["after_review"] is None
    assert "its review" not in page(scene, "postmortems/?view=all")
    assert "was published" not in page(scene, f"incidents/{ref}/postmortem/review/")
    assert ask(scene, "jon", ref, "publish").status_code == 409
