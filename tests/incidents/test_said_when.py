"""Times of another day say so, wherever they are read, and the two clocks of updates are told apart."""

from datetime import UTC, datetime, timedelta

import pytest
from django.template.loader import render_to_string

from incidents.sentences.kind import at_time
from tests.incidents.scene import UPDATE, Scene

PUBLIC = {**UPDATE, "audience": "public", "status": "investigating"}
DAY = datetime(2026, 11, 26, 14, 3, 9, tzinfo=UTC)


def shown(at: datetime) -> str:
    page = render_to_string("components/time.html", {"at": at, "seconds": False})
    return page[page.index(">") + 1 : page.rindex("<")]


def test_a_time_of_day_has_its_date_where_that_is_not_todays() -> None:
    assert at_time(DAY, DAY.date()) == "14:03:09 UTC"
    assert at_time(DAY, DAY.date(), seconds=False) == "14:03 UTC"
    assert at_time(DAY, DAY.date() + timedelta(days=1)) == "2026-11-26 14:03:09 UTC"


def test_a_time_on_a_page_has_its_year_where_that_is_not_this_one() -> None:
    this = datetime.now(UTC).replace(month=6, day=2, hour=8, minute=5)
    assert shown(this) == "2 Jun, 08:05"
    assert shown(this.replace(year=this.year - 1)) == f"2 Jun {this.year - 1}, 08:05"


@pytest.mark.servers
@pytest.mark.clause("principle.communicate")
def test_the_next_update_of_another_day_has_its_date_in_mail_and_in_the_room(scene: Scene) -> None:
    ref = scene.commanded()
    scene.do("jon", ref, "join")
    promised = scene.clock.now + timedelta(days=3)
    scene.do("amira", ref, "update", **UPDATE, next_update_at=promised.isoformat())
    scene.follow()
    assert f"Next update at {promised:%Y-%m-%d %H:%M} UTC." in scene.mails("jon", "Update on SEV 1")[0].body
    page = scene.page("amira").get(f"/o/acme/incidents/{ref}/").content.decode()
    assert f">{promised.day} {promised:%b}" in page[page.index('id="comms-internal"') :][:1500]


@pytest.mark.servers
@pytest.mark.clause("handover.sitrep")
def test_a_report_and_the_banner_tell_the_public_clock_from_the_internal_one(scene: Scene) -> None:
    ref = scene.commanded()
    scene.do("amira", ref, "update", **PUBLIC)
    sitrep = scene.api("amira").get(f"incidents/{ref}/sitrep.md").content.decode()
    clocks = [line.partition(":")[0] for line in sitrep.splitlines() if "pdate: due" in line]
    assert sorted(clocks) == ["- Public update", "- Update"]
    scene.later(minutes=31)
    page = scene.page("amira").get(f"/o/acme/incidents/{ref}/").content.decode()
    assert "Public update was due at" in page
    assert page.count("Update was due at") == 1


@pytest.mark.servers
@pytest.mark.clause("handover.sitrep")
def test_a_report_of_the_next_day_says_when_yesterday(scene: Scene) -> None:
    ref = scene.commanded()
    since = scene.clock.now
    scene.clock.advance(days=1, hours=1)
    sitrep = scene.api("amira").get(f"incidents/{ref}/sitrep.md").content.decode()
    assert f"- Incident Commander: Amira Ahmadi, since {since:%Y-%m-%d %H:%M:%S} UTC" in sitrep
