"""What is kept for how long: the classes as data, what of each would go next, and the statement that finds it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from django.db import connection

from compliance.models import RetentionPeriod
from tenants.time import now

_SHIPPED = Path(__file__).parent / "shipped" / "retention.yaml"
LONGEST_DAYS = 36_500
COUNTED_MOST = 10_000  # what a page counts; beyond it says "at least"


@dataclass(frozen=True, slots=True)
class RetentionClass:
    """A class of rows. `removable` ones have days and a floor; of the others `why` says what keeps or removes them."""

    key: str
    label: str
    what: str
    removable: bool
    default_days: int = 0
    floor_days: int = 0
    floor_why: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """How a class stands: its period, and what of it is over age now. `capped`: there are at least so many.

    `gone_next` would be removed by the next run; `held` would be too, were it not for legal holds.
    """

    kind: RetentionClass
    days: int
    own: bool
    gone_next: int
    held: int
    capped: bool


@cache
def classes() -> Sequence[RetentionClass]:
    """The classes, in the order in which they are shown."""
    rows: list[dict[str, Any]] = yaml.safe_load(_SHIPPED.read_text(encoding="utf-8"))
    return tuple(RetentionClass(**row) for row in rows)


def removable() -> Sequence[RetentionClass]:
    """Those for which a period can be set."""
    return [kind for kind in classes() if kind.removable]


# Class -> its rows that are older than `%(before)s`: FROM and WHERE of `x`, what tells their age, and (incident, person, span) as
# muster.held() takes them. Each is found by an index that is led by the organisation.
_ROWS: Mapping[str, tuple[str, str, str, str]] = {
    "alerts": (
        "incidents_alert x JOIN incidents_signal s ON s.organisation_id = x.organisation_id AND s.id = x.signal_id",
        "x.incident_id IS NULL AND x.state = 'resolved' AND NOT s.is_open AND s.state <> 'waiting'",
        "x.last_seen_at",
        "s.incident_id, NULL, muster.span(x)",
    ),
    "codes": (
        "notifications_contactcode x JOIN notifications_contactmethod m ON m.organisation_id = x.organisation_id AND m.id = x.method_id",
        "true",
        "x.expires_at",
        "NULL, m.user_id, NULL",
    ),
    "addresses": (
        "notifications_contactsecret x JOIN notifications_contactmethod m ON m.organisation_id = x.organisation_id AND m.id = x.method_id",
        "m.removed_at IS NOT NULL",
        "m.removed_at",
        "NULL, m.user_id, NULL",
    ),
    "token-hashes": (
        "tenants_apitokensecret x JOIN tenants_apitoken t ON t.organisation_id = x.organisation_id AND t.id = x.token_id",
        "true",
        "least(t.revoked_at, t.expires_at)",
        "NULL, t.user_id, NULL",
    ),
}
_TABLES = {key: source.partition(" ")[0] for key, (source, *_) in _ROWS.items()}


def periods() -> dict[str, RetentionPeriod]:
    """The periods that the organisation has set itself, by class."""
    return {row.key: row for row in RetentionPeriod.objects.select_related("changed_by")}


def days_of(kind: RetentionClass, own: Mapping[str, RetentionPeriod]) -> int:
    """The period in force. Never less than the floor, whatever was set before the floor was raised."""
    row = own.get(kind.key)
    return max(row.days if row else kind.default_days, kind.floor_days)


def standing() -> list[Standing]:
    """How every class stands in the open scope's organisation: the dry view of the next run."""
    own, found, moment = periods(), [], now()
    for kind in classes():
        gone, held = (0, 0) if not kind.removable else _counts(kind.key, moment - timedelta(days=days_of(kind, own)))
        found.append(Standing(kind, days_of(kind, own), kind.key in own, gone, held, capped=gone + held >= COUNTED_MOST))
    return found


def _counts(key: str, before: datetime) -> tuple[int, int]:
    source, which, age, held = _ROWS[key]
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(*) FILTER (WHERE hold IS NULL), count(hold) FROM (SELECT muster.held({held}) AS hold FROM {source} "
            f"WHERE x.organisation_id = (SELECT muster.organisation()) AND {which} AND {age} < %(before)s LIMIT {COUNTED_MOST}) t",
            {"before": before},
        )
        gone, kept = cursor.fetchone()
    return int(gone), int(kept)


def remove(key: str, before: datetime, limit: int) -> int:
    """Delete at most `limit` rows of a class that are older than `before` and not held. Returns how many.

    What somebody else works on is passed by, so two that run at once share the rows; and the database refuses what is held whatever
    this asks for.
    """
    source, which, age, held = _ROWS[key]
    with connection.cursor() as cursor:
        cursor.execute(
            # Chosen once: a plain subquery with LIMIT may be asked again for every row.
            f"WITH chosen AS MATERIALIZED (SELECT x.id FROM {source} WHERE x.organisation_id = (SELECT muster.organisation()) "
            f"AND {which} AND {age} < %(before)s AND muster.held({held}) IS NULL ORDER BY {age} LIMIT %(limit)s "
            f"FOR UPDATE OF x SKIP LOCKED) DELETE FROM {_TABLES[key]} gone USING chosen "
            "WHERE gone.organisation_id = (SELECT muster.organisation()) AND gone.id = chosen.id",
            {"before": before, "limit": limit},
        )
        return int(cursor.rowcount)
