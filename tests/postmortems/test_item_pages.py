"""The board and the list of action items across incidents: filters in the address, sorting, CSV, reminding, my work, the room."""

import csv
import io
import re
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from postmortems.item_csv import safe
from tests.incidents.scene import Scene
from tests.postmortems.filing import filed, item_do, listed

pytestmark = pytest.mark.servers


def shown(scene: Scene, path: str = "", who: str = "amira") -> str:
    """A page of action items as somebody sees it."""
    answer = scene.page(who).get(f"/o/acme/actions/{path}")
    assert answer.status_code == 200, answer.content[:400]
    return str(answer.content.decode())


def refs(page: str) -> list[str]:
    """The items of a list or board, in its order."""
    return re.findall(r'<a href="/o/acme/actions/(INC-[A-Z0-9]+-\d+)/"><span class="room-ref">', page)


@pytest.fixture
def several(scene: Scene) -> dict[str, str]:
    """Items of three incidents: a SEV 1 of checkout, a SEV 2 of search, and a SEV 3 without a limit; one is done, one is late."""
    one = scene.mobilised()
    two = scene.commanded("SEV2", services=("search",))
    three = scene.declare("amira", "SEV3", services=())
    found = {
        "jon": filed(scene, one, title="Add a lock timeout")["ref"],
        "mei": filed(scene, one, title="Alert on lock waits", kind="detection", owner="mei@acme.example")["ref"],
        "search": filed(scene, two, title="Index the orders")["ref"],
        "plain": filed(scene, three, title="Say 100% in words", owner="amira@acme.example")["ref"],
        "done": filed(scene, three, title="Mend the probe", owner="jon@acme.example")["ref"],
    }
    item_do(scene, "jon", found["done"], "finish")
    return found


@pytest.mark.clause("postmortem.action-items")
def test_the_board_has_a_column_a_state(scene: Scene, several: dict[str, str]) -> None:
    item_do(scene, "mei", several["mei"], "start")
    page = shown(scene)
    columns = re.split(r'<section class="board-column"', page)[1:]
    assert [set(refs(column)) for column in columns] == [
        {several["jon"], several["search"], several["plain"]},
        {several["mei"]},
        {several["done"]},
        set(),
    ]
    assert [re.search(r'<span class="count">(\d+)', column)[1] for column in columns] == ["3", "1", "1", "0"]  # type: ignore[index]


@pytest.mark.clause("actions.sla")
def test_what_is_late_is_loud_and_first(scene: Scene, several: dict[str, str]) -> None:
    scene.clock.advance(days=60)
    page = shown(scene)
    assert "Late by" in page
    assert 'class="item-card item-late"' in page
    assert refs(shown(scene, "?view=list"))[-1] == several["done"]
    assert refs(shown(scene, "?view=list&late=on")) == [several["jon"], several["mei"], several["search"]]
    assert 'count count-loud">3<' in page


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({"mine": "true"}, ["plain"]),
        ({"kind": "detection"}, ["mei"]),
        ({"severity": "1"}, ["mei", "jon"]),
        ({"severity": "2"}, ["search"]),
        ({"service": "checkout"}, ["mei", "jon"]),
        ({"team": "shop"}, ["search", "mei", "jon"]),
        ({"team": "nobody"}, []),
        ({"owner": "JON@acme.example"}, ["done", "search", "jon"]),
        ({"state": "done"}, ["done"]),
        ({"q": "lock"}, ["mei", "jon"]),
        ({"q": "lock timeout"}, ["jon"]),
        ({"q": "100%"}, ["plain"]),
        ({"q": "_"}, []),
        ({"late": "true"}, []),
    ],
)
def test_the_filters(scene: Scene, several: dict[str, str], query: dict[str, str], names: list[str]) -> None:
    """The same by API, in the list and in the CSV."""
    wanted = [several[name] for name in names]
    assert listed(scene, **query) == wanted
    address = "&".join(f"{name}={value}".replace("%", "%25").replace(" ", "+") for name, value in query.items())
    assert sorted(refs(shown(scene, f"?view=list&{address}"))) == sorted(wanted)
    rows = list(csv.DictReader(io.StringIO(shown(scene, f"export.csv?{address}"))))
    assert sorted(row["item"] for row in rows) == sorted(wanted)


@pytest.mark.parametrize(
    "query", ["severity=9", "state=no", "kind=both", "q=" + "x" * 101, "q=%00", "owner=%ff", "page=99", "sort=;drop"]
)
def test_a_filter_that_is_none_breaks_nothing(scene: Scene, several: dict[str, str], query: str) -> None:
    assert scene.page("amira").get(f"/o/acme/actions/?view=list&{query}").status_code == 200
    assert scene.page("amira").get(f"/o/acme/actions/?{query}").status_code == 200
    assert scene.api("amira").client.get(
        f"/api/v1/action-items/?{query}", headers={"Authorization": f"Bearer {scene.acme.amira.token}"}
    ).status_code in (200, 422)


def test_the_list_is_sorted_by_its_headings(scene: Scene, several: dict[str, str]) -> None:
    by_owner = refs(shown(scene, "?view=list&sort=owner"))
    assert by_owner[0] == several["plain"]
    assert by_owner[-1] == several["mei"]
    assert refs(shown(scene, "?view=list&sort=-owner"))[0] == several["mei"]
    page = shown(scene, "?view=list&sort=severity")
    assert 'aria-sort="ascending"' in page
    assert refs(page)[0] in (several["jon"], several["mei"])


