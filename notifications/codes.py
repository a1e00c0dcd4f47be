"""The codes that prove contact methods: computed from the signing key and the row that says that one was sent, stored nowhere."""

import hmac

from django.core.cache import cache
from django.utils.crypto import salted_hmac

from notifications.models import ContactCode

DIGITS = 8
TRIES = 5


def code_of(row: ContactCode) -> str:
    """The code of a row: eight digits."""
    said = f"{row.organisation_id}:{row.method_id}:{row.pk}:{row.issued_at.isoformat()}"
    digest = salted_hmac("muster.contact-code", said, algorithm="sha256").digest()
    return f"{int.from_bytes(digest, 'big') % 10**DIGITS:0{DIGITS}}"


def is_right(row: ContactCode, given: str) -> bool:
    """Whether it is the code, whatever blanks and hyphens stand in it."""
    plain = "".join(character for character in given if character not in " -\u00a0")
    return hmac.compare_digest(code_of(row).encode(), plain.encode())


def may_try(row: ContactCode) -> bool:
    """Count a try. False once there were TRIES. (Kept in the cache: a refused request undoes what it wrote to the database.)"""
    name = f"contact-code:{row.organisation_id}:{row.pk}:{row.issued_at.isoformat()}"
    return any(cache.add(f"{name}:{number}", 1, 3600) for number in range(TRIES))
