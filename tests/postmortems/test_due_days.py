"""An action item is due on a day, to its end by the organisation's clocks: pages and mails name that day, not the midnight after it."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from ledger.actions import configure
from standard.models import Calendar
from tests.incidents.scene import Scene
from tests.postmortems.filing import filed, item_do

pytestmark = pytest.mark.servers


def clocks_of(scene: Scene, zone: str) -> None:
    """The organisation's clocks are those of this zone from now on."""
    with scene.acme.scope(scene.acme.admin):
        configure(Calendar.objects.get(), {"time_zone": zone}, by=scene.acme.admin.actor())


def shown(scene: Scene, path: str) -> str:
    """A page as Jon sees it: its text, each white space one."""
    answer = scene.page("jon").get(f"/o/acme/{path}")
    assert answer.status_code == 200, path
    return " ".join(re.sub(r"<[^>]*>", "", answer.content.decode()).split())


def named(moment: datetime, *, year: bool = False) -> str:
    """A day as pages name it: with its year where that is another one."""
    return f"{moment.day} {moment:%b %Y}" if year or moment.year != datetime.now(UTC).year else f"{moment.day} {moment:%b}"


@pytest.mark.clause("actions.sla")
@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "America/New_York", "Asia/Tokyo"])
def test_every_page_and_mail_names_the_day_on_which_an_item_is_due(scene: Scene, zone: str) -> None:
    clocks_of(scene, zone)
    ref = scene.ready("SEV2")
    promised = scene.ago(days=-8)
    item: dict[str, Any] = filed(scene, ref, due_on=f"{promised:%Y-%m-%d}")
    due = datetime.fromisoformat(item["due_at"])
    assert due.astimezone(ZoneInfo(zone)).date() == promised.date() + timedelta(days=1), "midnight after it"
    judged = datetime.fromisoformat(item["judged_at"]).astimezone(ZoneInfo(zone)) - timedelta(days=1)
    item_do(scene, "owner", item["ref"], "change", owner="mei@acme.example")
    item_do(scene, "owner", item["ref"], "change", owner="jon@acme.example")
    scene.follow()

    assert f"Due {named(promised)}. Filed today." in shown(scene, "actions/")
    listed = scene.page("jon").get("/o/acme/actions/?view=list").content.decode()
    assert re.search(rf'data-label="Due"><span><time [^>]*>{named(promised)}</time></span>', listed)
    page = shown(scene, f"actions/{item['ref']}/")
    assert f"Due{named(promised, year=True)} actions.sla" in page
    assert f"Judged by{named(judged, year=True)} the date" in page
    assert f"open, due {named(promised)}" in shown(scene, f"actions/of/{ref}/")
    assert f"open, due {named(promised)}" in shown(scene, f"incidents/{ref}/")
    (mail,) = scene.mails("jon", f"Yours to do: {item['ref']}")[-1:]
    assert f"Due: until the end of {named(promised, year=True)}." in mail.body
    assert f"It is judged by the end of {named(judged, year=True)}." in mail.body

    scene.do("amira", ref, "resolve", summary="Rolled back")
    scene.follow()
    assert f"open, due {named(promised)}" in shown(scene, f"incidents/{ref}/postmortem/")
    scene.clock.advance(days=10)
    assert f", was due {named(promised)}" in shown(scene, "actions/")


@pytest.mark.clause("actions.sla")
def test_what_ends_with_no_day_any_more_is_named_by_its_instant(scene: Scene) -> None:
    """The organisation has moved to another zone since: what is due is due when it was."""
    clocks_of(scene, "Asia/Tokyo")
    ref = scene.commanded("SEV2")
    due = datetime.fromisoformat(filed(scene, ref)["due_at"])
    clocks_of(scene, "UTC")
    item_do(scene, "amira", f"{ref}-1", "change", owner="mei@acme.example")
    scene.follow()
    (mail,) = scene.mails("mei", f"Yours to do: {ref}-1")
    assert due.hour == 15
    assert f"Due: until {due:%Y-%m-%d %H:%M} UTC." in mail.body
    assert f"open, due {named(due)}" in shown(scene, f"actions/of/{ref}/")