def test_a_long_list_is_cut_into_pages_and_costs_no_more(scene: Scene) -> None:
    ref = scene.commanded()
    client, costs = scene.page("amira"), []
    client.get("/o/acme/actions/")
    for more in (2, 50):
        for number in range(more):
            filed(scene, ref, title=f"Nr {number}")
        for path in ("?view=list", ""):
            with CaptureQueriesContext(connection) as captured:
                assert client.get(f"/o/acme/actions/{path}").status_code == 200
            costs.append(len([q for q in captured.captured_queries if "SAVEPOINT" not in q["sql"]]))
    assert costs[0] == costs[2] - 0 or costs[2] <= costs[0] + 1
    assert costs[1] == costs[3]
    assert max(costs) <= 22, costs
    assert len(refs(shown(scene, "?view=list"))) == 50
    assert len(refs(shown(scene, "?view=list&page=2"))) == 2
    assert "2 more in the list" in shown(scene)


def test_the_csv_holds_no_formula(scene: Scene) -> None:
    ref = scene.commanded()
    typed = ['=HYPERLINK("https://x")', "+1", "-1", "@SUM(A1)", "\u200bplain", 'a,b"c']
    for title in typed:
        filed(scene, ref, title=title)
    rows = list(csv.DictReader(io.StringIO(shown(scene, "export.csv"))))
    assert {row["title"] for row in rows} == {"'" + t for t in typed[:4]} | set(typed[4:])
    answer = scene.page("amira").get("/o/acme/actions/export.csv")
    assert "attachment" in answer["Content-Disposition"]
    assert safe("  =1") == "'  =1"


def test_my_work_lists_my_items(scene: Scene, several: dict[str, str]) -> None:
    page = scene.page("jon").get("/o/acme/inbox/").content.decode()
    assert f"{several['jon']}: Add a lock timeout" in page
    assert several["done"] not in page
    assert several["mei"] not in page
    scene.clock.advance(days=60)
    assert '<strong class="nobody">Late</strong>: Action item' in scene.page("jon").get("/o/acme/inbox/").content.decode()


def test_the_room_shows_its_items_and_leads_to_the_form(scene: Scene, several: dict[str, str]) -> None:
    ref = several["jon"].rpartition("-")[0]
    page = scene.page("jon").get(f"/o/acme/incidents/{ref}/").content.decode()
    assert 'id="items-title">Action items <span class="count">2</span>' in page
    assert f'href="/o/acme/actions/of/{ref}/#file"' in page
    assert several["search"] not in page
    done = scene.page("jon").post(
        f"/o/acme/actions/of/{ref}/", {"title": "From the page", "kind": "prevention", "owner": "mei@acme.example", "due_on": ""}
    )
    assert (done.status_code, done["Location"]) == (302, f"/o/acme/actions/of/{ref}/")
    assert "From the page" in shown(scene, f"of/{ref}/")


def test_the_buttons_of_the_board_do_it_and_a_refusal_keeps_what_was_typed(scene: Scene, several: dict[str, str]) -> None:
    jon = scene.page("jon")
    assert f'action="/o/acme/actions/{several["jon"]}/start/"' in shown(scene, who="jon")
    assert f'action="/o/acme/actions/{several["jon"]}/start/"' not in shown(scene, who="mei")
    assert jon.post(f"/o/acme/actions/{several['jon']}/start/").status_code == 302
    assert jon.post(f"/o/acme/actions/{several['jon']}/finish/", {"outcome": "Well"}).status_code == 302
    refused = scene.page("mei").post(f"/o/acme/actions/{several['search']}/drop/", {"reason": "Typed by Mei"})
    assert refused.status_code == 403
    assert "Typed by Mei" in refused.content.decode()
    empty = jon.post(f"/o/acme/actions/{several['search']}/drop/", {"reason": ""})
    assert empty.status_code == 422
    assert jon.post(f"/o/acme/actions/{several['search']}/no-such/").status_code == 404


def test_the_due_date_is_in_the_form_of_the_process_owner_alone(scene: Scene, several: dict[str, str]) -> None:
    assert 'name="due_on"' not in shown(scene, f"{several['jon']}/", "jon")
    assert 'name="due_on"' in shown(scene, f"{several['jon']}/", "owner")
    form: dict[str, Any] = {
        "title": "Add a lock timeout",
        "kind": "prevention",
        "owner": "jon@acme.example",
        "details": "",
        "ticket_url": "",
    }
    forged = scene.page("jon").post(
        f"/o/acme/actions/{several['jon']}/change/", form | {"due_on": "2029-01-01", "reason": "x", "title": "New"}
    )
    assert forged.status_code == 302, "a field that is not in the form is not read"
    assert scene.api("jon").get(f"action-items/{several['jon']}/").json()["due_at"][:4] != "2029"


def test_the_chosen_owners_are_reminded_from_the_list(scene: Scene, several: dict[str, str]) -> None:
    client = scene.page("amira")
    chosen = {"item": [several["jon"], several["mei"], several["search"]], "back": "view=list&mine=on"}
    done = client.post("/o/acme/actions/remind/", chosen)
    assert (done.status_code, done["Location"]) == (302, "/o/acme/actions/?view=list&mine=on")
    scene.follow()
    assert len(scene.mails("jon", "Reminder")) == len(scene.mails("mei", "Reminder")) == 1
    again = client.post("/o/acme/actions/remind/", chosen | {"back": "view=list"})
    assert again.status_code == 409
    assert "once a day is enough" in again.content.decode()
    assert client.post("/o/acme/actions/remind/", {"item": "INC-99-1"}).status_code == 404
    assert client.post("/o/acme/actions/remind/", {}).status_code == 422
