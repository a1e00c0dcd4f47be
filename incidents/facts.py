"""What the rules of the room look at, read in one statement: who holds which role, who is in the room, what waits, what still fires."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any

import orjson
from django.db import connection

from incidents.items import (
    AbsorbedItem,
    AdmittedItem,
    AnswerItem,
    ChangeItem,
    ComponentItem,
    DutyItem,
    EndItem,
    FileItem,
    FiringItem,
    FlagItem,
    HandoverItem,
    HoldItem,
    HypothesisItem,
    LookItem,
    Named,
    OfferItem,
    OrderItem,
    Seat,
    SnapshotItem,
    TickItem,
    TimeItem,
    UpdateItem,
)
from incidents.models import Incident
from incidents.models.restriction import VIA_GLASS
from incidents.states import CORRECTABLE, Audience, RoomRole
from standard.running import Running
from tenants.actors import Actor, Duty


@dataclass(frozen=True, slots=True)
class _Part:
    """One part of the room: what a row of it is read as, and the rows. `x` is the part's own table."""

    kind: type[Any]
    columns: str
    table: str
    which: str = "true"
    order: str = "x.id"


def _name(column: str) -> str:
    """The name of a person whose id stands in `column`; "" where there is none."""
    return f"coalesce((SELECT n.name FROM tenants_user n WHERE n.id = x.{column}_id), '') AS {column}"


def _named(*columns: str) -> str:
    return ", ".join(map(_name, columns))


def _with_person(table: str, column: str = "user") -> str:
    return f"{table} x JOIN tenants_user u ON u.id = x.{column}_id"


_WHO = "u.id AS user_id, u.name, u.email"
_STAYS = "EXISTS (SELECT 1 FROM tenants_membership m WHERE m.user_id = u.id AND m.is_active AND 'practitioner' = ANY (m.roles)) AS stays"
_UPDATE = (
    "x.id, x.audience, x.status, x.state, x.known, x.impact, x.doing, x.next_update_at, x.states_cause, x.components, x.awaits, "
    f"x.author_id, x.posted_at, x.published_at, {_name('author')}"
)
_LATEST = (
    "x.id IN (SELECT DISTINCT ON (l.audience) l.id FROM incidents_statusupdate l WHERE l.incident_id = x.incident_id "
    "AND l.state = 'published' ORDER BY l.audience, coalesce(l.published_at, l.posted_at) DESC, l.id DESC)"
)

