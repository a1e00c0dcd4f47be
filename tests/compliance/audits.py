"""What the tests of audits share: engagements made at the door, and what an auditor gets from it."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from compliance.models import AuditEngagement, EvidencePack, PackPart
from tenants.scope import scope
from tests.incidents.scene import Scene


def days(scene: Scene, first: int, last: int, expires: int = 30) -> dict[str, str]:
    """A period, in days from today by the scene's clock."""
    today = scene.clock.now.date()
    named = {"first": first, "last": last, "expires": expires}
    return {name: (today + timedelta(days=away)).isoformat() for name, away in named.items()}


def engage(scene: Scene, first: int = -5, last: int = 5, expires: int = 30, **more: Any) -> int:
    """End the cast's engagement, and make one of another period. Returns its id."""
    for one in scene.api("admin").get("audit/engagements/").json()["results"]:
        if one["open"]:
            ended = scene.api("admin").post(f"audit/engagements/{one['id']}/end/", {"reason": "Another one follows."})
            assert ended.status_code == 200, ended.content
    body = {"firm": "Check & Co", "auditor": scene.email("auditor"), **days(scene, first, last, expires), **more}
    answer = scene.api("admin").post("audit/engagements/", body)
    assert answer.status_code == 201, answer.content
    return int(answer.json()["id"])


def expire(scene: Scene, engagement: int) -> None:
    """Let an engagement's time be over by the database's clock, which no test moves."""
    with scene.acme.scope(scene.acme.admin):
        found = AuditEngagement.objects.get(pk=engagement)
        found.expires_at = scene.clock.now - timedelta(days=1)
        found.save()


def audit(scene: Scene, engagement: int, what: str, **query: Any) -> Any:
    """What the auditor gets of an engagement by the API."""
    answer = scene.api("auditor").get(f"audit/engagements/{engagement}/{what}/", **query)
    assert answer.status_code == 200, answer.content
    return answer.json()


def as_kept(scene: Scene, engagement: int, to: Path) -> Path:
    """The file of an engagement's newest pack as the database keeps it for its auditor, also where it would not be handed out.

    For tests whose log is not the database's: a hand-out asks that one what was known when the pack was made
    (tests/compliance/test_packs_hidden_since.py).
    """
    auditor = scene.acme.auditor
    with scope(auditor.organisation_id, surface="web", user_id=auditor.user_id, auditing=True):
        pack = EvidencePack.objects.filter(engagement_id=engagement).latest("id")
        parts = PackPart.objects.filter(pack=pack).order_by("number").values_list("body", flat=True)
        file = to / f"{pack.name}.zip"
        file.write_bytes(b"".join(bytes(part) for part in parts))
    return file
