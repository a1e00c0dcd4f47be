"""What else the verbs leave, done in other circumstances than their first drive (tests/ledger/test_verbs_true.py)."""

from collections.abc import Callable, Mapping
from typing import Any

from incidents import actions
from incidents.members import member_for
from incidents.models import Incident, StatusUpdate, UpdatePolicy
from incidents.states import Audience, FlagKey, PublicStatus, RoomRole, Severity, State
from ledger.actions import configure
from oncall import actions as oncall
from oncall.models import Page, Service, Team, TeamMember
from tenants.models import Membership, User
from tests.ledger import document_drivers, item_drivers, review_drivers

type Act = Callable[[], object]

ALL = tuple(Severity)


def small(s: Any, severity: Severity = Severity.SEV3) -> Incident:
    """Another incident, that Amira commands."""
    made = actions.declare(by=s.amira, title="Another", severity=severity)
    return actions.claim(made, by=s.amira)


def busy(s: Any, severity: Severity = Severity.SEV2) -> Incident:
    """One with leads, a rhythm, a page that is open and a handover under way."""
    incident = small(s, severity)
    for role in (RoomRole.OL, RoomRole.CL):
        actions.assign(incident, by=s.amira, role=role, person=member_for(s.amira, s.cast.jon.email))
        if incident.mobilises:
            actions.accept(incident, by=s.jon, role=role)
    if incident.mobilises:
        actions.set_rhythm(incident, by=s.amira, minutes=10)
    oncall.page_team(Team.objects.get(), incident, by=s.muster, incident_id=incident.pk)
    actions.hand_over(incident, by=s.amira, to=member_for(s.amira, s.cast.mei.email))
    return actions.shadow(incident, by=s.cast.mei.actor())


def _public(s: Any, incident: Incident, **body: Any) -> StatusUpdate:
    words = {"known": "Payments fail", "impact": "Nobody can pay", "doing": "We look", **body}
    return actions.update(incident, by=s.amira, audience=Audience.PUBLIC, status=PublicStatus.INVESTIGATING, **words)


def _held(s: Any) -> None:
    configure(UpdatePolicy(), {"approved_audiences": [Audience.PUBLIC.value]}, by=s.admin)


def _update_held(s: Any) -> Act:
    _held(s)
    return lambda: _public(s, s.incident)


def _update_small(s: Any) -> Act:
    incident = small(s, Severity.SEV2)
    return lambda: actions.update(incident, by=s.amira, known="a", impact="b", doing="c")


def _approve_first(s: Any) -> Act:
    """Legal's word on one that waits for the IC's too."""
    _held(s)
    update = _public(s, s.incident, known="A cable was cut", states_cause=True)
    return lambda: actions.approve_update(s.incident, by=s.cast.exec.actor(), update=update.pk)


def _approve_again(severity: Severity) -> Callable[[Any], Act]:
    """A second public update, which restarts the clock of the first."""

    def driver(s: Any) -> Act:
        incident = small(s, severity)
        _public(s, incident)
        _held(s)
        update = _public(s, incident)
        return lambda: actions.approve_update(incident, by=s.cast.exec.actor(), update=update.pk)

    return driver


def _flag(
    make: Callable[[Any, Severity], Incident], severity: Severity, key: FlagKey = FlagKey.PERSONAL_DATA
) -> Callable[[Any], Act]:
    def driver(s: Any) -> Act:
        incident = make(s, severity)
        return lambda: actions.flag(incident, by=s.amira, key=key, reason="Leaked")

    return driver


def _severity(make: Callable[[Any, Severity], Incident], before: Severity, after: Severity) -> Callable[[Any], Act]:
    def driver(s: Any) -> Act:
        incident = make(s, before)
        return lambda: actions.change_severity(incident, by=s.amira, severity=after, reason="So it is")

    return driver


def _declare(severity: Severity, *flags: FlagKey) -> Callable[[Any], Act]:
    return lambda s: lambda: actions.declare(by=s.amira, title="Another", severity=severity, flags=flags)


