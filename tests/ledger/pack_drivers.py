"""What does each verb of evidence packs once (tests/ledger/test_events.py): the preparation, then the act."""

from collections.abc import Callable
from datetime import date
from typing import Any

from compliance.actions import packs
from compliance.models import AuditEngagement, EvidencePack

type Act = Callable[[], object]
MADE = {"name": "evidence", "size": 1, "sha256": "0" * 64, "checkpoint_size": 1}


def _asked(s: Any) -> EvidencePack:
    return packs.ask_for_pack(s.incident, by=s.admin)


def _ready(s: Any) -> EvidencePack:
    return packs.finish(_asked(s), by=s.muster, **MADE)  # type: ignore[arg-type]


def _of_a_period(s: Any) -> EvidencePack:
    with s.cast.scope(s.cast.admin):  # the database shows it to nobody but whoever asks
        return packs.ask_for_period(date(2026, 7, 1), date(2026, 10, 1), by=s.admin)


def _of_an_engagement(s: Any) -> EvidencePack:
    with s.cast.scope(s.cast.admin):
        return packs.ask_for_engagement(AuditEngagement.objects.latest("id"), by=s.admin)


def _with(prepare: Callable[[Any], Any], act: Callable[[Any, Any], object]) -> Callable[[Any], Act]:
    def driver(s: Any) -> Act:
        prepared = prepare(s)
        return lambda: act(s, prepared)

    return driver


DRIVERS: dict[str, Callable[[Any], Act]] = {
    "evidence pack:ask": _with(lambda s: None, lambda s, _: _asked(s)),
    "evidence pack:ask-for-period": _with(lambda s: None, lambda s, _: _of_a_period(s)),
    "evidence pack:ask-for-engagement": _with(lambda s: None, lambda s, _: _of_an_engagement(s)),
    "evidence pack:finish": _with(_asked, lambda s, pack: packs.finish(pack, by=s.muster, **MADE)),  # type: ignore[arg-type]
    "evidence pack:give-up": _with(_asked, lambda s, pack: packs.give_up(pack, by=s.muster, why="No space left.")),
    "evidence pack:hand-out": _with(_ready, lambda s, pack: packs.hand_out(pack, by=s.admin)),
}
