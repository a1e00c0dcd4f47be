"""Secrets that machines and links carry. Each names its organisation, so that the walls are up before it is looked up.

A credential reads `<prefix>_<organisation's public id>_<secret>`; only the SHA-256 of it is stored. The secret has 256 bits
of entropy, so a plain hash is as good as a slow one and costs a busy door nothing.

A routing key has the 32 letters and digits that PagerDuty's clients demand: the organisation's public id, and a secret of 20
characters (119 bits), of which the same holds.
"""

import hashlib
import re
import secrets
import string
import time

from django.db import connection

from tenants import prepared

_ALPHABET = string.ascii_lowercase + string.digits
_ROUTING = re.compile(r"^([a-z0-9]{12})[A-Za-z0-9]{20}$")
KNOWN_SECONDS = 300.0
_known: dict[tuple[str, str], tuple[int, float]] = {}  # at most as many as there are organisations, twice
_SHAPE = re.compile(r"^[a-z]{2,8}_([a-z0-9]{12})_([A-Za-z0-9]{40,64})$")


def public_id() -> str:
    """A new random public id: 12 characters, no meaning, safe in a URL and said over the phone."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(12))


def mint(prefix: str, organisation_public_id: str) -> str:
    """A new credential. It is shown once; keep `digest()` of it."""
    secret = "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(43))
    return f"{prefix}_{organisation_public_id}_{secret}"


def mint_routing_key(organisation_public_id: str) -> str:
    """A new routing key, for what speaks PagerDuty's events. It is shown once; keep `digest()` of it."""
    return organisation_public_id + "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(20))


def public_id_in_routing_key(key: str) -> str | None:
    """The public id that a routing key says it belongs to, or None where it has not the shape of one."""
    match = _ROUTING.match(key)
    return match[1] if match else None


def digest(credential: str) -> str:
    """What is stored of a credential: its SHA-256 in hex."""
    return hashlib.sha256(credential.encode()).hexdigest()


def organisation_of(credential: str) -> int | None:
    """The id of the organisation a credential says it belongs to, or None where it has not the shape of one.

    This proves nothing yet: the secret is looked up inside that organisation's walls.
    """
    match = _SHAPE.match(credential)
    return organisation_by_public_id(match[1]) if match else None


def organisation_by_public_id(value: str) -> int | None:
    """The id behind a public id, through the walls' named opening for it."""
    return _one("SELECT muster.organisation_by_public_id(%s)", value)


def public_id_of(organisation_id: int) -> str:
    """The public id of an organisation, from inside its walls. Raises RuntimeError for one that is not seen."""
    row = prepared.one("SELECT public_id FROM tenants_organisation WHERE id = %s", [organisation_id])
    if row is None:
        raise RuntimeError(f"Organisation {organisation_id} is not seen from here.")
    return str(row[0])


def organisation_by_slug(slug: str) -> int | None:
    """The id behind the slug of a portal's address, through the walls' named opening for it."""
    return _one("SELECT muster.organisation_by_slug(%s)", slug)


def forget() -> None:
    """Ask anew, as a process does that has just started."""
    _known.clear()


def _one(sql: str, value: str) -> int | None:
    """The id, asked for once in KNOWN_SECONDS; what is not there is asked for each time.

    An organisation keeps its id, slug and public id. What may be seen or done by an id is judged behind its walls each time.
    """
    known, until = _known.get((sql, value), (0, 0.0))
    if time.monotonic() < until:
        return known
    if "\x00" in value:
        return None
    with connection.cursor() as cursor:
        cursor.execute(sql, [value])
        row = cursor.fetchone()
    if row is None or row[0] is None:
        return None
    _known[sql, value] = row[0], time.monotonic() + KNOWN_SECONDS
    return int(row[0])
