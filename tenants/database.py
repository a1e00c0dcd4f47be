"""Whether the database is there, which an error of a statement does not say."""

from django.db import connection


def connected() -> None:
    """Go on with a new connection where the old one is lost. Raises where there is none to be had: the database is away."""
    if not connection.in_atomic_block:  # whoever opened a transaction ends it
        connection.close_if_unusable_or_obsolete()
        connection.ensure_connection()