_PARTS: Mapping[str, _Part] = {
    "seats": _Part(Seat, f"x.role, x.since, {_WHO}, {_STAYS}", _with_person("incidents_roleholding"), "x.until IS NULL"),
    "people": _Part(Named, _WHO, _with_person("incidents_participant")),
    "offers": _Part(
        OfferItem, f"x.role, x.offered_at, x.reason, {_WHO}", _with_person("incidents_roleoffer"), "x.state = 'open'"
    ),
    "handovers": _Part(
        HandoverItem,
        "x.outgoing_id, x.incoming_id, x.offered_at, x.shadowing_since, x.sitrep, x.reported_at, x.announced_at, "
        f"u.email AS incoming_email, {_named('outgoing', 'incoming')}",
        _with_person("incidents_handover", "incoming"),
        "x.ended_at IS NULL",
    ),
    "orders": _Part(
        OrderItem,
        "x.number, x.text, x.recipient_id, x.eta_minutes, x.issued_at, x.acknowledged_at, x.chased_at, x.done_at, x.outcome, "
        f"x.withdrawn_at, {_named('issued_by', 'recipient')}",
        "incidents_order x",
        order="x.number",
    ),
    "hypotheses": _Part(
        HypothesisItem,
        f"x.number, x.text, x.author_id, x.stated_at, x.verdict, x.seen, x.verified_at, {_named('author', 'verified_by')}",
        "incidents_hypothesis x",
        order="x.number",
    ),
    "changes": _Part(
        ChangeItem,
        "x.number, x.text, x.eta_minutes, x.proposed_by_id, x.proposed_at, x.state, x.decided_at, x.decision_reason, "
        "x.executed_at, x.outcome, x.deviation, x.deviation_reason, x.verified_at, x.seen, "
        "(SELECT h.number FROM incidents_hypothesis h WHERE h.id = x.hypothesis_id) AS hypothesis, "
        + _named("proposed_by", "decided_by", "executed_by", "verified_by"),
        "incidents_change x",
        order="x.number",
    ),
    "flags": _Part(
        FlagItem, f"x.key, x.kinds, x.reason, x.raised_at, {_name('raised_by')}", "incidents_flag x", "x.lifted_at IS NULL"
    ),
    "admitted": _Part(
        AdmittedItem,
        f"x.reason, x.added_at, x.expires_at, x.via, {_WHO}",
        _with_person("incidents_needtoknow"),
        "x.removed_at IS NULL",
    ),
    "legal_holds": _Part(
        HoldItem,
        f"x.id, x.matter, x.reason, x.placed_at, {_name('placed_by')}",
        "incidents_legalhold x",
        "x.released_at IS NULL",
    ),
    "snapshots": _Part(
        SnapshotItem,
        f"x.id, x.what, x.requested_at, x.fulfilled_at, x.location, x.sha256, {_named('requested_by', 'fulfilled_by')}",
        "incidents_snapshotrequest x",
    ),
    "time_corrections": _Part(
        TimeItem,
        f"x.which, x.original, x.occurred_at, x.recorded_at, x.reason, {_name('corrected_by')}",
        "incidents_timecorrection x",
    ),
    "ticks": _Part(TickItem, "x.role, x.key, x.ticked_at, x.ticked_by_name, x.seq", "incidents_checklisttick x"),
    "waiting_updates": _Part(UpdateItem, _UPDATE, "incidents_statusupdate x", "x.state = 'waiting'"),
    "latest_updates": _Part(UpdateItem, _UPDATE, "incidents_statusupdate x", _LATEST),
    "endings": _Part(
        EndItem,
        "x.actor_name, x.occurred_at",
        "ledger_event x",
        "x.kind IN ('incident.resolved', 'incident.closed', 'incident.merged', 'incident.false_positive') AND EXISTS ("
        "SELECT 1 FROM incidents_incident i WHERE i.id = $1 AND i.state IN "
        "('resolved', 'closed', 'merged', 'false_positive'))",
        order="x.seq DESC LIMIT 1",
    ),
    "files": _Part(
        FileItem,
        f"x.number, x.name, x.content_type, x.size, x.sha256, x.uploaded_at, {_name('uploaded_by')}",
        "incidents_attachment x",
        order="x.number",
    ),
    "clocks": _Part(
        Running,
        "x.clause, x.subject_type, x.owner_role, x.started_at, x.prompt_at, x.due_at, x.prompted_at, x.broken_at, x.next_at",
        "standard_clock x",
        "x.stopped_at IS NULL",
        order="x.due_at, x.id",
    ),
}

_OWNERS = """SELECT DISTINCT m.user_id FROM incidents_incidentservice x JOIN oncall_service s ON s.id = x.service_id
  JOIN oncall_teammember m ON m.team_id = s.team_id WHERE x.incident_id = $1"""
# Who wrote something that is not corrected yet, and may be (rules/record.py says what).
_AUTHORS = """SELECT DISTINCT x.actor_id AS user_id FROM ledger_event x WHERE x.incident_id = $1 AND x.kind = ANY($2)
  AND x.actor_id IS NOT NULL AND x.seq NOT IN (SELECT (c.data ->> 'entry')::int FROM ledger_event c
    WHERE c.incident_id = $1 AND c.kind = 'incident.corrected')"""
_FIRING = """SELECT a.name, a.labels ->> 'service' AS service, count(*) AS count, min(a.started_at) AS since FROM incidents_alert a
  WHERE a.incident_id = $1 AND a.state = 'firing' GROUP BY 1, 2 ORDER BY 4, 1"""


