"""What does each verb of access and break glass once (tests/ledger/test_events.py): the preparation, then the act."""

from collections.abc import Callable
from typing import Any

from compliance.access.lines import Line
from compliance.actions import access_glass, access_reviews, access_systems
from compliance.models import AccessFact, AccessReview, AccessSystem, BreakGlass, Decision, Verdict, Way
from incidents import actions
from incidents.members import member_for
from incidents.models import Incident
from incidents.states import FlagKey, State
from tenants.actors import Actor

type Act = Callable[[], object]

ACCESS = Line("jon@acme.example", "shell", privileged=True)


def _privacy(s: Any) -> Actor:
    actor: Actor = s.cast.owner.actor()
    return actor


def _system(s: Any) -> AccessSystem:
    return access_systems.register_system(by=s.admin, name="Kubernetes")


def _by_hand(s: Any) -> AccessFact:
    access_systems.take_in(_system(s), by=s.admin, source="by hand", way=Way.HAND, lines=[ACCESS], whole=False)
    return AccessFact.objects.get()


def _resolved(s: Any) -> Incident:
    """Amira's incident, over, with one privileged access in its window."""
    access_systems.take_in(_system(s), by=s.admin, source="okta", way=Way.API, lines=[ACCESS], whole=True)
    actions.advance(s.incident, by=s.amira, to=State.INVESTIGATION, reason="roles open")
    actions.advance(s.incident, by=s.amira, to=State.MONITORING, reason="nothing to mitigate")
    actions.set_impact(s.incident, by=s.amira, end=s.clock.now)
    return actions.resolve(s.incident, by=s.amira, summary="Over.", overrides={"monitoring_too_short": "It is a test."})


def _review(s: Any) -> AccessReview:
    found = access_reviews.open_review(_resolved(s), by=s.muster)
    assert found is not None
    return found


def _all(review: AccessReview) -> list[int]:
    return list(review.accesses.values_list("pk", flat=True))


def _decide(s: Any, review: AccessReview) -> AccessReview:
    return access_reviews.decide(review, by=_privacy(s), accesses=_all(review), decision=Decision.REVOKE, note="Not needed")


def _judged(s: Any) -> AccessReview:
    return _decide(s, _review(s))


def _restricted(s: Any) -> Incident:
    return actions.flag(s.incident, by=s.amira, key=FlagKey.PERSONAL_DATA, reason="Addresses are out")


def _break(s: Any, incident: Incident) -> BreakGlass:
    return access_glass.break_glass(incident.number, by=s.admin, reason="Nobody answers", minutes=30)


def _after[T](prepare: Callable[[Any], T], act: Callable[[Any, T], object]) -> Callable[[Any], Act]:
    def driver(s: Any) -> Act:
        prepared = prepare(s)
        return lambda: act(s, prepared)

    return driver


DRIVERS: dict[str, Callable[[Any], Act]] = {
    "access:end": _after(_by_hand, lambda s, fact: access_systems.end_access(fact, by=s.admin)),
    "access review:open": _after(_resolved, lambda s, incident: access_reviews.open_review(incident, by=s.muster)),
    "access review:decide": _after(_review, _decide),
    "access review:sign": _after(_judged, lambda s, review: access_reviews.sign(review, by=_privacy(s))),
    "break glass:break": _after(_restricted, _break),
    "break glass:judge": _after(
        lambda s: _break(s, _restricted(s)),
        lambda s, glass: access_glass.judge_glass(glass, by=_privacy(s), verdict=Verdict.JUSTIFIED, note="Right so"),
    ),
    "principal:name": _after(
        lambda s: None,
        lambda s, _: access_systems.name_principal("svc-deploy", member_for(s.admin, s.cast.jon.email), by=s.admin),
    ),
    "production system:register": _after(lambda s: None, lambda s, _: _system(s)),
    "production system:retire": _after(_system, lambda s, made: access_systems.retire_system(made, by=s.admin)),
    "production system:take-in": _after(
        _system,
        lambda s, made: access_systems.take_in(made, by=s.admin, source="okta", way=Way.API, lines=[ACCESS], whole=True),
    ),
}
