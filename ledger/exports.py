"""What leaves the portal as a file, in the ledger before it is given: whose hands it is in is known from then on."""

import hashlib
import re
from collections.abc import Iterable, Sequence
from urllib.parse import urlencode

from django.db import models

from ledger.actions import record
from ledger.verbs import verb
from tenants.actors import Actor, Role
from tenants.models import Organisation

_PLAIN = re.compile(r"^[A-Za-z0-9_.:+=-]{0,200}$")  # a number, a date, a key, a cursor: nothing that a person is called
_WORDS = frozenset({"q", "principal"})
_NAMED = frozenset({"incident"})  # an event of no incident is not behind the wall of one


@verb(
    "give",
    kind="export.given",
    who="whoever reads the same on its page; for an auditor the record of reading stands for it",
    subject="export",
    clauses=("evidence.export",),
)
def give[C: (str, bytes)](
    content: C,
    name: str,
    *,
    by: Actor,
    asked: Iterable[tuple[str, Sequence[str]]] = (),
    about: models.Model | None = None,
    incident_id: int | None = None,
) -> C:
    """Put on record that somebody is given a file: its name, size and SHA-256, and what was asked for. Returns the file's content.

    Belongs to the transaction of the request, which is committed before any of it is sent. What an auditor asks for was recorded before
    it was looked at, and theirs is a transaction that writes nothing. Of an incident's file the incident tells, behind its wall.
    """
    if not by.has(Role.AUDITOR):
        raw = content.encode() if isinstance(content, str) else content
        record(
            "export.given",
            about or Organisation(pk=by.organisation_id),
            by=by,
            incident_id=incident_id,
            name=name,
            size=len(raw),
            sha256=hashlib.sha256(raw).hexdigest(),
            asked=without_words(asked, _WORDS | _NAMED),
        )
    return content


def without_words(query: Iterable[tuple[str, Sequence[str]]], kept_back: frozenset[str] = _WORDS) -> str:
    """A query as it is put on record: without the words that somebody looks for, which may name people and would stay for good."""
    asked = [
        (name[:40], value if name not in kept_back and _PLAIN.match(value) else "(words)")
        for name, values in query
        if _PLAIN.match(name)
        for value in values
    ]
    return urlencode(asked, safe="():")[:1000]