def first_answer_sql(incident: str) -> str:
    """When somebody first answered a page of an incident, whose id is `incident` in SQL. A page sent out again forgets it; the record does not."""
    return f"""SELECT min(e.occurred_at) AS at FROM oncall_page p JOIN ledger_event e ON e.subject_type = 'oncall.page'
  AND e.subject_id = p.id AND e.kind = 'page.acknowledged' WHERE p.incident_id = {incident}"""


# When it came back last: after monitoring, or after it was resolved.
_CAME_BACK = """SELECT max(e.occurred_at) AS at FROM ledger_event e WHERE e.incident_id = $1
  AND (e.kind = 'incident.reopened' OR (e.kind = 'incident.advanced' AND (e.data ->> 'relapse')::boolean))
  AND EXISTS (SELECT 1 FROM incidents_incident i WHERE i.id = $1 AND (i.relapses > 0 OR i.reopened > 0))"""
_APPROVED = """SELECT unnest(p.approved_audiences) AS audience FROM incidents_updatepolicy p
  WHERE p.organisation_id = (SELECT muster.organisation())"""
# What is the organisation's or the record's, read with the room in the same statement.
_AROUND: Mapping[str, tuple[type[Any], str]] = {
    "duties": (
        DutyItem,
        f"""SELECT d.duty, {_WHO} FROM tenants_dutyholder d JOIN tenants_user u ON u.id = d.user_id
  JOIN tenants_membership m ON m.user_id = d.user_id AND m.organisation_id = d.organisation_id AND m.is_active
  WHERE d.organisation_id = (SELECT muster.organisation()) ORDER BY d.id""",
    ),
    "components": (
        ComponentItem,
        """SELECT c.slug, c.name, coalesce(s.condition, '') AS condition, s.since, coalesce((SELECT string_agg(v.name, ', ' ORDER BY v.name)
    FROM incidents_servicecomponent l JOIN incidents_incidentservice a ON a.service_id = l.service_id AND a.incident_id = $1
    JOIN oncall_service v ON v.id = l.service_id WHERE l.component_id = c.id), '') AS suggested FROM incidents_component c
  LEFT JOIN incidents_componentstate s ON s.component_id = c.id AND s.incident_id = $1 AND s.until IS NULL
  WHERE c.organisation_id = (SELECT muster.organisation()) ORDER BY c.position, c.id""",
    ),
    "answers": (AnswerItem, first_answer_sql("$1")),
    "back": (AnswerItem, _CAME_BACK),
    "absorbed": (
        AbsorbedItem,
        """SELECT e.data ->> 'ref' AS ref, (e.data ->> 'worst')::int AS worst FROM ledger_event e
  WHERE e.incident_id = $1 AND e.kind = 'incident.absorbed' AND e.data ->> 'worst' IS NOT NULL ORDER BY e.seq""",
    ),
    "looks": (
        LookItem,
        """SELECT e.actor_id AS user_id, e.actor_name AS name, max(e.occurred_at) AS at FROM ledger_event e
  WHERE e.incident_id = $1 AND e.kind = 'incident.executive_looked' GROUP BY 1, 2 ORDER BY 3 DESC""",
    ),
}


