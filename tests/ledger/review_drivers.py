"""What does each verb of reviews, wordings, waivers and releases once (tests/ledger/test_events.py): the preparation, then the act."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from incidents import actions
from incidents.states import State
from postmortems.actions import meeting, releasing, waiving, wording
from postmortems.actions.held_time import correct_review_time
from postmortems.actions.opening import open_draft
from postmortems.content import content
from postmortems.models import PostMortem, Publication, Review

type Act = Callable[[], object]

TEXT = "Human error, it was."
PUBLIC: dict[str, Any] = {"title": "Payments failed", "text": "A lock was held."}


def _owner(s: Any) -> Any:
    return s.cast.owner.actor()


def drafted(s: Any) -> PostMortem:
    """The stage's incident is resolved; its post-mortem is open, its review due."""
    actions.advance(s.incident, by=s.amira, to=State.INVESTIGATION, reason="roles open")
    actions.advance(s.incident, by=s.amira, to=State.MONITORING, reason="nothing to mitigate")
    actions.set_impact(s.incident, by=s.amira, end=s.clock.now)
    actions.resolve(s.incident, by=s.amira, summary="Over.", overrides={"monitoring_too_short": "It is a test."})
    made = open_draft(s.incident, by=s.muster)
    assert made is not None
    meeting.open_review(made.pk, s.clock.now)
    return PostMortem.objects.select_related("incident").get(pk=made.pk)


def _called(s: Any) -> PostMortem:
    postmortem = drafted(s)
    meeting.call_review(postmortem, by=s.amira, starts_at=s.clock.now + timedelta(hours=1))
    return postmortem


def _begun(s: Any) -> PostMortem:
    postmortem = _called(s)
    s.clock.advance(hours=2)
    return postmortem


def _blaming(s: Any) -> PostMortem:
    postmortem = drafted(s)
    section = postmortem.sections.get(key="summary")
    section.text = TEXT
    section.save()
    return postmortem


def _kept(s: Any) -> PostMortem:
    postmortem = _blaming(s)
    wording.keep_wording(postmortem, by=s.amira, place="section:summary", phrase="human error", reason="A quotation.")
    return postmortem


def _waived(s: Any) -> PostMortem:
    return waiving.waive(drafted(s), by=_owner(s), reason="A duplicate.")


def _published(s: Any) -> Publication:
    postmortem = drafted(s)
    postmortem.version, postmortem.state, postmortem.published_at = 1, "published", s.clock.now
    postmortem.save()
    return Publication.objects.create(
        incident=postmortem.incident, postmortem=postmortem, number=1, content=content(postmortem), published_at=s.clock.now
    )


def _released(s: Any) -> Publication:
    publication = _published(s)
    releasing.release(publication, by=s.amira, **PUBLIC)
    return publication


def _hold(s: Any, postmortem: PostMortem) -> object:
    review = Review.objects.get(postmortem=postmortem)
    came = {user_id: meeting.Came(came=True) for user_id in review.attendees.values_list("user_id", flat=True)}
    return meeting.hold_review(postmortem, by=s.amira, attendance=came, decisions="A lock timeout.")


def _held(s: Any) -> PostMortem:
    """The meeting was held, and is written down as held half an hour after it was called for."""
    postmortem = _begun(s)
    review = Review.objects.get(postmortem=postmortem)
    came = {user_id: meeting.Came(came=True) for user_id in review.attendees.values_list("user_id", flat=True)}
    late = review.starts_at + timedelta(minutes=30)
    meeting.hold_review(postmortem, by=s.amira, attendance=came, decisions="A lock timeout.", held_at=late)
    return postmortem


def _correct(s: Any, postmortem: PostMortem, **ago: float) -> object:
    at = s.clock.now - timedelta(**ago)
    return correct_review_time(postmortem, by=s.amira, held_at=at, reason="The minutes say so.")


def _with(prepare: Callable[[Any], Any], act: Callable[[Any, Any], object]) -> Callable[[Any], Act]:
    def driver(s: Any) -> Act:
        prepared = prepare(s)
        return lambda: act(s, prepared)

    return driver


def _soon(s: Any) -> Any:
    return s.clock.now + timedelta(hours=3)


DRIVERS: dict[str, Callable[[Any], Act]] = {
    "review:call": _with(drafted, lambda s, pm: meeting.call_review(pm, by=s.amira, starts_at=_soon(s))),
    "review:move": _with(_called, lambda s, pm: meeting.move_review(pm, by=s.amira, starts_at=_soon(s))),
    "review:cancel": _with(_called, lambda s, pm: meeting.cancel_review(pm, by=s.amira, reason="Ill.")),
    "review:hold": _with(_begun, _hold),
    "review:correct-time": _with(_held, lambda s, pm: _correct(s, pm, minutes=50)),
    "postmortem:keep-wording": _with(
        _blaming,
        lambda s, pm: wording.keep_wording(pm, by=s.amira, place="section:summary", phrase="Human error", reason="A quotation."),
    ),
    "postmortem:take-back-wording": _with(
        _kept, lambda s, pm: wording.take_back_wording(pm, by=s.amira, place="section:summary", phrase="human error")
    ),
    "postmortem:waive": _with(drafted, lambda s, pm: waiving.waive(pm, by=_owner(s), reason="A duplicate.")),
    "postmortem:lift-waiver": _with(_waived, lambda s, pm: waiving.lift_waiver(pm, by=_owner(s), reason="It was none.")),
    "postmortem:need-no-items": _with(drafted, lambda s, pm: waiving.need_no_items(pm, by=s.amira, reason="The vendor's.")),
    "postmortem:release": _with(_published, lambda s, made: releasing.release(made, by=s.amira, **PUBLIC)),
    "release policy:set": lambda s: lambda: releasing.set_release_policy(by=_owner(s), overrides_allowed=False, reason="A rule."),
    "postmortem:withdraw": _with(_released, lambda s, made: releasing.withdraw(made, by=s.amira, reason="A mistake.")),
}


def _waive_called(s: Any) -> Act:
    """A review is called: it is cancelled with the waiver."""
    postmortem = _called(s)
    return lambda: waiving.waive(postmortem, by=_owner(s), reason="A duplicate.")


def _correct_late(s: Any) -> Act:
    """It took place after its time, and was written down as held before."""
    postmortem = _held(s)
    s.clock.advance(days=12)
    return lambda: _correct(s, postmortem, hours=1)


# Other circumstances (tests/ledger/variants.py).
VARIANTS: dict[str, tuple[Callable[[Any], Act], ...]] = {
    "postmortem:waive": (_waive_called,),
    "review:correct-time": (_correct_late,),
}
