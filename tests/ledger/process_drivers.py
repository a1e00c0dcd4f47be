"""What does each verb of the standard and its process once (tests/ledger/test_events.py): the preparation, then the act."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from standard import actions
from standard.models import Feedback, ProcessReview, StandardDraft, StandardVersion
from standard.quarters import quarter_of
from standard.queries import calendar

type Act = Callable[[], object]


def _owner(s: Any) -> Any:
    return s.cast.owner.actor()


def _draft(s: Any) -> StandardDraft:
    return actions.start_draft(by=_owner(s))


def _changed(s: Any) -> StandardDraft:
    draft = _draft(s)
    return actions.change_draft(draft, {**draft.content, "contact": "us"}, by=_owner(s), revision=draft.revision)


def _discarded(s: Any) -> StandardDraft:
    draft = _draft(s)
    return actions.discard_draft(draft, by=_owner(s), revision=draft.revision)


def _to_come(s: Any) -> StandardVersion:
    draft = _changed(s)
    later = s.clock.now + timedelta(days=1)
    return actions.publish_draft(draft, by=_owner(s), revision=draft.revision, summary="Us.", effective_at=later)


def _feedback(s: Any) -> Feedback:
    return actions.give_feedback(by=s.jon, text_="Too long.")


def _review(s: Any) -> ProcessReview:
    review = ProcessReview.objects.earliest("id")
    return actions.write_review(review, by=_owner(s), notes="", decisions="Nothing.", revision=review.revision)


def _open(s: Any) -> Act:
    later = quarter_of(calendar().hours.zone, s.clock.now).later(5)
    return lambda: actions.open_review(later, by=s.muster)


def _with(prepare: Callable[[Any], Any], act: Callable[[Any, Any], object]) -> Callable[[Any], Act]:
    def driver(s: Any) -> Act:
        prepared = prepare(s)
        return lambda: act(s, prepared)

    return driver


DRIVERS: dict[str, Callable[[Any], Act]] = {
    "standard draft:start": _with(lambda s: None, lambda s, _: _draft(s)),
    "standard draft:change": _with(
        _draft, lambda s, d: actions.change_draft(d, {**d.content, "owner": "Us"}, by=_owner(s), revision=d.revision)
    ),
    "standard draft:discard": _with(_draft, lambda s, d: actions.discard_draft(d, by=_owner(s), revision=d.revision)),
    "standard draft:restore": _with(_discarded, lambda s, d: actions.restore_draft(d, by=_owner(s))),
    "standard draft:publish": _with(
        _changed, lambda s, d: actions.publish_draft(d, by=_owner(s), revision=d.revision, summary="Ours now.")
    ),
    "standard version:withdraw": _with(_to_come, lambda s, v: actions.withdraw_version(v, by=_owner(s), reason="Too early.")),
    "feedback:give": _with(lambda s: None, lambda s, _: _feedback(s)),
    "feedback:settle": _with(_feedback, lambda s, f: actions.settle_feedback(f, by=_owner(s), answer="We shorten it.")),
    "process review:open": _open,
    "process review:write": _with(
        lambda s: ProcessReview.objects.earliest("id"),
        lambda s, r: actions.write_review(r, by=_owner(s), notes="n", decisions="d", revision=r.revision),
    ),
    "process review:sign-off": _with(_review, lambda s, r: actions.sign_review(r, by=_owner(s))),
}
