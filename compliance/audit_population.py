"""The population of an engagement: every incident number of its period, and a sample of it that anybody can draw again."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from django.db import connection

from compliance.models import AuditEngagement
from incidents.models import Incident

SEEN, RESTRICTED, OUTSIDE, MISSING = 1, 2, 3, 0
SAMPLE_MOST = 500


@dataclass(frozen=True, slots=True)
class Row:
    """One number: the incident, a stub of one that is restricted, one of another period, or none at all."""

    number: int
    kind: int
    incident: Incident | None = None

    @property
    def counts(self) -> bool:
        """Whether it belongs to the population."""
        return self.kind in (SEEN, RESTRICTED)

    @property
    def line(self) -> str:
        """The row as its digest is made of it: number, reference, when declared, severity and state; of a stub the number alone."""
        if self.incident is None:
            return f"{self.number},restricted"
        found = self.incident
        return f"{self.number},{found.ref},{found.declared_at:%Y-%m-%dT%H:%M:%S.%fZ},SEV{found.severity},{found.state}"


@dataclass(frozen=True)
class Population:
    """The rows in the order of their numbers, from the period's first incident to its last."""

    rows: Sequence[Row]

    @cached_property
    def counted(self) -> list[Row]:
        """Those that belong to the period."""
        return [row for row in self.rows if row.counts]

    @cached_property
    def missing(self) -> list[int]:
        """Numbers between the first and the last that no incident has: there are none, or the numbering was broken."""
        return [row.number for row in self.rows if row.kind == MISSING]

    @cached_property
    def restricted(self) -> int:
        """How many are stubs."""
        return sum(row.kind == RESTRICTED for row in self.rows)

    @cached_property
    def outside(self) -> list[int]:
        """Numbers in between that were declared outside the period."""
        return [row.number for row in self.rows if row.kind == OUTSIDE]

    @cached_property
    def digest(self) -> str:
        """SHA-256 over the counted rows, one a line, each with a newline: the same list has the same digest."""
        return hashlib.sha256("".join(f"{row.line}\n" for row in self.counted).encode()).hexdigest()


def population(engagement: AuditEngagement) -> Population:
    """The population, as the engagement's auditor may see it. Empty for anybody else: the database says so."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT number, id, kind FROM muster.population(%s)", [engagement.pk])
        found = cursor.fetchall()
    incidents = Incident.objects.in_bulk([pk for _, pk, _ in found if pk is not None])
    rows: list[Row] = []
    for number, pk, kind in found:
        if rows:
            rows += [Row(missing, MISSING) for missing in range(rows[-1].number + 1, number)]
        rows.append(Row(number, kind, incidents.get(pk)) if pk is None or pk in incidents else Row(number, RESTRICTED))
    return Population(rows)


def rank(seed: str, number: int) -> str:
    """Where a number stands in a sample's order: the SHA-256 of `<seed>:<number>`. Draw it again with any tool."""
    return hashlib.sha256(f"{seed}:{number}".encode()).hexdigest()


def sample(found: Population, seed: str, size: int) -> list[Row]:
    """The `size` rows of the population that come first by their rank, stubs among them."""
    return sorted(found.counted, key=lambda row: (rank(seed, row.number), row.number))[:size]
