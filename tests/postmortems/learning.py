"""A post-mortem to play on: a resolved SEV 1 with a draft, and what the tests of this room do with it through its doors."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from incidents.models import Incident
from postmortems.actions.publishing import publish
from postmortems.models import PostMortem, Why, kept
from tests.incidents.scene import Scene

GOOD = {
    "summary": "A lock on the orders table was held for eleven minutes, and nobody could pay.",
    "timeline": "It began with a deploy.",
    "root_cause": "The pipeline lets a migration run without a look at how long it locks.",
    "impact": "Customers could not pay.",
    "action_items": "See the list.",
}


def resolved(scene: Scene, severity: str = "SEV1") -> str:
    """A resolved incident with its draft. Amira commanded, Jon led operations, Mei communicated. Returns the reference."""
    ref = scene.mobilised(severity)
    moment = scene.clock.now
    scene.do("amira", ref, "advance", to="monitoring", reason="It mended itself")
    scene.do("amira", ref, "impact", start=(moment - timedelta(minutes=20)).isoformat(), end=scene.clock.now.isoformat())
    scene.clock.advance(minutes=15)
    scene.do("amira", ref, "resolve", summary="Rolled back")
    scene.follow()
    return ref


def came_back(scene: Scene, ref: str) -> None:
    """The incident is reopened, and resolved again a quarter of an hour later."""
    scene.do("amira", ref, "reopen", reason="Errors are back")
    scene.follow()
    scene.do("amira", ref, "advance", to="monitoring", reason="Gone again")
    scene.do("amira", ref, "impact", end=scene.clock.now.isoformat())
    scene.clock.advance(minutes=15)
    scene.do("amira", ref, "resolve", summary="For good")


def ask(scene: Scene, who: str, ref: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
    """POST by API below a post-mortem; whatever the answer is."""
    return scene.api(who).post(f"incidents/{ref}/postmortem/{path}/", dict(body or {}))


def done(scene: Scene, who: str, ref: str, path: str, **body: Any) -> dict[str, Any]:
    """The same, and it is done."""
    answer = ask(scene, who, ref, path, body)
    assert answer.status_code in (200, 201), answer.content
    found: dict[str, Any] = answer.json()
    return found


def shown(scene: Scene, who: str, ref: str, path: str = "review") -> dict[str, Any]:
    """What the API shows of it."""
    answer = scene.api(who).get(f"incidents/{ref}/postmortem/{path}/")
    assert answer.status_code == 200, answer.content
    found: dict[str, Any] = answer.json()
    return found


def postmortem(scene: Scene, ref: str) -> PostMortem:
    """The row."""
    with scene.acme.scope():
        return PostMortem.objects.select_related("incident").get(incident__ref=ref)


def write(scene: Scene, ref: str, **texts: str) -> None:
    """Write sections, as an author would (a test that shows writing goes through its door)."""
    with scene.acme.scope(scene.acme.amira):
        for section in PostMortem.objects.get(incident__ref=ref).sections.all():
            section.text = texts.get(section.key, GOOD.get(section.key, "All is said."))
            section.save()


def published(scene: Scene, ref: str, **texts: str) -> None:
    """It is written whole and published, by Amira."""
    write(scene, ref, **texts)
    with scene.acme.scope(scene.acme.amira):
        row = PostMortem.objects.select_related("incident").get(incident__ref=ref)
        row.users_affected, row.cost_amount, row.cost_currency, row.few_whys_reason = (
            41_000,
            Decimal(12_000),
            "EUR",
            "It is plain.",
        )
        if not kept().filter(incident=row.incident).exists():
            row.no_items_reason = row.no_items_reason or "The vendor has mended it."
        row.save()
        Why.objects.create(incident=row.incident, postmortem=row, number=1, text=GOOD["root_cause"])
        publish(row, by=scene.acme.amira.actor())


def called(scene: Scene, ref: str, **body: Any) -> dict[str, Any]:
    """Amira calls the review for an hour from now."""
    starts = scene.clock.now + timedelta(hours=1)
    return done(scene, "amira", ref, "review", **{"starts_at": starts.isoformat(), **body})


def held(scene: Scene, ref: str, absent: tuple[str, ...] = ()) -> dict[str, Any]:
    """It is called and held; whose names are in `absent` did not come."""
    review = called(scene, ref)
    scene.clock.advance(hours=2)
    came = [{"person": one["email"], "came": one["name"].split()[0].lower() not in absent} for one in review["people"]]
    return done(scene, "amira", ref, "review/hold", attendance=came, decisions="We add a lock timeout.")


def business_day_end(scene: Scene, at: datetime, days: int) -> datetime:
    """Close of business of the n-th weekday after `at`, by a calendar of Mondays to Fridays until 17:00 UTC: counted by hand."""
    day = at.date()
    while days:
        day += timedelta(days=1)
        days -= day.isoweekday() <= 5
    return datetime.combine(day, datetime.min.time(), at.tzinfo).replace(hour=17)


def the_incident(scene: Scene, ref: str) -> Incident:
    """The incident's row."""
    with scene.acme.scope(scene.acme.amira):
        return Incident.objects.get(ref=ref)


def reviewing(scene: Scene, releases: str = "amira") -> list[str]:
    """Incidents whose post-mortems were reviewed, released (by `releases`) and waived, with everything that can be done so done once."""
    ref = resolved(scene)
    write(scene, ref, summary="Human error.")
    body = {"place": "section:summary", "phrase": "human error"}
    done(scene, "amira", ref, "wording/keep", **body, reason="A quotation.")
    done(scene, "amira", ref, "wording/take-back", **body)
    called(scene, ref)
    later = scene.clock.now + timedelta(hours=3)
    done(scene, "amira", ref, "review/move", starts_at=later.isoformat(), place="Room 9")
    done(scene, "amira", ref, "review/cancel", reason="Half of us are ill")
    held(scene, ref, absent=("olga",))
    sooner = scene.clock.now - timedelta(minutes=5)
    done(scene, "amira", ref, "review/correct-time", held_at=sooner.isoformat(), reason="The clock on the wall was fast")
    done(scene, "amira", ref, "need-no-items", reason="The vendor has mended it.")
    published(scene, ref)
    done(scene, releases, ref, "release", title="Payments failed", text="A lock was held.")
    done(scene, releases, ref, "withdraw", reason="A mistake in it")
    waived = resolved(scene)
    done(scene, "owner", waived, "waive", reason="The same cause")
    done(scene, "owner", waived, "lift-waiver", reason="It was another")
    return [ref, waived]
