"""What the rules of the room look at, read in one statement: who holds which role, who is in the room, what waits, what still fires."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import datetime
from functools import cache
from typing import Any

import orjson
from django.db import connection

from incidents.items import (
    AdmittedItem,
    ChangeItem,
    EndItem,
    FileItem,
    FiringItem,
    FlagItem,
    HandoverItem,
    HypothesisItem,
    Named,
    OfferItem,
    OrderItem,
    Seat,
    TickItem,
    UpdateItem,
)
from incidents.models import Incident
from incidents.states import CORRECTABLE, RoomRole
from tenants.actors import Actor


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
    "x.id, x.audience, x.status, x.state, x.known, x.impact, x.doing, x.next_update_at, x.states_cause, x.author_id, x.posted_at, "
    f"x.published_at, {_name('author')}"
)
_LATEST = (
    "x.id IN (SELECT max(l.id) FROM incidents_statusupdate l WHERE l.incident_id = x.incident_id AND l.state = 'published' "
    "GROUP BY l.audience)"
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
        AdmittedItem, f"x.reason, x.added_at, x.expires_at, {_WHO}", _with_person("incidents_needtoknow"), "x.removed_at IS NULL"
    ),
    "ticks": _Part(TickItem, "x.role, x.key, x.ticked_at, x.ticked_by_name, x.seq", "incidents_checklisttick x"),
    "waiting_updates": _Part(UpdateItem, _UPDATE, "incidents_statusupdate x", "x.state = 'waiting'"),
    "latest_updates": _Part(UpdateItem, _UPDATE, "incidents_statusupdate x", _LATEST),
    "endings": _Part(
        EndItem,
        "x.actor_name, x.occurred_at",
        "ledger_event x",
        "x.kind IN ('incident.resolved', 'incident.closed', 'incident.merged', 'incident.false_positive') AND EXISTS ("
        "SELECT 1 FROM incidents_incident i WHERE i.id = %(incident)s AND i.state IN "
        "('resolved', 'closed', 'merged', 'false_positive'))",
        order="x.seq DESC LIMIT 1",
    ),
    "files": _Part(
        FileItem,
        f"x.number, x.name, x.content_type, x.size, x.sha256, x.uploaded_at, {_name('uploaded_by')}",
        "incidents_attachment x",
        order="x.number",
    ),
}

_OWNERS = """SELECT DISTINCT m.user_id FROM incidents_incidentservice x JOIN oncall_service s ON s.id = x.service_id
  JOIN oncall_teammember m ON m.team_id = s.team_id WHERE x.incident_id = %(incident)s"""
# Who wrote something that is not corrected yet, and may be (rules/record.py says what).
_AUTHORS = """SELECT DISTINCT x.actor_id AS user_id FROM ledger_event x WHERE x.incident_id = %(incident)s AND x.kind = ANY(%(correctable)s)
  AND x.actor_id IS NOT NULL AND x.seq NOT IN (SELECT (c.data ->> 'entry')::int FROM ledger_event c
    WHERE c.incident_id = %(incident)s AND c.kind = 'incident.corrected')"""
_FIRING = """SELECT a.name, a.labels ->> 'service' AS service, count(*) AS count, min(a.started_at) AS since FROM incidents_alert a
  WHERE a.incident_id = %(incident)s AND a.state = 'firing' GROUP BY 1, 2 ORDER BY 4, 1"""


@dataclass(frozen=True, slots=True)
class Facts:
    """The state of one incident's room, as of now.

    `owners` are the user ids of the teams whose services it affects, `authors` of those who wrote what a correction may still strike.
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
    ticks: tuple[TickItem, ...] = ()
    waiting_updates: tuple[UpdateItem, ...] = ()
    latest_updates: tuple[UpdateItem, ...] = ()
    files: tuple[FileItem, ...] = ()
    owners: frozenset[int] = frozenset()
    authors: frozenset[int] = frozenset()
    firing: tuple[str, ...] = ()

    @property
    def room(self) -> frozenset[int]:
        """The user ids of who is in the room."""
        return frozenset(person.user_id for person in self.people)

    def holder(self, role: RoomRole) -> int | None:
        """The user id of a role's holder, or None."""
        seat = self.roles.get(role)
        return seat.user_id if seat else None

    def vacant(self, role: RoomRole) -> bool:
        """Whether nobody holds a role who could act in it: it is open, or its holder has left the organisation."""
        seat = self.roles.get(role)
        return seat is None or not seat.stays

    @property
    def open_roles(self) -> list[RoomRole]:
        """Which of the three leading roles nobody fills (mobilize.roles-assigned)."""
        return [role for role in (RoomRole.IC, RoomRole.OL, RoomRole.CL) if self.vacant(role)]

    def holds(self, by: Actor, *roles: RoomRole) -> bool:
        """Whether the actor holds one of the roles."""
        return by.user_id is not None and any(self.holder(role) == by.user_id for role in roles)

    def flagged(self, key: str) -> bool:
        """Whether this flag stands."""
        return any(flag.key == key for flag in self.flags)

    @property
    def commander(self) -> str:
        """The IC's name, or ""."""
        seat = self.roles.get(RoomRole.IC)
        return seat.name if seat else ""


def gather(incident: Incident) -> Facts:
    """Read the facts of an incident: one query, however long its record is."""
    with connection.cursor() as cursor:
        cursor.execute(_sql(), {"incident": incident.pk, "correctable": list(CORRECTABLE)})
        (told,) = cursor.fetchone()
    raw: dict[str, list[dict[str, Any]]] = told if isinstance(told, dict) else orjson.loads(told)
    parts: dict[str, tuple[Any, ...]] = {name: tuple(_read(part.kind, row) for row in raw[name]) for name, part in _PARTS.items()}
    seats, handovers, endings = parts.pop("seats"), parts.pop("handovers"), parts.pop("endings")
    return Facts(
        roles={seat.role: seat for seat in seats},
        handover=handovers[0] if handovers else None,
        ended=endings[0] if endings else None,
        owners=frozenset(row["user_id"] for row in raw["owners"]),
        authors=frozenset(row["user_id"] for row in raw["authors"]),
        firing=tuple(_fires(_read(FiringItem, row)) for row in raw["firing"]),
        **parts,
    )


@cache
def _sql() -> str:
    """One statement for all parts. Row level security adds the organisation to each; the composite indexes lead with it."""
    selects = {
        name: f"SELECT {p.columns} FROM {p.table} WHERE x.incident_id = %(incident)s AND {p.which} ORDER BY {p.order}"
        for name, p in _PARTS.items()
    } | {"owners": _OWNERS, "authors": _AUTHORS, "firing": _FIRING}
    each = ", ".join(
        f"'{name}', (SELECT coalesce(json_agg(row_to_json(t)), '[]'::json) FROM ({select}) t)" for name, select in selects.items()
    )
    return f"SELECT json_build_object({each})"


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


_SHAPES = {part.kind: _shape_of(part.kind) for part in _PARTS.values()} | {FiringItem: _shape_of(FiringItem)}


def _fires(item: FiringItem) -> str:
    name = f"{item.name} ({item.service})" if item.service else item.name
    return f"{item.count} × {name}" if item.count > 1 else name