@dataclass(frozen=True, slots=True)
class Facts:
    """The state of one incident's room, as of now.

    `owners` are the user ids of the teams whose services it affects, `authors` of those who wrote what a correction may still strike.
    `clocks` are those that run, the most pressing first. `duties` are the organisation's seats;
    `approved_audiences` those whose updates Legal or PR approve before they go out. `answered_at` is when somebody first
    acknowledged a page of it, `came_back_at` when it last relapsed or was reopened.
    """

    roles: dict[str, Seat] = field(default_factory=dict)
    people: tuple[Named, ...] = ()
    offers: tuple[OfferItem, ...] = ()
    handover: HandoverItem | None = None
    ended: EndItem | None = None
    orders: tuple[OrderItem, ...] = ()
    hypotheses: tuple[HypothesisItem, ...] = ()
    changes: tuple[ChangeItem, ...] = ()
    flags: tuple[FlagItem, ...] = ()
    admitted: tuple[AdmittedItem, ...] = ()
    legal_holds: tuple[HoldItem, ...] = ()
    snapshots: tuple[SnapshotItem, ...] = ()
    ticks: tuple[TickItem, ...] = ()
    waiting_updates: tuple[UpdateItem, ...] = ()
    latest_updates: tuple[UpdateItem, ...] = ()
    files: tuple[FileItem, ...] = ()
    clocks: tuple[Running, ...] = ()
    owners: frozenset[int] = frozenset()
    authors: frozenset[int] = frozenset()
    firing: tuple[str, ...] = ()
    duties: tuple[DutyItem, ...] = ()
    approved_audiences: frozenset[str] = frozenset()
    components: tuple[ComponentItem, ...] = ()
    absorbed: tuple[AbsorbedItem, ...] = ()
    looks: tuple[LookItem, ...] = ()
    time_corrections: tuple[TimeItem, ...] = ()
    answered_at: datetime | None = None
    came_back_at: datetime | None = None

    @property
    def room(self) -> frozenset[int]:
        """The user ids of who is in the room."""
        return frozenset(person.user_id for person in self.people)

    def holder(self, role: RoomRole) -> int | None:
        """The user id of a role's holder, or None."""
        seat = self.roles.get(role)
        return seat.user_id if seat else None

    def seated(self, role: RoomRole) -> Seat | None:
        """The seat of whoever holds a role and can act in it; None where it is open, or its holder has left the organisation."""
        seat = self.roles.get(role)
        return seat if seat is not None and seat.stays else None

    def vacant(self, role: RoomRole) -> bool:
        """Whether nobody holds a role who could act in it: it is open, or its holder has left the organisation."""
        return self.seated(role) is None

    @property
    def open_roles(self) -> list[RoomRole]:
        """Which of the three leading roles nobody fills (mobilize.roles-assigned)."""
        return [role for role in (RoomRole.IC, RoomRole.OL, RoomRole.CL) if self.vacant(role)]

    def holds(self, by: Actor, *roles: RoomRole) -> bool:
        """Whether the actor holds one of the roles."""
        return by.user_id is not None and any(self.holder(role) == by.user_id for role in roles)

    def on_duty(self, *duties: Duty) -> dict[int, str]:
        """Who sits on one of the duties: user id -> name."""
        return {seat.user_id: seat.name for seat in self.duties if seat.duty in duties}

    def came_back_since(self, moment: datetime | None) -> bool:
        """Whether it relapsed, or was reopened, at a moment or after: what was said by then says nothing of how it ends now."""
        return self.came_back_at is not None and moment is not None and moment <= self.came_back_at

    def latest(self, audience: Audience) -> UpdateItem | None:
        """The last update that went out to an audience."""
        return next((update for update in self.latest_updates if update.audience == audience), None)

    def flagged(self, key: str) -> bool:
        """Whether this flag stands."""
        return any(flag.key == key for flag in self.flags)

    def serves(self, user_id: int | None, *duties: Duty) -> bool:
        """Whether a person holds one of the duties."""
        return user_id is not None and any(seat.user_id == user_id and seat.duty in duties for seat in self.duties)

    def admits(self, user_id: int) -> AdmittedItem | None:
        """The person's place among those who may see it, expired or not; None without one."""
        return next((item for item in self.admitted if item.user_id == user_id), None)

    def knows(self, user_id: int) -> bool:
        """Whether the person is named on it now (asked of restricted incidents: of others everybody knows).

        Who only looks in through break glass was named by nobody.
        """
        place = self.admits(user_id)
        return place is not None and place.knows and not place.via

    def looks_in(self, user_id: int | None) -> bool:
        """Whether the person sees it through break glass, and not because anybody named them."""
        place = self.admits(user_id) if user_id is not None else None
        return place is not None and place.via == VIA_GLASS

    @property
    def commander(self) -> str:
        """The IC's name, or ""."""
        seat = self.roles.get(RoomRole.IC)
        return seat.name if seat else ""


