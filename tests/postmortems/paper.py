"""What the tests of post-mortems play on: a resolved SEV 1 with its draft, and the doors of the document."""

from typing import Any

from tests.incidents.scene import Scene

TEXTS = {
    "summary": "A lock on orders stopped the checkout for 49 minutes. A lock timeout comes.",
    "action_items": "See the list.",
    "went_well": "The rollback was ready in two minutes.",
    "lucky": "It was not Black Friday.",
}
WHYS = ("Orders waited for a lock", "A migration held it", "It ran at noon", "Nothing stopped it", "The pipeline knows no hours")


class Paper:
    """The post-mortem of one incident, as people write it."""

    def __init__(self, scene: Scene, ref: str) -> None:
        self.scene, self.ref = scene, ref
        self.at = f"incidents/{ref}/postmortem/"

    def ask(self, who: str, verb: str, **body: Any) -> Any:
        """A verb by API, whatever the answer is."""
        return self.scene.api(who).post(f"{self.at}{verb}/", body)

    def do(self, who: str, verb: str, **body: Any) -> dict[str, Any]:
        """A verb that is done. Returns the post-mortem."""
        answer = self.ask(who, verb, **body)
        assert answer.status_code == 200, (verb, answer.content)
        found: dict[str, Any] = answer.json()
        return found

    def save(self, who: str, section: str, text: str, version: int | None = None) -> Any:
        """Save a section over a version (the present one)."""
        over = self.section(section)["version"] if version is None else version
        return self.scene.api(who).post(f"{self.at}sections/{section}/", {"text": text, "version": over})

    def read(self, who: str = "amira") -> dict[str, Any]:
        """The post-mortem as the API shows it."""
        answer = self.scene.api(who).get(self.at)
        assert answer.status_code == 200, answer.content
        found: dict[str, Any] = answer.json()
        return found

    def section(self, key: str, who: str = "amira") -> dict[str, Any]:
        """One section, with its versions."""
        found: dict[str, Any] = self.scene.api(who).get(f"{self.at}sections/{key}/").json()
        return found

    def has(self, key: str) -> bool:
        """Whether the template has such a section."""
        return any(section["key"] == key for section in self.read()["sections"])

    def chain(self, who: str = "amira", *texts: str) -> None:
        """A chain of whys."""
        below: dict[str, int] = {}
        for text in texts or WHYS:
            told = self.do(who, "add-why", text=text, **below)
            below = {"below": max(why["number"] for why in told["whys"])}

    def fill(self, who: str = "amira") -> None:
        """Everything that it needs to be published."""
        for key, text in TEXTS.items():
            if self.has(key):
                assert self.save(who, key, text).status_code == 200
        self.chain(who)
        self.do(who, "facts", users_affected=41_000, cost_amount="12500.00", cost_currency="EUR")
        assert self.ask(who, "need-no-items", reason="The vendor has mended it").status_code == 200

    def published(self, who: str = "amira") -> dict[str, Any]:
        """Filled, and published."""
        self.fill(who)
        return self.do(who, "publish")


def documented(scene: Scene) -> list[str]:
    """An incident whose post-mortem was written, with everything that can be done to the document done once."""
    page = paper(scene)
    noted = next(entry["seq"] for entry in scene.part(page.ref, "timeline") if entry["kind"] == "incident.noted")
    page.do("amira", "pick", seq=noted)
    lines = page.read()["timeline"]
    page.do("amira", "annotate", entry=lines[0]["id"], text="The first sign")
    page.do("amira", "remove-entry", entry=lines[-1]["id"])
    page.do("amira", "add-entry", occurred_at=scene.ago(minutes=5).isoformat(), text="A customer called", reason="By the log")
    page.fill()
    page.do("amira", "change-why", why=5, text="Nobody told the pipeline the hours")
    page.do("amira", "move-why", why=5, below=3)
    page.do("amira", "remove-why", why=5)
    page.do("amira", "explain-whys", reason="The rest is the vendor's")
    said = page.do("mei", "comment", section="summary", text="Which lock?")["comments"][0]["id"]
    page.do("amira", "settle", comment=said)
    page.do("amira", "ask-reader", person=scene.email("mei"))
    page.do("mei", "answer", verdict="good", text="Well told")
    page.do("amira", "name-author", person=scene.email("jon"))
    page.do("jon", "publish")
    page.do("jon", "take-up", reason="The cost is known")
    return [page.ref]


def paper(scene: Scene, severity: str = "SEV1") -> Paper:
    """The draft of an incident that was just resolved: Amira commanded, Jon led operations."""
    ref = scene.mobilised(severity)
    scene.do("jon", ref, "hypothesis", text="A lock on orders")
    scene.do("jon", ref, "verify", hypothesis=1, verdict="confirmed", seen="pg_locks shows it")
    scene.do("jon", ref, "propose", text="Roll back v1.2.3")
    scene.do("amira", ref, "approve", change=1)
    scene.do("jon", ref, "execute", change=1, outcome="Rolled back")
    scene.do("jon", ref, "note", text="Orders flow again")
    scene.do("amira", ref, "advance", to="mitigation")
    scene.do("amira", ref, "advance", to="monitoring")
    scene.do("amira", ref, "impact", end=scene.clock.now.isoformat())
    scene.clock.advance(minutes=15)
    scene.do("amira", ref, "resolve", summary="Rolled back the migration")
    scene.follow()
    return Paper(scene, ref)
