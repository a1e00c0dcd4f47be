"""What Django REST framework is set up with: who asks, how bodies are read, how pages are cut.

Apart from ledger/api.py because the framework imports these while it is itself being imported.
"""

import json
from typing import TYPE_CHECKING, Any

from django.core.exceptions import SuspiciousOperation
from rest_framework.authentication import SessionAuthentication
from rest_framework.exceptions import NotFound, ParseError, ValidationError
from rest_framework.pagination import CursorPagination
from rest_framework.parsers import JSONParser, MultiPartParser
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from tenants.actors import Actor
from tenants.models import User

if TYPE_CHECKING:
    from rest_framework.views import APIView


class ScopeAuthentication(SessionAuthentication):
    """Who asks was settled when the scope was opened (portal/middleware.py); a session must also prove it is no forgery."""

    def authenticate(self, request: Request) -> tuple[User, None] | None:
        """The person of the scope's actor."""
        django_request = request._request
        actor: Actor | None = getattr(django_request, "actor", None)
        if actor is None:
            return None
        if not getattr(django_request, "by_token", False):
            self.enforce_csrf(request)
        return User(pk=actor.user_id, email=actor.email, name=actor.name), None

    def authenticate_header(self, request: Request) -> str:
        """What a 401 asks for."""
        return 'Bearer realm="muster"'


class Signed(BasePermission):
    """Somebody of this organisation."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        """Whether the middleware found an actor."""
        return hasattr(request._request, "actor")


class StrictJSONParser(JSONParser):
    """JSON in UTF-8, and an object: what else comes is said to be so."""

    strict = True

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        """The parsed object. Raises ParseError for what is no JSON, nested without end, or no object."""
        try:
            data = json.loads(stream.read().decode("utf-8"), parse_constant=_no_constant)
        except (UnicodeError, ValueError, RecursionError) as error:
            raise ParseError(str(error)) from error
        if not isinstance(data, dict):
            raise ParseError("expected an object")
        for name, value in data.items():
            if not _is_text(name):
                raise ParseError("a field's name has half a character")
            if not _is_text(value):
                raise ValidationError(
                    {name: "This has half a character (a lone surrogate), which is no text."}, code="half_a_character"
                )
        return data


class FormParser(MultiPartParser):
    """A form of several parts, one of them a file. Each field comes once: of two nobody could say which one counts."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        """The fields and the file. Raises ParseError for what is no such form, ValidationError for a field that comes twice."""
        try:
            parsed = super().parse(stream, media_type, parser_context)
        except (SuspiciousOperation, UnicodeError, ValueError) as error:
            raise ParseError(str(error)) from error
        for found in (parsed.data, parsed.files):
            for name, values in found.lists():
                if len(values) > 1:
                    raise ValidationError({name: "This came more than once: send one at a time."}, code="more_than_one")
        return parsed


def _is_text(value: Any) -> bool:
    """Whether everything in a JSON value can be written as UTF-8, and so be kept and said back."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


class CursorPages(CursorPagination):
    """Pages by cursor: stable while rows come in, and as fast on the last page as on the first."""

    page_size = 50
    page_size_query_param = "limit"
    max_page_size = 200
    ordering = "-id"

    def decode_cursor(self, request: Request) -> Any:
        """The cursor of the request. Lists are ordered by whole numbers, so one that holds anything else was never given out."""
        cursor: Any = super().decode_cursor(request)
        position = cursor.position if cursor is not None else None
        if position is not None and not (position.isascii() and position.isdecimal() and len(position) < 20):
            raise NotFound(self.invalid_cursor_message)
        return cursor
