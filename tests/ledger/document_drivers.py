"""What does each verb of a post-mortem's document once (tests/ledger/test_events.py): the preparation, then the act."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from incidents import actions
from incidents.members import member_for
from incidents.states import State
from postmortems.actions import choosing, comments, impact, opening, publishing, waiving, whys, writing
from postmortems.models import PostMortem
from postmortems.states import Verdict

type Act = Callable[[], object]

TEXTS = ("summary", "action_items", "went_well", "lucky")


def _resolved(s: Any) -> None:
    actions.advance(s.incident, by=s.amira, to=State.INVESTIGATION, reason="roles open")
    actions.advance(s.incident, by=s.amira, to=State.MONITORING, reason="nothing to mitigate")
    actions.set_impact(s.incident, by=s.amira, end=s.clock.now)
    actions.resolve(s.incident, by=s.amira, summary="Over.", overrides={"monitoring_too_short": "It is a test."})


def draft(s: Any) -> PostMortem:
    """The post-mortem of the stage's incident, resolved."""
    _resolved(s)
    found = opening.open_draft(s.incident, by=s.muster)
    assert found is not None
    return found


def complete(s: Any) -> PostMortem:
    """The same, with nothing missing."""
    found = draft(s)
    for section in found.sections.filter(key__in=TEXTS):
        writing.edit_section(found, section.key, by=s.amira, text="Words", version=0)
    whys.add_why(found, by=s.amira, text="It was so")
    impact.explain_whys(found, by=s.amira, reason="One is enough")
    waiving.need_no_items(found, by=s.amira, reason="The vendor's")
    impact.set_facts(found, by=s.amira, facts={"users_affected": 0, "cost_amount": "0", "cost_currency": "EUR"})
    return found


def published(s: Any) -> PostMortem:
    """The same, published."""
    found = complete(s)
    publishing.publish(found, by=s.amira)
    return found


def _of(prepare: Callable[[Any], PostMortem], act: Callable[[Any, PostMortem], object]) -> Callable[[Any], Act]:
    def driver(s: Any) -> Act:
        found = prepare(s)
        return lambda: act(s, found)

    return driver


def _on_draft(act: Callable[[Any, PostMortem], object]) -> Callable[[Any], Act]:
    return _of(draft, act)


def _open(s: Any) -> Act:
    _resolved(s)
    return lambda: opening.open_draft(s.incident, by=s.muster)


def _entry(act: Callable[[Any, PostMortem, int], object]) -> Callable[[Any], Act]:
    def driver(s: Any) -> Act:
        found = draft(s)
        entry = found.picks.latest("id").pk
        return lambda: act(s, found, entry)

    return driver


def _why(act: Callable[[Any, PostMortem], object]) -> Callable[[Any], Act]:
    def driver(s: Any) -> Act:
        found = draft(s)
        whys.add_why(found, by=s.amira, text="It was so")
        whys.add_why(found, by=s.amira, text="And that was so", parent=1)
        return lambda: act(s, found)

    return driver


def _settle(s: Any) -> Act:
    found = draft(s)
    said = comments.comment(found, by=s.jon, section="summary", text="Which lock?")
    return lambda: comments.settle_comment(found, said.pk, by=s.amira)


def _answer(s: Any) -> Act:
    found = draft(s)
    comments.ask_reader(found, member_for(s.amira, s.cast.jon.email), by=s.amira)
    return lambda: comments.answer_reading(found, by=s.jon, verdict=Verdict.GOOD)


def _pick(s: Any) -> Act:
    found = draft(s)
    entry = actions.note(s.incident, by=s.amira, text="Orders flow again")
    return lambda: choosing.pick(found, by=s.amira, seq=entry.seq or 0)


DRIVERS: dict[str, Callable[[Any], Act]] = {
    "postmortem:open": _open,
    "postmortem:edit-section": _on_draft(
        lambda s, found: writing.edit_section(found, "summary", by=s.amira, text="Words", version=0)
    ),
    "postmortem:set-facts": _on_draft(lambda s, found: impact.set_facts(found, by=s.amira, facts={"users_affected": 5})),
    "postmortem:explain-whys": _on_draft(lambda s, found: impact.explain_whys(found, by=s.amira, reason="One is enough")),
    "postmortem:pick": _pick,
    "postmortem:add-entry": _on_draft(
        lambda s, found: choosing.add_entry(
            found, by=s.amira, occurred_at=s.clock.now - timedelta(seconds=1), text="Orders fail", led_up=True
        )
    ),
    "postmortem:annotate": _entry(lambda s, found, entry: choosing.annotate(found, entry, by=s.amira, text="The first sign")),
    "postmortem:remove-entry": _entry(lambda s, found, entry: choosing.remove_entry(found, entry, by=s.amira)),
    "postmortem:add-why": _on_draft(lambda s, found: whys.add_why(found, by=s.amira, text="It was so")),
    "postmortem:change-why": _why(lambda s, found: whys.change_why(found, 1, by=s.amira, text="It was otherwise")),
    "postmortem:move-why": _why(lambda s, found: whys.move_why(found, 2, by=s.amira)),
    "postmortem:remove-why": _why(lambda s, found: whys.remove_why(found, 1, by=s.amira)),
    "postmortem:comment": _on_draft(lambda s, found: comments.comment(found, by=s.jon, section="summary", text="Which lock?")),
    "postmortem:settle-comment": _settle,
    "postmortem:ask-reader": _on_draft(
        lambda s, found: comments.ask_reader(found, member_for(s.amira, s.cast.jon.email), by=s.amira)
    ),
    "postmortem:answer-reading": _answer,
    "postmortem:name-author": _on_draft(
        lambda s, found: comments.name_author(found, member_for(s.amira, s.cast.jon.email), by=s.amira)
    ),
    "postmortem:publish": _of(complete, lambda s, found: publishing.publish(found, by=s.amira)),
    "postmortem:take-up": _of(published, lambda s, found: publishing.take_up(found, by=s.amira, reason="The cost is known")),
}


def _come_back(s: Any, *, waived: bool = False) -> PostMortem:
    """Published (and waived); then the incident was reopened, and is resolved again."""
    found = published(s)
    if waived:
        found = waiving.waive(found, by=s.cast.owner.actor(), reason="A duplicate.")
    s.clock.advance(minutes=1)
    actions.reopen(s.incident, by=s.amira, reason="Errors are back")
    actions.advance(s.incident, by=s.amira, to=State.MONITORING, reason="Gone again")
    actions.set_impact(s.incident, by=s.amira, end=s.clock.now)
    actions.resolve(s.incident, by=s.amira, summary="For good.", overrides={"monitoring_too_short": "It is a test."})
    return found


def _open_again(s: Any) -> Act:
    _come_back(s)
    return lambda: opening.open_draft(s.incident, by=s.muster)


def _open_again_though_waived(s: Any) -> Act:
    _come_back(s, waived=True)
    return lambda: opening.open_draft(s.incident, by=s.muster)


def _lift_after_it_came_back(s: Any) -> Act:
    found = waiving.waive(_come_back(s), by=s.cast.owner.actor(), reason="A duplicate.")
    return lambda: waiving.lift_waiver(found, by=s.cast.owner.actor(), reason="It was none.")


# Other circumstances (tests/ledger/variants.py).
VARIANTS: dict[str, tuple[Callable[[Any], Act], ...]] = {
    "postmortem:open": (_open_again, _open_again_though_waived),
    "postmortem:lift-waiver": (_lift_after_it_came_back,),
}
