"""A post-mortem that was reviewed, for a lived-in organisation (tests/lived_in.py): every table of it, each text with a word in it."""

from datetime import UTC, datetime, timedelta

from incidents import actions
from incidents.members import member_for
from incidents.models import Incident
from incidents.states import RoomRole, Severity, State
from ledger.actions import configure
from oncall.models import Service
from postmortems.actions import meeting, releasing, wording
from postmortems.actions.held_time import correct_review_time
from postmortems.actions.opening import open_draft
from postmortems.content import content
from postmortems.models import BlamePhrase, PostMortem, Publication
from postmortems.seats import required
from tenants.actors import Via, system
from tenants.time import now
from tests.conftest import Cast


def resolved(cast: Cast, word: str) -> Incident:
    """A SEV 1 that is over, with a commander, an Operations Lead and its post-mortem."""
    amira, jon = cast.amira.actor(), cast.jon.actor()
    service = Service.objects.get(slug="payments")
    made = actions.declare(by=amira, title=f"learnt {word}", severity=Severity.SEV1, services=[service], summary=word)
    actions.claim(made, by=amira)
    actions.assign(made, by=amira, role=RoomRole.OL, person=member_for(amira, cast.jon.email))
    actions.accept(made, by=jon, role=RoomRole.OL)
    actions.advance(made, by=amira, to=State.INVESTIGATION, reason=word)
    actions.advance(made, by=amira, to=State.MONITORING, reason=word)
    actions.set_impact(made, by=amira, start=datetime.now(UTC) - timedelta(minutes=9), end=now())
    return actions.resolve(made, by=amira, summary=word, overrides={"monitoring_too_short": word})


def met(cast: Cast, postmortem: PostMortem, word: str) -> None:
    """People met over it at once, without a call, and when that was is corrected."""
    amira, came = cast.amira.actor(), dict[int, meeting.Came]()
    for seat in required(postmortem.incident):
        came |= {person.pk: meeting.Came(came=False, excuse=f"excuse {word}") for person in seat.people}
    meeting.hold_review(postmortem, by=amira, attendance=came, decisions=f"decided {word}", held_at=now())
    correct_review_time(postmortem, by=amira, held_at=now(), reason=f"corrected {word}")


def reviewed(cast: Cast, word: str, by: str = "amira") -> str:
    """Its post-mortem: a wording is kept, a review called, a version published, and a public rendering released. Returns its reference.

    `by` releases it: where the public's updates are approved, only Legal and PR may.
    """
    amira = cast.amira.actor()
    with cast.scope(cast.admin):
        added = {"phrase": f"phrase {word}", "suggestion": f"suggestion {word}"}
        configure(BlamePhrase(), added, by=cast.admin.actor())
    with cast.scope(cast.owner):
        for allowed in (False, True):
            releasing.set_release_policy(by=cast.owner.actor(), overrides_allowed=allowed, reason=f"policy {word}")
    with cast.scope(cast.amira):
        incident = resolved(cast, word)
        opened = PostMortem.objects.filter(incident=incident).first() or open_draft(incident, by=system(cast.id, Via.RELAY))
        assert opened is not None
        opened.incident = incident
        section = opened.sections.get(key="summary")
        section.text = f"Human error, says {word}."
        section.save()
        wording.keep_wording(opened, by=amira, place="section:summary", phrase="human error", reason=word)
        met(cast, opened, word)
        guest = member_for(amira, cast.mei.email)
        meeting.call_review(opened, by=amira, starts_at=now() + timedelta(days=1), place=f"room {word}", guests=[guest])
        published = Publication.objects.create(
            incident=incident, postmortem=opened, number=1, content=content(opened), reason=word
        )
        opened.refresh_from_db()
        opened.version, opened.state, opened.published_at = 1, "published", now()
        opened.save()
        releasing.release(published, by=cast.people[by].actor(), title=f"title {word}", text=f"text {word}")
    return incident.ref
