"""Small records, and what each clause's function has to say of them: at least one for every verdict that it can give."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from compliance.conformance.record import (
    ClockRow,
    Entry,
    Held,
    HoldRow,
    Item,
    Named,
    Notice,
    PageRow,
    Policy,
    Published,
    Record,
    Tick,
)
from compliance.conformance.verdicts import Verdict
from standard.law import Law, shipped

LAW = Law.from_data(shipped())
T = datetime(2026, 3, 2, 9, tzinfo=UTC)
WHO = {"amira": 1, "jon": 2, "mei": 3, "kim": 4}
KEPT, BROKEN, OVERRIDDEN = Verdict.KEPT, Verdict.BROKEN, Verdict.OVERRIDDEN
NA, OPEN, NONE = Verdict.NOT_APPLICABLE, Verdict.OPEN, Verdict.NO_EVIDENCE

type Said = tuple[str, float, str, dict[str, Any]]
type Vector = tuple[str, Verdict, Record]


def at(minutes: float) -> datetime:
    """So many minutes after the declaration."""
    return T + timedelta(minutes=minutes)


def e(kind: str, minutes: float = 0, by: str = "amira", **data: Any) -> Said:
    """Something that was recorded."""
    return f"incident.{kind}" if "." not in kind else kind, minutes, by, data


def declared(level: int = 1, **data: Any) -> Said:
    """The declaration."""
    small = level > 2
    told = {"severity": level, "state": "backlog" if small else "mobilization", "mobilise": not small, "services": ["Checkout"]}
    return e("declared", 0, "mei", **told | {"detected_to_declared_seconds": 60.0} | data)


def record(*said: Said, state: str = "resolved", severity: int = 1, skip: int = 0, **parts: Any) -> Record:
    """A record of these entries, numbered from 1; `skip` leaves this number out."""
    numbers = [n for n in range(1, len(said) + 2) if n != skip]
    entries = tuple(
        Entry(100 + n, n, kind, at(m), at(m), WHO.get(by), by.title(), "person" if by in WHO else "system", data, 1)
        for n, (kind, m, by, data) in zip(numbers, said, strict=False)
    )
    fixed = {"impact_end": None, "law": LAW, "version": 1, "exercise": False, "restricted": False, "held": HELD}
    return Record(ref="INC-1", number=1, state=state, severity=severity, declared_at=T, entries=entries, **{**fixed, **parts})


def held(role: str, who: str, since: float = 0, until: float | None = None, pk: int = 1) -> Held:
    """Who held a role."""
    return Held(pk, role, WHO[who], at(since), None if until is None else at(until))


HELD = (held("ic", "amira"), held("ol", "jon", pk=2), held("cl", "mei", pk=3))


def clock(
    clause: str,
    *,
    due: float = 30,
    stopped: float | None = 10,
    broken: bool = False,
    about: str = "incidents.incident",
    of: int = 1,
    away: str = "",
) -> ClockRow:
    """A clock that started with the declaration; `away`: what it fell away with."""
    ended = None if stopped is None else at(stopped)
    return ClockRow(1, clause, about, of, "cl", T, at(due), ended, at(due) if broken else None, away)


def clocks(
    clause: str, *more: Vector, base: Sequence[Said] = (), severity: int = 1, state: str = "resolved", of: int = 1
) -> list[Vector]:
    """The verdicts that a clock gives by itself: kept, broken, open, "not applicable" where it fell away; "no evidence" without one."""

    def one(verdict: Verdict, *found: ClockRow) -> Vector:
        return clause, verdict, record(*(base or (declared(severity),)), severity=severity, state=state, clocks=found)

    return [
        one(KEPT, clock(clause, of=of)),
        one(BROKEN, clock(clause, stopped=35, broken=True, of=of)),
        one(BROKEN, clock(clause, stopped=None, broken=True, of=of)),
        one(OPEN, clock(clause, stopped=None, of=of)),
        one(NA, clock(clause, away="reopened", of=of)),
        one(KEPT, clock(clause, away="reopened", of=of), clock(clause, of=of)),
        one(BROKEN, clock(clause, away="reopened", of=of), clock(clause, stopped=35, broken=True, of=of)),
        one(OPEN, clock(clause, away="reopened", of=of), clock(clause, stopped=None, of=of)),
        one(NONE),
        *more,
    ]


def page(
    clause: str = "mobilize.page-out",
    *,
    started: float = 0,
    team: int | None = 7,
    reason: str = "",
    position: int = 1,
    taken: float | None = None,
) -> PageRow:
    """A call; `taken`: when somebody acknowledged it."""
    return PageRow(1, team, clause, reason, "open", "high", position, at(started), None if taken is None else at(taken))


S1, S2, S3 = declared(1), declared(2), declared(3)
MON = e("advanced", 40, before="investigation", after="monitoring", reason="Calm")
MOB = e("mobilised", 5, "muster")
END = e("resolved", 60, firing=[], overrides={})
FP = e("false_positive", 9, reason="None", before="mobilization")
SMALL = record(S3, state="backlog", severity=3)
RUNNING = record(S1, state="mobilization")
WRONG = record(S1, FP, state="false_positive")
CHECKOUT = {7: "Checkout"}
LOWERED = e("severity_changed", 9, before=2, severity=3, state="backlog")
ABSORBED = e("absorbed", 10, ref="INC-9", worst=1)  # a SEV 1 that was lowered and merged
UNREVIEWED = e("note_added", 121, text="And it went on without a review of access")


def change(minutes: float = 20, by: str = "jon", **data: Any) -> Said:
    """A change that was carried out."""
    return e("change_executed", minutes, by, **{"number": 1, "text": "Rolled back", "overrides": {}} | data)


THERE = {"ic": True, "ol": True, "cl": True, "people": 3}
UPDATE = {"audience": "internal", "known": "k", "impact": "i", "doing": "d"}
OK = e("change_approved", 10, number=1)

PRINCIPLES: list[Vector] = [
    ("principle.mobilize-first", KEPT, record(S1, change(assembled=THERE))),
    ("principle.mobilize-first", BROKEN, record(S1, change(assembled={**THERE, "cl": False}))),
    ("principle.mobilize-first", BROKEN, record(S1, change(assembled={**THERE, "people": 1}))),
    ("principle.mobilize-first", KEPT, record(S1, change())),
    ("principle.mobilize-first", BROKEN, record(S1, change(), held=HELD[:2])),
    ("principle.mobilize-first", NONE, record(S1, change(), held=())),
    ("principle.mobilize-first", NA, SMALL),
    ("principle.mobilize-first", NA, WRONG),
    ("principle.mobilize-first", OPEN, RUNNING),
    ("principle.mitigate-first", KEPT, record(S1, MON, END)),
    ("principle.mitigate-first", BROKEN, record(S1, END)),
    ("principle.mitigate-first", NA, SMALL),
    ("principle.mitigate-first", NA, WRONG),
    ("principle.mitigate-first", OPEN, RUNNING),
    ("principle.mitigate-first", NONE, record(S1)),
    ("principle.chain-of-command", KEPT, record(S1, OK, MON)),
    ("principle.chain-of-command", BROKEN, record(S1, e("change_approved", 10, "jon", number=1))),
    (
        "principle.chain-of-command",
        BROKEN,
        record(S1, e("severity_changed", 10, "jon", before=1, severity=2, state="investigation")),
    ),
    ("principle.chain-of-command", KEPT, record(declared(2), e("severity_changed", 10, "jon", before=2, severity=1), OK)),
    ("principle.chain-of-command", NA, SMALL),
    ("principle.chain-of-command", NA, record(S1)),
    ("principle.chain-of-command", OPEN, RUNNING),
    ("principle.chain-of-command", NONE, record(S1, OK, held=())),
    ("principle.communicate", KEPT, record(S1, e("updated", 5, "mei", **UPDATE), END)),
    ("principle.communicate", BROKEN, record(S1, e("updated", 5, "mei", **UPDATE | {"impact": ""}), END)),
    ("principle.communicate", BROKEN, record(S1, END)),
    ("principle.communicate", NA, SMALL),
    ("principle.communicate", OPEN, RUNNING),
    ("principle.communicate", NONE, record(S1, e("updated", 5, "mei", **UPDATE), END, skip=2)),
]

PHASES = "lifecycle.phases"
LIFECYCLE: list[Vector] = [
    (PHASES, KEPT, record(S1, MOB, MON, END)),
    (PHASES, KEPT, record(S1, MOB, MON, END, e("reopened", 70, after="investigation", reason="Back"), state="investigation")),
    (PHASES, BROKEN, record(S1, END)),
    (PHASES, BROKEN, record(S1, MOB, e("advanced", 9, before="investigation", after="monitoring", reason=""))),
    (PHASES, OVERRIDDEN, record(S1, e("advanced", 9, after="investigation", reason="Two awake", overridden=["roles_unfilled"]))),
    (PHASES, NONE, record(MOB, MON)),
    ("triage.declare-immediately", KEPT, record(S1)),
    ("triage.declare-immediately", BROKEN, record(declared(1, detected_to_declared_seconds=1801.0))),
    (
        "triage.declare-immediately",
        KEPT,
        record(declared(1, detected_to_declared_seconds=7200.0), e("preceded", -20, "jon", kind_then="page.acknowledged")),
    ),
    ("triage.declare-immediately", NONE, record(declared(1, detected_to_declared_seconds=None))),
    ("triage.initial-severity", KEPT, record(S1)),
    ("triage.initial-severity", BROKEN, record(declared(1, severity=None))),
    ("triage.initial-severity", NONE, record(MOB)),
    ("resolve.impact-ceased", KEPT, record(S1, e("impact_set", 50, after=[None, "2026-03-02T09:50:00Z"]), END)),
    ("resolve.impact-ceased", BROKEN, record(S1, END)),
    (
        "resolve.impact-ceased",
        BROKEN,
        record(S1, e("impact_set", 50, after=[None, "x"]), END, e("reopened", 70, after="investigation", reason="r"), END),
    ),
    (
        "resolve.impact-ceased",
        BROKEN,
        record(S1, e("impact_set", 50, after=[None, "x"]), e("advanced", 55, before="monitoring", relapse=True), END),
    ),
    (
        "resolve.impact-ceased",
        KEPT,
        record(S1, e("advanced", 50, before="monitoring", relapse=True), e("impact_set", 55, after=[None, "x"]), END),
    ),
    ("resolve.impact-ceased", NA, WRONG),
    ("resolve.impact-ceased", OPEN, RUNNING),
    ("resolve.impact-ceased", NONE, record(S1)),
    ("resolve.alerts-cleared", KEPT, record(S1, END)),
    ("resolve.alerts-cleared", BROKEN, record(S1, e("resolved", 60, firing=["Disk"], overrides={}))),
    ("resolve.alerts-cleared", OVERRIDDEN, record(S1, e("resolved", 60, firing=["Disk"], overrides={"alerts_firing": "Known"}))),
    ("resolve.alerts-cleared", NA, WRONG),
    ("resolve.alerts-cleared", OPEN, RUNNING),
    ("resolve.alerts-cleared", NONE, record(S1, e("resolved", 60))),
    ("resolve.ic-declares", KEPT, record(S1, END)),
    ("resolve.ic-declares", BROKEN, record(S1, e("resolved", 60, "jon", firing=[]))),
    ("resolve.ic-declares", BROKEN, record(S3, e("resolved", 60, "jon", firing=[]), severity=3)),
    ("resolve.ic-declares", NA, record(S3, END, severity=3, held=())),
    ("resolve.ic-declares", OPEN, RUNNING),
    ("resolve.ic-declares", NONE, record(S1, END, held=())),
    ("resolve.stable", KEPT, record(S1, MON, END)),
    ("resolve.stable", BROKEN, record(S1, MON, e("resolved", 50))),
    ("resolve.stable", OVERRIDDEN, record(S1, MON, e("resolved", 50, overrides={"monitoring_too_short": "Gone for good"}))),
    ("resolve.stable", NA, SMALL),
    ("resolve.stable", NA, record(S1, e("severity_changed", 9, before=1, severity=3, state="backlog"), END, severity=3)),
    ("resolve.stable", OPEN, RUNNING),
    ("resolve.stable", NONE, record(S1, END)),
]

DIRECTOR = page("severity.sev1-page", team=None, reason="Engineering director")
NOTICE = Notice(101, "notice", 9, T, "inbox")
QUEUED = Notice(101, "notice", 9, T, "email")  # and whether it was ever sent is not said
S1P, S2P = "severity.sev1-page", "severity.sev2-page"
CALLED: dict[str, Any] = {"teams": CHECKOUT, "pages": (page(), DIRECTOR), "notices": (NOTICE,)}
LATER = e("noted", 30, text="x")
RAISED = e("severity_changed", 9, "jon", before=3, severity=1, state="mobilization", mobilise=True)
AGAIN = e("page.person_paged", 9, "muster", person="Amira", reason="again")
LATE_AGAIN = e("page.person_paged", 20, "muster", person="Amira", reason="again")
BACK = (
    e("resolved", 6, firing=[], overrides={}),
    e("severity_changed", 7, before=3, severity=1, mobilise=False),
    e("reopened", 9, after="mobilization", reason="Back", severity=1, mobilise=True),
)  # resolved while it was small, flagged, and reopened as a SEV 1
SEVERITIES: list[Vector] = [
    *clocks("mobilize.roles-assigned", ("mobilize.roles-assigned", NA, SMALL)),
    ("mobilize.page-out", KEPT, record(S1, teams=CHECKOUT, pages=(page(),))),
    ("mobilize.page-out", BROKEN, record(S1, LATER, teams=CHECKOUT, pages=(page(team=8),))),
    ("mobilize.page-out", BROKEN, record(S1, LATER, teams=CHECKOUT, pages=(page(started=2),))),
    ("mobilize.page-out", BROKEN, record(S1, LATER, teams=CHECKOUT, pages=(page(position=0),))),
    ("mobilize.page-out", BROKEN, record(S3, RAISED, LATER, teams=CHECKOUT, pages=(page(taken=5),))),
    ("mobilize.page-out", KEPT, record(S3, RAISED, LATER, teams=CHECKOUT, pages=(page(taken=5), page(started=9)))),
    ("mobilize.page-out", KEPT, record(S3, RAISED, LATER, teams=CHECKOUT, pages=(page(taken=12),))),
    ("mobilize.page-out", BROKEN, record(S3, RAISED, LATER, teams=CHECKOUT, pages=(page(),))),
    ("mobilize.page-out", KEPT, record(S3, RAISED, AGAIN, LATER, teams=CHECKOUT, pages=(page(),))),
    ("mobilize.page-out", BROKEN, record(S3, RAISED, LATE_AGAIN, LATER, teams=CHECKOUT, pages=(page(taken=22),))),
    ("mobilize.page-out", KEPT, record(S3, RAISED, LATE_AGAIN, LATER, teams=CHECKOUT, pages=(page(taken=12),))),
    ("mobilize.page-out", BROKEN, record(S3, *BACK, LATER, teams=CHECKOUT, pages=(page(taken=5),))),
    ("mobilize.page-out", KEPT, record(S3, *BACK, AGAIN, LATER, teams=CHECKOUT, pages=(page(taken=5), page(started=9)))),
    ("mobilize.page-out", OPEN, record(S1, state="mobilization", teams=CHECKOUT)),
    ("mobilize.page-out", NA, SMALL),
    ("mobilize.page-out", NONE, record(S1, LATER)),
    (S1P, KEPT, record(S1, LATER, **CALLED)),
    (S1P, BROKEN, record(S1, LATER, **CALLED | {"pages": (page(),)})),
    (S1P, BROKEN, record(S1, LATER, **CALLED | {"pages": (DIRECTOR,)})),
    (S1P, BROKEN, record(S1, LATER, **CALLED | {"notices": ()})),
    (S1P, KEPT, record(S1, LATER, **CALLED | {"notices": (QUEUED, NOTICE)})),
    (S1P, BROKEN, record(S1, LATER, **CALLED | {"notices": (QUEUED,)})),
    (S1P, OPEN, record(S1, state="mobilization", **CALLED | {"notices": ()})),
    (S1P, NA, SMALL),
    (S1P, NONE, record(S1, LATER, teams=CHECKOUT)),
    (S2P, KEPT, record(declared(2), LATER, severity=2, **CALLED)),
    (S2P, BROKEN, record(declared(2), LATER, severity=2, **CALLED | {"notices": ()})),
    (S2P, BROKEN, record(declared(2), LATER, severity=2, **CALLED | {"notices": (QUEUED,)})),
    (S2P, OPEN, record(declared(2), severity=2, state="mobilization", **CALLED | {"notices": ()})),
    (S2P, NA, record(S1)),
    (S2P, NONE, record(declared(2), LATER, severity=2)),
    *clocks("severity.sev1-cadence", ("severity.sev1-cadence", NA, SMALL)),
    *clocks("severity.sev2-cadence", ("severity.sev2-cadence", NA, RUNNING), severity=2),
    *clocks("severity.sev3-fix", ("severity.sev3-fix", NA, RUNNING), severity=3),
    *clocks("severity.sev4-ticket", ("severity.sev4-ticket", NA, RUNNING), severity=4),
    (
        "severity.sev4-ticket",
        BROKEN,
        record(
            declared(4), e("page.person_paged", 5, "muster", person="Jon"), severity=4, clocks=(clock("severity.sev4-ticket"),)
        ),
    ),
]

ASSIGNED, ACCEPTED = e("role.assigned", 2, role="ol", user_id=2), e("role.accepted", 3, "jon", role="ol")
PUBLIC = {**UPDATE, "audience": "public", "update_id": 5, "states_cause": False}
CAUSE = {**PUBLIC, "states_cause": True}
LEGAL = (Policy(at(-99), ("public",)),)
DRAFTED = e("update_drafted", 8, "mei", **PUBLIC, awaits=["duty"])
ROLES: list[Vector] = [
    ("roles.ic-authority", KEPT, record(S1, MON)),
    ("roles.ic-authority", KEPT, record(S1, MON, held=(held("ic", "amira", 0, 30), held("ic", "jon", 30, pk=2)))),
    ("roles.ic-authority", BROKEN, record(S1, MON, held=(held("ic", "amira"), held("ic", "jon", 30, pk=2)))),
    ("roles.ic-authority", BROKEN, record(S1, MON, held=(held("ic", "amira", 0, 20), held("ic", "jon", 30, pk=2)))),
    ("roles.ic-authority", BROKEN, record(S1, END, held=HELD[1:])),
    ("roles.ic-authority", NA, SMALL),
    ("roles.ic-authority", OPEN, record(S1, state="mobilization", held=())),
    ("roles.ic-authority", NONE, record(S1, END, held=())),
    ("roles.ic-assigns", KEPT, record(S1, ASSIGNED, ACCEPTED)),
    ("roles.ic-assigns", BROKEN, record(S1, e("role.assigned", 2, "mei", role="ol"), ACCEPTED)),
    ("roles.ic-assigns", BROKEN, record(S1, ACCEPTED)),
    ("roles.ic-assigns", NA, SMALL),
    ("roles.ic-assigns", OPEN, RUNNING),
    ("roles.ic-assigns", NONE, record(S1, ASSIGNED, held=())),
    *clocks("roles.ic-rhythm", ("roles.ic-rhythm", NA, SMALL)),
    ("roles.ic-rhythm", OPEN, RUNNING),
    ("roles.ic-head-up", KEPT, record(S1, OK, change())),
    ("roles.ic-head-up", BROKEN, record(S1, OK, change(by="amira"))),
    ("roles.ic-head-up", BROKEN, record(S1, LATER, held=(held("ic", "amira"), held("ol", "amira", pk=2)))),
    ("roles.ic-head-up", OVERRIDDEN, record(S1, OK, change(by="amira", overrides={"commander_executes": "Alone"}))),
    ("roles.ic-head-up", OVERRIDDEN, record(S1, e("claimed", 1, "jon", reason="Two awake", overridden=["ic_is_ol"]))),
    ("roles.ic-head-up", OVERRIDDEN, record(S3, e("severity_changed", 9, severity=1, before=3, ic_is_ol=True, reason="Worse"))),
    ("roles.ic-head-up", NA, SMALL),
    ("roles.ic-head-up", OPEN, record(S1, state="mobilization", held=())),
    ("roles.ic-head-up", NONE, record(S1, END, held=())),
    ("roles.ol-no-rogue", KEPT, record(S1, OK, change())),
    ("roles.ol-no-rogue", BROKEN, record(S1, change(), OK)),
    ("roles.ol-no-rogue", BROKEN, record(S1, e("change_deviated", 9, "kim", number=1, text="Restarted", reason="Hurry"))),
    ("roles.ol-no-rogue", NA, record(S1)),
    ("roles.ol-no-rogue", OPEN, RUNNING),
    ("roles.ol-no-rogue", NONE, record(S1, END, skip=2)),
    ("roles.cl-public-approval", KEPT, record(S1, DRAFTED, e("updated", 9, "kim", **PUBLIC, approved_by="Kim"), policies=LEGAL)),
    ("roles.cl-public-approval", BROKEN, record(S1, e("updated", 9, "mei", **PUBLIC), policies=LEGAL)),
    ("roles.cl-public-approval", BROKEN, record(S1, DRAFTED, e("updated", 9, "mei", **PUBLIC))),
    ("roles.cl-public-approval", NA, record(S1, e("updated", 9, "mei", **PUBLIC), policies=(*LEGAL, Policy(at(-9), ())))),
    ("roles.cl-public-approval", OPEN, record(S1, DRAFTED)),
    ("roles.cl-public-approval", NONE, record(S1, END, skip=2)),
    (
        "roles.cl-no-speculation",
        KEPT,
        record(S1, e("hypothesis_verified", 5, verdict="confirmed"), e("updated", 9, "mei", **CAUSE)),
    ),
    ("roles.cl-no-speculation", KEPT, record(S1, e("updated", 9, "amira", **CAUSE, approved_by="Amira"))),
    ("roles.cl-no-speculation", BROKEN, record(S1, e("updated", 9, "mei", **CAUSE))),
    (
        "roles.cl-no-speculation",
        BROKEN,
        record(S1, e("hypothesis_verified", 5, verdict="refuted"), e("updated", 9, "mei", **CAUSE)),
    ),
    ("roles.cl-no-speculation", NA, record(S1, e("updated", 9, "mei", **PUBLIC))),
    ("roles.cl-no-speculation", OPEN, RUNNING),
    ("roles.cl-no-speculation", NONE, record(S1, e("updated", 9, "mei", **UPDATE | {"audience": "public"}))),
]

ORDERED = (S1, e("order_issued", 1, order_id=6, to="Lee"))
HAND = (
    *(S1, e("handover_offered", 10, to="Jon"), e("shadowing", 11, "jon"), e("sitrep", 20, text="So")),
    e("handover_announced", 21, to="Jon"),
)
TAKE = e("command_taken", 30, "jon", overridden=[])
BOTH = (held("ic", "amira", 0, 30), held("ic", "jon", 30, pk=2))
WARROOM: list[Vector] = [
    *clocks("warroom.ack-everything", base=ORDERED, of=6),
    ("warroom.ack-everything", NA, record(S1)),
    ("warroom.ack-everything", OPEN, RUNNING),
    ("warroom.bot-hygiene", KEPT, record(S1, END)),
    ("warroom.bot-hygiene", BROKEN, record(S1, MON, END, skip=2)),
    ("warroom.bot-hygiene", NONE, record(MON)),
    *clocks("handover.after-4h", ("handover.after-4h", NA, SMALL), ("handover.after-4h", OPEN, RUNNING)),
    ("handover.shadow-15", KEPT, record(*HAND, TAKE, held=BOTH)),
    ("handover.shadow-15", BROKEN, record(*HAND, e("command_taken", 22, "jon", overridden=[]), held=BOTH)),
    ("handover.shadow-15", BROKEN, record(S1, TAKE, held=BOTH)),
    (
        "handover.shadow-15",
        OVERRIDDEN,
        record(*HAND, e("command_taken", 22, "jon", overridden=["shadow_too_short"], reason="Ill")),
    ),
    ("handover.shadow-15", NA, record(S1)),
    ("handover.shadow-15", OPEN, RUNNING),
    ("handover.shadow-15", NONE, record(S1, END, skip=2)),
    ("handover.sitrep", KEPT, record(*HAND, TAKE, held=BOTH)),
    ("handover.sitrep", BROKEN, record(*HAND[:3], *HAND[4:], TAKE, held=BOTH)),
    ("handover.sitrep", NA, record(S1)),
    ("handover.sitrep", OPEN, RUNNING),
    ("handover.sitrep", NONE, record(S1, END, skip=2)),
    ("handover.announce", KEPT, record(*HAND, TAKE, held=BOTH)),
    ("handover.announce", BROKEN, record(*HAND[:4], TAKE, held=BOTH)),
    ("handover.announce", BROKEN, record(*HAND, e("command_taken", 30, "mei", overridden=[]), held=BOTH)),
    ("handover.announce", NA, record(S1)),
    ("handover.announce", OPEN, RUNNING),
    ("handover.announce", NONE, record(S1, END, skip=2)),
]

PII = e("flagged", 5, flag="personal_data", restricted=True, held=True)
AGAIN = e("flagged", 20, flag="personal_data", restricted=True, held=True)  # unflagged meanwhile, and another exposure found
MONEY = e("flagged", 5, flag="financial_loss", restricted=False, held=True)
HOLD = HoldRow(at(5), None, None, None, "")
PRIVACY = page("breach.page-privacy-legal", started=5, team=None, reason="Privacy officer")
COUNSEL = page("breach.page-privacy-legal", started=5, team=None, reason="Legal counsel")
AMIRA = Named(1, at(5), None)
READ = e("opened", 20, "amira")
B1, B2, B3, B4 = "breach.sev1", "breach.preserve-logs", "breach.page-privacy-legal", "breach.need-to-know"
CFO = "finance.notify-cfo"
LAWFUL: list[Vector] = [
    (B1, KEPT, record(S1, PII)),
    (B1, BROKEN, record(declared(2), PII, severity=2)),
    (B1, BROKEN, record(S1, PII, e("severity_changed", 9, before=1, severity=2))),
    (B1, KEPT, record(S1, PII, e("unflagged", 8, flag="personal_data"), e("severity_changed", 9, before=1, severity=2))),
    (B1, NA, record(S1)),
    (B1, NONE, record(S1, END, skip=2)),
    (B2, KEPT, record(S1, PII, holds=(HOLD,))),
    (B2, KEPT, record(S1, PII, holds=(HoldRow(at(5), at(99), 1, 2, "Settled"),))),
    (B2, BROKEN, record(S1, PII)),
    (B2, BROKEN, record(S1, PII, holds=(HoldRow(at(5), at(99), 1, 1, "Settled"),))),
    (B2, BROKEN, record(S1, PII, holds=(HoldRow(at(5), at(99), 1, 2, ""),))),
    (B2, BROKEN, record(S1, PII, AGAIN, holds=(HoldRow(at(5), at(19), 1, 2, "Settled"),))),
    (B2, KEPT, record(S1, PII, AGAIN, holds=(HoldRow(at(5), at(21), 1, 2, "Settled"),))),
    (B2, NA, record(S1)),
    (B2, NONE, record(S1, END, skip=2)),
    (B3, KEPT, record(S1, PII, LATER, pages=(PRIVACY, COUNSEL))),
    (B3, BROKEN, record(S1, PII, LATER, pages=(PRIVACY,))),
    (B3, BROKEN, record(S1, PII, AGAIN, LATER, pages=(PRIVACY, COUNSEL))),
    (B3, BROKEN, record(S1, PII, e("duty_unfilled", 5, duty="legal_counsel"), pages=(PRIVACY,))),
    (B3, OPEN, record(S1, PII)),
    (B3, NA, record(S1)),
    (B3, NONE, record(S1, END, skip=2)),
    (B4, KEPT, record(S1, PII, READ, named=(AMIRA,), restricted=True)),
    (B4, BROKEN, record(S1, PII, READ, named=(Named(2, at(5), None),), restricted=True)),
    (B4, BROKEN, record(S1, PII, READ, named=(Named(1, at(5), at(10)),), restricted=True)),
    (B4, BROKEN, record(S1, e("flagged", 5, flag="personal_data", restricted=False))),
    (B4, NA, record(S1)),
    (B4, NONE, record(S1, PII, READ, restricted=True)),
    (CFO, KEPT, record(S1, MONEY, LATER, notices=(Notice(102, "flag", 9, at(5), "inbox"),))),
    (CFO, BROKEN, record(S1, MONEY, LATER)),
    (CFO, BROKEN, record(S1, MONEY, LATER, notices=(Notice(102, "flag", 9, at(7), "inbox"),))),
    (CFO, BROKEN, record(S1, MONEY, LATER, notices=(Notice(102, "flag", 9, at(5), "email"),))),
    (CFO, OPEN, record(S1, MONEY)),
    (CFO, NA, record(S1)),
    (CFO, NONE, record(S1, END, skip=2)),
    *clocks("evidence.access-review", ("evidence.access-review", NA, SMALL), ("evidence.access-review", NA, WRONG)),
    ("evidence.access-review", OPEN, RUNNING),
    ("evidence.access-review", BROKEN, record(S1, END, UNREVIEWED)),  # whatever the organisation's policy said
    ("evidence.access-review", BROKEN, record(S2, END, UNREVIEWED, severity=2)),
    ("evidence.access-review", BROKEN, record(S2, LOWERED, END, UNREVIEWED, severity=3)),
    ("evidence.access-review", BROKEN, record(S3, ABSORBED, END, UNREVIEWED, severity=3)),
    ("evidence.access-review", BROKEN, record(S3, e("flagged", 5, flag="money"), END, UNREVIEWED, severity=3)),
    ("evidence.access-review", NA, record(S3, END, UNREVIEWED, severity=3)),
    ("evidence.access-review", NA, record(S1, END, UNREVIEWED, exercise=True)),
    ("evidence.access-review", OPEN, record(S2, END, severity=2)),
    ("evidence.access-review", NONE, record(S2, END, e("access_review.opened", 60), severity=2)),
    (  # where an organisation has small ones reviewed too, that they are small is no excuse
        "evidence.access-review",
        BROKEN,
        record(declared(3), severity=3, clocks=(clock("evidence.access-review", stopped=None, broken=True),)),
    ),
]

BEGUN = (S1, MON, END, e("postmortem.opened", 61, "muster", author="Amira"))
LOWERED = e("severity_changed", 20, before=1, severity=3, state="backlog")
MENDED = e("resolved", 60, firing=[], overrides={}, worst=1)
OUT = e("postmortem.published", 99, version=1)
WAIVED = record(*BEGUN, e("postmortem.waived", 70, "kim", reason="A drill gone wrong"))
CONTENT: dict[str, Any] = {
    "sections": [{"key": s.key, "clause": s.clause, "title": s.title, "text": "The lock held."} for s in LAW.postmortem_template],
    "whys": [{"number": n, "depth": n, "text": "The lock had no timeout"} for n in range(1, 6)],
    "few_whys_reason": "",
    "timeline": [],
    "impact": {"seconds": 60.0, "users_affected": 0, "cost_amount": "0.00"},
}


def learnt(**changed: Any) -> Record:
    """An incident whose post-mortem was published, with these parts of it changed."""
    return record(*BEGUN, OUT, published=(Published(1, at(99), CONTENT | changed),))


def before(clause: str) -> list[Vector]:
    """The verdicts of a clause of the post-mortem that come before anything of it is judged."""
    lifted = (e("postmortem.waived", 70, reason="r"), e("postmortem.waiver_lifted", 71))
    return [
        (clause, OVERRIDDEN if clause == "postmortem.draft-24h" else NA, WAIVED),
        (clause, NA, SMALL),
        (clause, NA, WRONG),
        (clause, OPEN, RUNNING),
        (
            clause,
            OPEN,
            record(*BEGUN, *lifted, clocks=(clock(clause, stopped=None),)),
        ),
        (clause, NONE, record(S1, MON, END)),
        (clause, NONE, record(S1, LOWERED, MENDED, severity=3)),
        (clause, OPEN, record(S3, ABSORBED, severity=3, state="backlog")),
        (clause, NA, record(S1, LOWERED, END, severity=3)),  # resolved before resolutions wrote down how bad it was
    ]


def _without(clause: str) -> list[dict[str, Any]]:
    return [s | {"text": ""} if s["clause"] == clause else s for s in CONTENT["sections"]]


BLAMES = [s | {"text": "It was carelessness. Jon should have known better."} for s in CONTENT["sections"][:1]]
DRAFT, REVIEW = "postmortem.draft-24h", "postmortem.review-5-days"
HELD_REVIEW = {"missing": [], "vacant": [], "came": ["Amira", "Jon"], "decisions": "Give locks a timeout."}
ATTENDANCE, RULE = "postmortem.attendance", "postmortem.blameless-rule"


def met(**changed: Any) -> Record:
    """An incident whose review was held."""
    return record(*BEGUN, e("review.held", 500, **HELD_REVIEW | changed))


LEARNING: list[Vector] = [
    *before("principle.blameless"),
    ("principle.blameless", KEPT, learnt()),
    ("principle.blameless", BROKEN, learnt(sections=BLAMES)),
    *clocks(DRAFT, base=BEGUN),
    *before(DRAFT),
    *clocks(REVIEW, base=BEGUN),
    *before(REVIEW),
    *before("postmortem.template"),
    ("postmortem.template", KEPT, learnt()),
    ("postmortem.template", BROKEN, learnt(sections=CONTENT["sections"][1:])),
    *before("postmortem.summary"),
    ("postmortem.summary", KEPT, learnt()),
    ("postmortem.summary", BROKEN, learnt(sections=_without("postmortem.summary"))),
    *before("postmortem.five-whys"),
    ("postmortem.five-whys", KEPT, learnt()),
    ("postmortem.five-whys", BROKEN, learnt(whys=CONTENT["whys"][:4])),
    ("postmortem.five-whys", OVERRIDDEN, learnt(whys=CONTENT["whys"][:2], few_whys_reason="A vendor's fault")),
    *before("postmortem.impact"),
    ("postmortem.impact", KEPT, learnt()),
    ("postmortem.impact", BROKEN, learnt(impact=CONTENT["impact"] | {"cost_amount": None})),
    *before(ATTENDANCE),
    (ATTENDANCE, KEPT, met()),
    (ATTENDANCE, BROKEN, met(missing=["Jon Jensen (Operations Lead)"])),
    (ATTENDANCE, BROKEN, met(vacant=["Product Owner"])),
    *before(RULE),
    (RULE, KEPT, met()),
    (RULE, BROKEN, met(decisions="It was Jon's carelessness.")),
    (RULE, NONE, met(decisions="")),
    ("actions.tags", KEPT, record(S1, END, items=(Item(1, "prevention", "open", T),))),
    ("actions.tags", BROKEN, record(S1, END, items=(Item(1, "other", "open", T),))),
    ("actions.tags", NA, record(S1, END)),
    ("actions.tags", OPEN, RUNNING),
    ("actions.tags", NONE, record(S1, e("action.filed", 70))),
]


def ticked(role: str, *, but: int = 0, late: float = 0) -> tuple[Tick, ...]:
    """The steps of a role's checklist, done at the beginning."""
    steps = getattr(LAW.checklists, role)
    return tuple(Tick(role, step.key, at(late)) for step in steps[but:])


CHECKLISTS: list[Vector] = [
    vector
    for role in ("ic", "ol", "cl")
    for vector in (
        (f"checklist.{role}", KEPT, record(S1, END, ticks=ticked(role))),
        (f"checklist.{role}", BROKEN, record(S1, END, ticks=ticked(role, but=1))),
        (f"checklist.{role}", BROKEN, record(S1, END, ticks=ticked(role, late=61))),
        (f"checklist.{role}", NA, SMALL),
        (f"checklist.{role}", NA, WRONG),
        (f"checklist.{role}", OPEN, RUNNING),
        (f"checklist.{role}", NONE, record(S1)),
    )
]

VECTORS: list[Vector] = [*PRINCIPLES, *LIFECYCLE, *SEVERITIES, *ROLES, *WARROOM, *LAWFUL, *LEARNING, *CHECKLISTS]
