"""A log over what an organisation really has on record, for the tests of the builder: the tests' own tree, and no sealer.

Every history row, event and other fact is an entry, in the order of tables and keys, as PostgreSQL writes it as JSON.
"""

import json
from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from typing import Any

from django.db import connection

from compliance.packs.log import Point
from compliance.packs.records import Sealed
from compliance.packs.told import Opened
from incidents.models import Incident
from tests import everything
from tests.compliance.packmaking import Log as Tree
from tests.compliance.packmaking import b64, h, mth, proof, tiles
from tests.conftest import Cast


def recorded(cast: Cast) -> Tree:
    """The log of an organisation as it is now."""
    tree = Tree(organisation=cast.id)
    facts = [model for model in everything.tenant_models() if _is_fact(model)]
    with cast.scope(), connection.cursor() as cursor:
        for model in sorted(facts, key=lambda model: model._meta.db_table):
            columns = {field.column for field in model._meta.local_concrete_fields}
            incident = (
                "id" if model._meta.model_name == "historicalincident" else "incident_id" if "incident_id" in columns else "null"
            )
            key = model._meta.pk.column
            op = "history_type" if "history_type" in columns else "'+'"
            table = model._meta.db_table
            cursor.execute(
                f'SELECT {incident}, {op}, {key}, row_to_json(t)::text FROM "{table}" t WHERE organisation_id = %s ORDER BY {key}',
                [cast.id],
            )
            for incident_id, done, pk, text in cursor.fetchall():
                row = json.loads(text).get("id", pk)  # of a history the row that changed
                body = _by_hash(text) if "body" in columns else text
                tree.add(table, {"id": row}, incident=incident_id, op=done, body=body)
    return tree


def _by_hash(text: str) -> str:
    """A row whose bytes stand in it by their hash (docs/evidence-format.md, section 1)."""
    row = json.loads(text)
    return json.dumps(row | {"body": "\\x" + h(bytes.fromhex(row["body"].removeprefix("\\x"))).hex()})


def _is_fact(model: Any) -> bool:
    name = model._meta.model_name
    return name.startswith("historical") or name in (
        "event",
        "attachment",
        "delivery",
        "attempt",
        "pagestep",
        "publication",
        "inbound",
        "custodianfile",
    )


class TestLog:
    """compliance.packs.log.Log over a tree of the tests."""

    __test__ = False

    def __init__(self, tree: Tree, size: int | None = None, erased: Collection[int] = ()) -> None:
        self.tree, self.organisation_id, self.key_line = tree, tree.organisation, tree.signer.line
        self.leaves = tree.leaves(size)
        size = len(self.leaves)
        note = tree.checkpoint(size)
        self.point = Point(size, b64(mth(self.leaves)), note, tree.signer.name, datetime(2026, 10, 1, tzinfo=UTC))
        self.entries = [self._sealed(leaf) for leaf in range(size)]
        self.given: tuple[int, int] | None = (3, size - 2)  # the leaves of any period

    def _sealed(self, leaf: int) -> Sealed:
        entry = self.tree.entries[leaf]
        told = json.loads(entry.envelope)
        return Sealed(leaf, told["seq"], told["table"], told["op"], told["incident"], entry.envelope, entry.salt, entry.body)

    def count_of(self, incident_id: int) -> int:
        return sum(entry.incident_id == incident_id for entry in self.entries)

    def of_incident(self, incident_id: int, opened: Opened) -> Iterator[list[Sealed]]:
        found = [entry for entry in self.entries if entry.incident_id == incident_id]
        for at in range(0, len(found), 50):
            yield found[at : at + 50]

    def between(self, first: int, last: int, opened: Opened) -> Iterator[list[Sealed]]:
        with opened():
            seen = set(Incident.objects.values_list("pk", flat=True))
        yield [entry for entry in self.entries[first : last + 1] if entry.incident_id in seen]

    def of_incidents(self, incidents: Collection[int], first: int, last: int, opened: Opened) -> Iterator[list[Sealed]]:
        with opened():
            seen = set(Incident.objects.filter(pk__in=incidents).values_list("pk", flat=True))
        yield [entry for entry in self.entries[first : last + 1] if entry.incident_id in seen]

    def of_none(
        self, tables: Collection[str], first: int = 0, last: int | None = None, rows: Collection[int] | None = None
    ) -> Iterator[Sealed]:
        for entry in self.entries[first : None if last is None else last + 1]:
            row = json.loads(entry.body or "{}").get("id")
            if entry.incident_id is None and entry.table in tables and (rows is None or row in rows):
                yield entry

    def range_of(self, starts_at: datetime, ends_at: datetime) -> tuple[int, int] | None:
        return self.given and (self.given[0], min(self.given[1], self.point.size - 1))

    def made_between(self, first: int, last: int) -> list[int]:
        made = [e for e in self.entries[first : last + 1] if e.table == "incidents_historicalincident" and e.op == "+"]
        return [entry.incident_id for entry in made if entry.incident_id is not None]

    def hashes(self, leaves: Collection[int]) -> list[tuple[int, str]]:
        return [(leaf, b64(h(bytes(1) + self.leaves[leaf]))) for leaf in sorted(leaves)]

    def redactions_of(self, seqs: Collection[int]) -> list[Sealed]:
        return [e for e in self.entries if e.table == "ledger_redaction" and json.loads(e.body or "{}").get("entry") in seqs]

    def tiles(self, wanted: Collection[int]) -> Iterator[tuple[str, bytes]]:
        for name, hashes in tiles(self.leaves).items():
            level, index = int(name.split("/")[1]), int(name.split("/")[2].partition(".")[0])
            if level or ".p/" in name or index in wanted:
                yield name, hashes

    def earlier(self) -> Iterator[dict[str, Any]]:
        for size in (1, min(100, self.point.size - 1), self.point.size // 2):
            note = self.tree.checkpoint(size)
            steps = [b64(step) for step in proof(size, self.leaves)]
            yield {"size": size, "root": b64(mth(self.leaves[:size])), "note": note, "proof": steps}
