"""Who has access to production, as sources name it: taken in by CSV, by API and by hand, all or nothing (evidence.access-review)."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from compliance.models import AccessFact, AccessRun, AccessSystem
from tests.compliance.access_lists import LIST, register, take_in
from tests.incidents.scene import Scene

pytestmark = [pytest.mark.servers, pytest.mark.clause("evidence.access-review")]

HEAD = "principal,entitlement,privileged,valid_from,valid_until\n"
GOOD = f"{HEAD}jon@acme.example,cluster-admin,yes,2026-03-01,\nsvc-deploy,deploy,no,,\n"


def facts(scene: Scene, slug: str) -> dict[str, dict[str, Any]]:
    """Who has access now, by principal."""
    return {row["principal"]: row for row in scene.api("admin").get(f"access/systems/{slug}/facts/").json()["results"]}


def count(scene: Scene) -> tuple[int, int]:
    """How many accesses and runs are kept."""
    with scene.acme.scope():
        return AccessFact.objects.count(), AccessRun.objects.count()


class TestSystems:
    def test_one_without_a_source_is_said_to_be_not_covered(self, scene: Scene) -> None:
        slug = register(scene)
        assert "No source says who has access to Kubernetes" in scene.page("admin").get("/o/acme/readiness/").content.decode()
        (told,) = scene.api("amira").get("access/systems/").json()["results"]
        assert (told["name"], told["covered"], told["sources"]) == ("Kubernetes", False, [])
        assert "not covered" in scene.page("amira").get("/o/acme/access/systems/").content.decode()
        take_in(scene, slug, LIST)
        (told,) = scene.api("amira").get("access/systems/").json()["results"]
        assert (told["covered"], told["sources"][0]["source"]) == (True, "okta")

    def test_administrators_register_and_retire_them(self, scene: Scene) -> None:
        slug = register(scene)
        refused = scene.api("amira").post("access/systems/", {"name": "Another"})
        assert (refused.status_code, refused.json()["code"]) == (403, "not_an_administrator")
        assert scene.api("admin").post("access/systems/", {"name": "kubernetes"}).json()["code"] == "taken"
        admin = scene.page("admin")
        assert admin.post(f"/o/acme/access/systems/{slug}/retire/", {}).status_code == 302
        with scene.acme.scope():
            assert AccessSystem.objects.get().retired_at is not None
        assert admin.post(f"/o/acme/access/systems/{slug}/retire/", {}).status_code == 409
        late = scene.api("admin").post(f"access/systems/{slug}/facts/", {"source": "okta", "whole": True, "facts": []})
        assert (late.status_code, late.json()["code"]) == (409, "retired")

    def test_executives_support_and_strangers_read_none_of_it(self, scene: Scene) -> None:
        slug = register(scene)
        for path in ("access/systems/", f"access/systems/{slug}/facts/", "access/reviews/"):
            assert scene.api("director").get(path).status_code == 403, path
        assert scene.door(scene.globex.admin).get(f"access/systems/{slug}/facts/").status_code == 404


class TestTheApi:
    def test_a_whole_list_adds_changes_and_ends(self, scene: Scene) -> None:
        slug = register(scene)
        first = take_in(scene, slug, LIST)
        assert (first["named"], first["added"], first["changed"], first["ended"]) == (3, 3, 0, 0)
        scene.clock.advance(days=1)
        second = take_in(scene, slug, [{**LIST[0], "privileged": False}, LIST[1]])
        assert (second["added"], second["changed"], second["ended"]) == (0, 1, 1)
        now = facts(scene, slug)
        assert set(now) == {"jon@acme.example", "svc-deploy"}
        assert not now["jon@acme.example"]["privileged"]
        with scene.acme.scope():
            mei = AccessFact.objects.get(principal="mei@acme.example")
            assert mei.valid_until == scene.clock.now
            before = AccessFact.objects.get(principal="jon@acme.example", privileged=True)
            assert (before.valid_from, before.valid_until) == (None, scene.clock.now)

    def test_the_same_list_again_changes_nothing(self, scene: Scene) -> None:
        slug = register(scene)
        first, second = take_in(scene, slug, LIST), take_in(scene, slug, list(reversed(LIST)))
        assert (second["added"], second["changed"], second["ended"]) == (0, 0, 0)
        assert first["sha256"] == second["sha256"]
        assert count(scene) == (3, 2)

    def test_asked_twice_with_one_key_it_is_taken_in_once(self, scene: Scene) -> None:
        slug = register(scene)
        body, key = {"source": "okta", "whole": True, "facts": LIST}, {"Idempotency-Key": "night"}
        answers = [scene.api("admin").post(f"access/systems/{slug}/facts/", body, **key) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [201, 201]
        assert answers[0].json() == answers[1].json()
        assert count(scene) == (3, 1)

    def test_a_part_ends_nothing_and_each_source_its_own(self, scene: Scene) -> None:
        slug = register(scene)
        take_in(scene, slug, LIST)
        take_in(scene, slug, [LIST[1]], whole=False)
        take_in(scene, slug, [{**LIST[1], "principal": "root"}], source="vault")
        assert set(facts(scene, slug)) == {"jon@acme.example", "svc-deploy", "mei@acme.example", "root"}

    def test_what_is_new_since_the_last_whole_list_began_after_it(self, scene: Scene) -> None:
        """Nobody said since when: at the first list from always, at a later one since the list before it."""
        slug = register(scene)
        take_in(scene, slug, LIST[:1])
        taken = scene.clock.now
        scene.clock.advance(days=7)
        take_in(scene, slug, LIST[:2])
        now = facts(scene, slug)
        assert now["jon@acme.example"]["valid_from"] is None
        assert now["svc-deploy"]["valid_from"].startswith(taken.isoformat()[:19])

    def test_each_bad_line_is_named_and_nothing_is_taken(self, scene: Scene) -> None:
        slug = register(scene)
        bad = [
            LIST[0],
            {**LIST[1], "principal": " "},
            {**LIST[2], "valid_from": "2026-01-02T00:00:00Z", "valid_until": "2026-01-01T00:00:00Z"},
        ]
        refused = scene.api("admin").post(f"access/systems/{slug}/facts/", {"source": "okta", "whole": True, "facts": bad})
        assert refused.status_code == 422
        assert [r["field"] for r in refused.json()["reasons"]] == ["facts.1.principal", "facts.2.valid_until"]
        twice = scene.api("admin").post(
            f"access/systems/{slug}/facts/", {"source": "okta", "whole": True, "facts": [LIST[0], LIST[0]]}
        )
        assert twice.status_code == 422
        assert count(scene) == (0, 0)

    def test_the_name_of_what_is_by_hand_is_no_sources(self, scene: Scene) -> None:
        slug = register(scene)
        refused = scene.api("admin").post(f"access/systems/{slug}/facts/", {"source": "By hand", "whole": True, "facts": []})
        assert (refused.status_code, refused.json()["code"]) == (422, "by_hand")
        assert (
            scene.api("amira").post(f"access/systems/{slug}/facts/", {"source": "okta", "whole": True, "facts": []}).status_code
            == 403
        )


class TestTheCsv:
    def post(self, scene: Scene, slug: str, **typed: Any) -> Any:
        return scene.page("admin").post(f"/o/acme/access/systems/{slug}/import/", {"source": "okta", "whole": "on", **typed})

    def test_what_it_would_change_is_shown_first_and_then_done(self, scene: Scene) -> None:
        slug = register(scene)
        shown = self.post(scene, slug, document=GOOD, look="1")
        assert shown.status_code == 200
        assert "It would add 2, change 0 and end 0" in shown.content.decode()
        assert "cluster-admin" in shown.content.decode()
        assert count(scene) == (0, 0)
        assert self.post(scene, slug, document=GOOD, take="1").status_code == 302
        assert facts(scene, slug)["jon@acme.example"]["valid_from"].startswith("2026-03-01T00:00:00")
        assert "It would add 0, change 0 and end 1" in self.post(scene, slug, document=GOOD.rpartition("svc")[0]).content.decode()

    def test_a_file_is_put_into_the_field_so_that_it_need_not_be_chosen_again(self, scene: Scene) -> None:
        slug = register(scene)
        file = SimpleUploadedFile("access.csv", GOOD.encode("utf-8-sig"), content_type="text/csv")
        shown = self.post(scene, slug, file=file, look="1").content.decode()
        assert "svc-deploy,deploy,no" in shown
        assert "It would add 2" in shown
        wrong = SimpleUploadedFile("access.csv", b"principal\xff", content_type="text/csv")
        refused = self.post(scene, slug, file=wrong, look="1")
        assert refused.status_code == 422
        assert "not UTF-8 text" in refused.content.decode()

    @pytest.mark.parametrize(
        ("document", "sentence"),
        [
            ("", "The list is empty"),
            ("principal,entitlement\na,b\n", "There is no column “privileged”"),
            (f"{HEAD.strip()},shoe\n", "There is no such column as “shoe”"),
            (f"{HEAD}a,b,maybe,,\n", "Line 2, privileged: “maybe” is neither yes nor no."),
            (f"{HEAD}a,b,yes,soon,\n", "Line 2, valid_from: “soon” is no time"),
            (f"{HEAD}a,b,yes,2026-02-30,\n", "Line 2, valid_from: “2026-02-30” is no time"),
            (f"{HEAD}a,b,yes,2026-02-02,2026-02-01\n", "Line 2, valid_until: This is before valid_from."),
            (f"{HEAD}a,b,yes\n", "Line 2 has 3 cells; the heading has 5."),
            (f"{HEAD}a,b,yes,,\n,b,yes,,\n", "Line 3, principal: This cannot be empty."),
            (f"{HEAD}a,b,yes,,\na,b,no,,\n", "Line 3, principal: The same principal and entitlement stand at line 2 already."),
            (f'{HEAD}a,"b,yes,,\n', "is no CSV"),
            (f"{HEAD}{'a' * 255},b,yes,,\n", "Line 2, principal: This is 255 characters long; at most 254 fit."),
        ],
    )
    def test_a_bad_line_is_said_by_its_number_nothing_is_taken_and_what_was_typed_stays(
        self, scene: Scene, document: str, sentence: str
    ) -> None:
        slug = register(scene)
        refused = self.post(scene, slug, document=document, take="1")
        assert refused.status_code == 422
        shown = refused.content.decode()
        assert sentence in shown.replace("&#x27;", "'")
        assert 'value="okta"' in shown
        assert document.strip().partition("\n")[0] in shown
        assert count(scene) == (0, 0)

    def test_semicolons_and_spaces_in_headings_are_taken(self, scene: Scene) -> None:
        slug = register(scene)
        document = "Principal;Entitlement;Privileged;Valid until\njon@acme.example;shell;x;2100-01-01T12:00:00+02:00\n"
        assert self.post(scene, slug, document=document, take="1").status_code == 302
        assert facts(scene, slug)["jon@acme.example"]["valid_until"].startswith("2100-01-01T10:00:00")


class TestByHand:
    def test_one_access_is_recorded_and_ended(self, scene: Scene) -> None:
        slug = register(scene)
        admin, path = scene.page("admin"), f"/o/acme/access/systems/{slug}/"
        typed = {"principal": "break-glass-root", "entitlement": "root", "privileged": "on", "valid_from": "2026-01-01"}
        assert admin.post(path, typed).status_code == 302
        (row,) = facts(scene, slug).values()
        assert (row["source"], row["privileged"]) == ("by hand", True)
        assert admin.post(f"/o/acme/access/facts/{row['id']}/end/", {}).status_code == 302
        assert facts(scene, slug) == {}
        assert admin.post(f"/o/acme/access/facts/{row['id']}/end/", {}).status_code == 409
        assert scene.events("access.ended")[0].data["principal"] == "break-glass-root"

    def test_what_is_wrong_is_said_beside_its_field(self, scene: Scene) -> None:
        slug = register(scene)
        typed = {"principal": "root", "entitlement": "root", "valid_from": "whenever"}
        refused = scene.page("admin").post(f"/o/acme/access/systems/{slug}/", typed)
        assert refused.status_code == 422
        assert "“whenever” is no time" in refused.content.decode()
        assert count(scene) == (0, 0)

    def test_what_a_source_names_ends_with_the_source(self, scene: Scene) -> None:
        slug = register(scene)
        take_in(scene, slug, LIST)
        access = facts(scene, slug)["svc-deploy"]["id"]
        assert scene.page("admin").post(f"/o/acme/access/facts/{access}/end/", {}).status_code == 409
        assert "svc-deploy" in facts(scene, slug)


class TestNames:
    def test_privileged_accounts_of_nobody_known_are_listed_until_somebody_says_whose_they_are(self, scene: Scene) -> None:
        take_in(scene, register(scene), LIST)
        admin = scene.page("admin")
        shown = admin.get("/o/acme/access/names/").content.decode()
        assert '<a href="?principal=svc-deploy#name">' in shown
        assert "?principal=jon" not in shown
        assert admin.post("/o/acme/access/names/", {"principal": "svc-deploy", "person": ""}).status_code == 302
        shown = admin.get("/o/acme/access/names/").content.decode()
        assert "?principal=svc-deploy" not in shown
        assert "no member" in shown
        refused = admin.post("/o/acme/access/names/", {"principal": "svc-deploy", "person": "nobody@acme.example"})
        assert refused.status_code == 422
