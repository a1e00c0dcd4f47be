"""What does each verb of evidence packs once (tests/ledger/test_events.py): the preparation, then the act."""

from collections.abc import Callable
from datetime import date
from typing import Any

from compliance.actions import packs
from compliance.models import AuditEngagement, EvidencePack, PackPart
from compliance.packs.lease import Lease, claim

type Act = Callable[[], object]
MADE: dict[str, Any] = {"name": "evidence", "size": 1, "sha256": "0" * 64, "checkpoint_size": 1}


def _asked(s: Any) -> EvidencePack:
    return packs.ask_for_pack(s.incident, by=s.admin)


def _ready(s: Any) -> EvidencePack:
    return _finish(s, *_claimed(s))


def _claimed(s: Any) -> tuple[EvidencePack, Lease]:
    pack = _asked(s)
    lease = claim(pack.pk)
    assert lease is not None
    return pack, lease


def _finish(s: Any, pack: EvidencePack, lease: Lease) -> EvidencePack:
    return packs.finish(pack, by=s.muster, lease=lease, **MADE)


def _kept(s: Any) -> EvidencePack:
    """A superseded one whose file a hold keeps."""
    pack = _ready(s)
    PackPart.objects.create(pack=pack, incident_id=pack.incident_id, number=0, body=b"PK")
    return packs.supersede(pack, by=s.muster, erasure=1, hold=7)


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
    "evidence pack:finish": _with(_claimed, lambda s, claimed: _finish(s, *claimed)),
    "evidence pack:give-up": _with(_asked, lambda s, pack: packs.give_up(pack, by=s.muster, why="No space left.")),
    "evidence pack:supersede": _with(_ready, lambda s, pack: packs.supersede(pack, by=s.muster, erasure=1, hold=None)),
    "evidence pack:remove": _with(_kept, lambda s, pack: packs.remove(pack, by=s.muster)),
    "evidence pack:hand-out": _with(_ready, lambda s, pack: packs.hand_out(pack, by=s.admin)),
}