def gather(incident: Incident) -> Facts:
    """Read the facts of an incident: one query, however long its record is."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT muster.room_facts(%s, %s)", [incident.pk, list(CORRECTABLE)])
        (told,) = cursor.fetchone()
    raw: dict[str, list[dict[str, Any]]] = told if isinstance(told, dict) else orjson.loads(told)
    parts: dict[str, tuple[Any, ...]] = {name: tuple(_read(part.kind, row) for row in raw[name]) for name, part in _PARTS.items()}
    parts |= {name: tuple(_read(kind, row) for row in raw[name]) for name, (kind, _) in _AROUND.items()}
    seats, handovers, endings, answers, back = (parts.pop(name) for name in ("seats", "handovers", "endings", "answers", "back"))
    return Facts(
        roles={seat.role: seat for seat in seats},
        handover=handovers[0] if handovers else None,
        ended=endings[0] if endings else None,
        answered_at=answers[0].at,
        came_back_at=back[0].at,
        owners=frozenset(row["user_id"] for row in raw["owners"]),
        authors=frozenset(row["user_id"] for row in raw["authors"]),
        firing=tuple(_fires(_read(FiringItem, row)) for row in raw["firing"]),
        approved_audiences=frozenset(row["audience"] for row in raw["approved"]),
        **parts,
    )


def room_facts_sql() -> str:
    """The function that reads all parts in one statement, for a migration: a new one makes it again whenever a part changes.

    It runs as whoever calls it, so that row level security adds the organisation to each part; the composite indexes lead with it.
    A function, because its plan is kept by the connection: planning those thirty reads took three quarters of their time, thrice a verb.
    """
    selects = {
        name: f"SELECT {p.columns} FROM {p.table} WHERE x.incident_id = $1 AND {p.which} ORDER BY {p.order}"
        for name, p in _PARTS.items()
    } | {
        "owners": _OWNERS,
        "authors": _AUTHORS,
        "firing": _FIRING,
        "approved": _APPROVED,
        **{name: select for name, (_, select) in _AROUND.items()},
    }
    each = ", ".join(
        f"'{name}', (SELECT coalesce(json_agg(row_to_json(t)), '[]'::json) FROM ({select}) t)" for name, select in selects.items()
    )
    return (
        "CREATE OR REPLACE FUNCTION muster.room_facts(bigint, text[]) RETURNS json LANGUAGE plpgsql STABLE SECURITY INVOKER "
        "SET plan_cache_mode = force_generic_plan AS "  # planned once: a plan of its own takes three times as long as it saves
        f"$facts$ BEGIN RETURN json_build_object({each}); END $facts$;\n"
        "GRANT EXECUTE ON FUNCTION muster.room_facts(bigint, text[]) TO {auditor}"
    )


def _read(kind: type[Any], row: Mapping[str, Any]) -> Any:
    """A row of JSON as one of the items: times are parsed, all else is taken as it is."""
    return kind(
        **{
            name: datetime.fromisoformat(row[name]) if is_time and row[name] else row[name]
            for name, is_time in _SHAPES[kind].items()
        }
    )


def _shape_of(kind: type[Any]) -> dict[str, bool]:
    """The fields of an item, each with whether it is a time."""
    return {item.name: "datetime" in str(item.type) for item in fields(kind)}


_KINDS = (*(part.kind for part in _PARTS.values()), *(kind for kind, _ in _AROUND.values()), FiringItem)
_SHAPES = {kind: _shape_of(kind) for kind in _KINDS}


def _fires(item: FiringItem) -> str:
    name = f"{item.name} ({item.service})" if item.service else item.name
    return f"{item.count} × {name}" if item.count > 1 else name