def _declare_from(severity: Severity, *flags: FlagKey) -> Callable[[Any], Act]:
    def driver(s: Any) -> Act:
        signal = _paged(s)
        return lambda: actions.declare_from([signal], by=s.amira, title="It is", severity=severity, flags=flags)

    return driver


def _paged(s: Any) -> Any:
    """A signal with an open page."""
    signal = s.signal()
    oncall.page_team(Team.objects.get(), signal, by=s.muster)
    return signal


def _attach(s: Any) -> Act:
    signal, incident = _paged(s), small(s, Severity.SEV4)
    return lambda: actions.attach(signal, incident, by=s.amira)


def _dismiss(s: Any) -> Act:
    signal = _paged(s)
    return lambda: actions.dismiss(signal, by=s.amira, reason="Known.")


def _assign(s: Any) -> Act:
    """Amira takes the last open role herself: accepted at once, and the room is mobilised."""
    jon = member_for(s.amira, s.cast.jon.email)
    actions.assign(s.incident, by=s.amira, role=RoomRole.OL, person=jon)
    actions.accept(s.incident, by=s.jon, role=RoomRole.OL)
    me = member_for(s.amira, s.cast.amira.email)
    return lambda: actions.assign(s.incident, by=s.amira, role=RoomRole.CL, person=me)


def _done(s: Any) -> Act:
    actions.order(s.incident, by=s.amira, to=s.cast.jon.email, text="Restart db-2")
    actions.acknowledge_order(s.incident, by=s.jon, order=1)
    return lambda: actions.finish_order(s.incident, by=s.jon, order=1)


def _step_down(s: Any) -> Act:
    incident = busy(s, Severity.SEV3)
    return lambda: actions.step_down(incident, by=s.amira, role=RoomRole.IC)


def _step_down_lead(s: Any) -> Act:
    """All roles were filled; now one is open again."""
    incident = busy(s)
    return lambda: actions.step_down(incident, by=s.jon, role=RoomRole.OL)


def _leaves(s: Any) -> None:
    """Amira leaves the organisation."""
    configure(Membership.objects.get(user_id=s.cast.amira.user_id), {"is_active": False}, by=s.admin)


def _claim_last(s: Any) -> Act:
    """Command is the last role that is open: whoever had it has left before the leads were found."""
    incident = small(s, Severity.SEV2)
    for role in (RoomRole.OL, RoomRole.CL):
        actions.assign(incident, by=s.amira, role=role, person=member_for(s.amira, s.cast.jon.email))
    _leaves(s)
    for role in (RoomRole.OL, RoomRole.CL):
        actions.accept(incident, by=s.jon, role=role)
    return lambda: actions.claim(incident, by=s.cast.mei.actor())


def _claim_in_a_handover(s: Any) -> Act:
    """The commander has left in the middle of a handover."""
    incident = busy(s)
    _leaves(s)
    return lambda: actions.claim(incident, by=s.cast.mei.actor(), reason="Amira has left")


def _advance(to: State) -> Callable[[Any], Act]:
    def driver(s: Any) -> Act:
        incident = busy(s)
        if to == State.INVESTIGATION:
            actions.advance(incident, by=s.amira, to=State.MONITORING, reason="It is over")
        return lambda: actions.advance(incident, by=s.amira, to=to, reason="So it is")

    return driver


def _relapse(severity: Severity) -> Callable[[Any], Act]:
    """Customers were told that it is resolved, and it comes back."""

    def driver(s: Any) -> Act:
        incident = busy(s, severity)
        actions.advance(incident, by=s.amira, to=State.MONITORING, reason="It is over")
        actions.update(
            incident,
            by=s.jon,
            audience=Audience.PUBLIC,
            status=PublicStatus.RESOLVED,
            known="All is well",
            impact="None",
            doing="We watch",
        )
        return lambda: actions.advance(incident, by=s.amira, to=State.INVESTIGATION, reason="It is back")

    return driver


