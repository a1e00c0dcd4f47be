"""Sessions as Django keeps them in the database, found by a statement that is worded once."""

from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.contrib.sessions.base_session import AbstractBaseSession
from django.utils import timezone

from tenants import prepared

_LIVING = "SELECT session_key, session_data, expire_date FROM django_session WHERE session_key = %s AND expire_date > %s"


class SessionStore(DatabaseStore):
    """Django's store in the database. Every page begins with this query, and the ORM takes longer to word it than it runs."""

    def _get_session_from_db(self) -> AbstractBaseSession | None:
        found: AbstractBaseSession | None = prepared.row(self.model, _LIVING, [self.session_key, timezone.now()])
        if found is None:
            self._session_key = None
        return found