def _reopen(severity: Severity, *, flagged: bool = False) -> Callable[[Any], Act]:
    def driver(s: Any) -> Act:
        incident = busy(s, severity)
        actions.order(incident, by=s.amira, to=s.cast.jon.email, text="Restart db-2")
        actions.set_impact(incident, by=s.amira, end=s.clock.now)
        early = {}
        if severity <= Severity.SEV2:
            actions.advance(incident, by=s.amira, to=State.MONITORING, reason="It is over")
            early = {"monitoring_too_short": "It is a test."}
        actions.resolve(incident, by=s.amira, summary="Over.", overrides=early)
        if flagged:
            incident = actions.flag(incident, by=s.amira, key=FlagKey.PERSONAL_DATA, reason="Leaked")
        return lambda: actions.reopen(incident, by=s.amira, reason="Again.")

    return driver


def _reopen_open(s: Any) -> Act:
    """A SEV 1 whose leads were never found."""
    for to in (State.INVESTIGATION, State.MONITORING):
        actions.advance(s.incident, by=s.amira, to=to, reason="Two awake")
    actions.set_impact(s.incident, by=s.amira, end=s.clock.now)
    actions.resolve(s.incident, by=s.amira, summary="Over.", overrides={"monitoring_too_short": "It is a test."})
    return lambda: actions.reopen(s.incident, by=s.amira, reason="Again.")


def _page_service(s: Any) -> Act:
    service = Service.objects.earliest("id")
    return lambda: actions.page(s.incident, by=s.amira, service=service, reason="You know it")


def _page_duty(s: Any) -> Act:
    return lambda: oncall.page_person(s.cast.exec.user_id, s.incident, by=s.muster, clause="x", reason="Legal", chased=True)


def _page_nobody(s: Any) -> Act:
    team = configure(Team(), {"slug": "tiny", "name": "Tiny"}, by=s.admin)
    return lambda: oncall.page_team(team, s.incident, by=s.muster, incident_id=s.incident.pk)


def _escalate_last(s: Any) -> Act:
    page = s.page()
    for _ in range(2):
        oncall.escalate(page, by=s.muster)
    return lambda: oncall.escalate(page, by=s.muster)


def _secret(s: Any) -> Incident:
    """A restricted incident of which Jon was told, and then no more."""
    incident = actions.flag(small(s, Severity.SEV2), by=s.amira, key=FlagKey.PERSONAL_DATA, reason="Leaked")
    jon = member_for(s.amira, s.cast.jon.email)
    actions.admit(incident, jon, by=s.amira, reason="Helps")
    return actions.remove(incident, jon, by=s.amira, reason="Done")


def _page_withheld(s: Any) -> Act:
    incident = _secret(s)
    team = configure(Team(), {"slug": "tiny", "name": "Tiny"}, by=s.admin)
    configure(TeamMember(), {"team": team, "user": User.objects.get(pk=s.cast.jon.user_id), "position": 1}, by=s.admin)
    return lambda: oncall.page_team(team, incident, by=s.muster, incident_id=incident.pk)


def _person_withheld(s: Any) -> Act:
    incident = _secret(s)
    return lambda: oncall.page_person(
        s.cast.jon.user_id, incident, by=s.muster, clause="x", reason="Again", incident_id=incident.pk
    )


def _next_withheld(answer: str) -> Callable[[Any], Act]:
    """The secondary is Jon: he is passed over, and the manager is called."""

    def driver(s: Any) -> Act:
        incident = _secret(s)
        page = oncall.page_team(Team.objects.get(slug="shop"), incident, by=s.muster, incident_id=incident.pk)
        if answer == "decline":
            return lambda: oncall.decline(page, by=s.amira)
        return lambda: oncall.escalate(page, by=s.muster)

    return driver


def _decline_last(s: Any) -> Act:
    page = oncall.page_person(s.cast.amira.user_id, s.incident, by=s.muster, clause="x", reason="CFO", chased=True)
    return lambda: oncall.decline(page, by=s.amira)


def _waiting_page(s: Any, *, restricted: bool = False, nobody: bool = False) -> Page:
    """A page of low urgency outside business hours, of a team that is Jon alone, or nobody."""
    s.clock.advance(hours=(20 - s.clock.now.hour) % 24)
    incident = _secret(s) if restricted else busy(s)
    team = configure(Team(), {"slug": "tiny", "name": "Tiny"}, by=s.admin)
    if not nobody:
        configure(TeamMember(), {"team": team, "user": User.objects.get(pk=s.cast.jon.user_id), "position": 1}, by=s.admin)
    return oncall.page_team(team, incident, by=s.muster, incident_id=incident.pk, urgency=Page.Urgency.LOW)


def _begin(*, restricted: bool = False, nobody: bool = False) -> Callable[[Any], Act]:
    def driver(s: Any) -> Act:
        page = _waiting_page(s, restricted=restricted, nobody=nobody)
        s.clock.advance(days=4)
        return lambda: oncall.look_at(page, by=s.muster)

    return driver


def _again(*, restricted: bool = False, nobody: bool = False) -> Callable[[Any], Act]:
    """One that waits for business hours, and is needed now."""

    def driver(s: Any) -> Act:
        page = _waiting_page(s, restricted=restricted, nobody=nobody)
        return lambda: oncall.page_again(page, by=s.muster, incident_id=page.incident_id or 0, reason="SEV 1")

    return driver


def _flag_merged(s: Any) -> Act:
    part, whole = busy(s), busy(s)
    actions.merge(part, by=s.amira, into=whole)
    return lambda: actions.flag(whole, by=s.amira, key=FlagKey.PERSONAL_DATA, reason="Leaked")


def _rhythm_again(s: Any) -> Act:
    incident = busy(s)
    return lambda: actions.set_rhythm(incident, by=s.amira, minutes=5)


VARIANTS: Mapping[str, tuple[Callable[[Any], Act], ...]] = {
    "incident:update": (_update_held, _update_small),
    "incident:approve-update": (_approve_first, _approve_again(Severity.SEV1), _approve_again(Severity.SEV2)),
    "incident:flag": (
        _flag_merged,
        *(_flag(small, level) for level in ALL),
        _flag(busy, Severity.SEV2),
        _flag(small, Severity.SEV3, FlagKey.FINANCIAL_LOSS),
    ),
    "incident:severity": (
        *(_severity(small, a, b) for a in ALL for b in ALL if a != b),
        _severity(busy, Severity.SEV2, Severity.SEV1),
        _severity(busy, Severity.SEV2, Severity.SEV4),
    ),
    "incident:declare": (*(_declare(level) for level in ALL), _declare(Severity.SEV4, FlagKey.PERSONAL_DATA)),
    "signal:declare-from": (
        *(_declare_from(level) for level in ALL),
        _declare_from(Severity.SEV4, FlagKey.PERSONAL_DATA),
    ),
    "signal:attach": (_attach,),
    "signal:dismiss": (_dismiss,),
    "incident:assign": (_assign,),
    "incident:done": (_done,),
    "incident:step-down": (_step_down, _step_down_lead),
    "incident:claim": (_claim_last, _claim_in_a_handover),
    "incident:advance": (
        _advance(State.MONITORING),
        _advance(State.INVESTIGATION),
        _relapse(Severity.SEV1),
        _relapse(Severity.SEV2),
    ),
    "incident:reopen": (
        *(_reopen(level) for level in ALL),
        _reopen(Severity.SEV3, flagged=True),
        _reopen_open,
    ),
    "incident:page": (_page_service,),
    "incident:rhythm": (_rhythm_again,),
    "page:page": (_page_nobody, _page_withheld),
    "page:page-person": (_page_duty, _person_withheld),
    "page:escalate": (_escalate_last, _next_withheld("nothing")),
    "page:decline": (_decline_last, _next_withheld("decline")),
    "page:begin": (_begin(), _begin(restricted=True), _begin(nobody=True)),
    **review_drivers.VARIANTS,
    **item_drivers.VARIANTS,
    **document_drivers.VARIANTS,
    "page:page-again": (_again(), _again(nobody=True), _again(restricted=True)),
}
