"""Sign-in is django-allauth's; this says what is ours about it.

Whoever signs in is put on record before they are let in, and so is who was not, and who leaves (ledger/sessions.py). We override what
allauth calls at these moments; its signals would come after them.
"""

from collections.abc import Callable
from typing import Any

import structlog
from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.account.internal.userkit import filter_users_by_email
from allauth.core import context
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponseBase

from ledger.sessions import as_muster, as_themselves, end_session, open_session, refuse_session
from tenants.models import User

log = structlog.get_logger(__name__)

PASSWORD, SECOND_FACTOR, ACCOUNT = "password", "second factor", "account"
PASSWORD_AGAIN, SECOND_FACTOR_AGAIN = "password again", "second factor again"  # within a session, before what matters most


class Adapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Nobody signs up by themselves: people are made members by their organisation. Who comes and goes is on record."""

    _again = False  # allauth makes an adapter each time that it needs one

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Never."""
        return False

    def login(self, request: HttpRequest, user: User) -> None:
        """Let somebody in who passed every step; what cannot be put on record does not happen."""
        ways = list(dict.fromkeys(str(way.get("type") or way["method"]) for way in get_authentication_records(request, user)))
        as_themselves(user, _request_id(request), lambda by: open_session(user, by=by, ways=ways))
        super().login(request, user)

    def logout(self, request: HttpRequest) -> None:
        """Somebody leaves, of their own accord or because they changed their password."""
        user = request.user
        super().logout(request)
        if isinstance(user, User):
            as_themselves(user, _request_id(request), lambda by: end_session(user, by=by))

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        """A password was wrong, or the address is nobody's: of that only the log tells, and not which."""
        if self._again:  # a session is open: `reauthenticate` says whose
            return
        users = {user.pk: user for user in filter_users_by_email(str(credentials.get("email", "")), for_login=True)}
        for user in users.values():
            _refused(request, user, PASSWORD)
        if not users:
            log.info("sign_in.unknown")

    def reauthenticate(self, user: User, password: str) -> bool:
        """Ask somebody who is signed in for their password again. A wrong one is theirs: it is known whose session it is."""
        self._again = True
        right: bool = super().reauthenticate(user, password)
        if not right:
            _refused_again(context.request, user, PASSWORD_AGAIN)
        return right

    def respond_user_inactive(self, request: HttpRequest, user: User) -> HttpResponseBase:
        """The password was right, and the account is switched off."""
        _refused(request, user, ACCOUNT)
        answer: HttpResponseBase = super().respond_user_inactive(request, user)
        return answer


class SecondFactorForm(AuthenticateForm):  # type: ignore[misc]
    """The code of a second factor. A wrong one is on record; what allauth's limit refuses unread is not."""

    def clean_code(self) -> str:
        """Judge the code."""
        return _judged(super().clean_code, lambda: _refused(context.request, self.user, SECOND_FACTOR))


class SecondFactorAgainForm(ReauthenticateForm):  # type: ignore[misc]
    """The same, asked of somebody who is signed in."""

    def clean_code(self) -> str:
        """Judge the code."""
        return _judged(super().clean_code, lambda: _refused_again(context.request, self.user, SECOND_FACTOR_AGAIN))


def _judged(judge: Callable[[], str], wrong: Callable[[], None]) -> str:
    try:
        return judge()
    except ValidationError as error:
        if error.code == "incorrect_code":
            wrong()
        raise


def _refused_again(request: HttpRequest, user: User, step: str) -> None:
    as_themselves(user, _request_id(request), lambda by: refuse_session(user, by=by, step=step))


def _refused(request: HttpRequest, user: User, step: str) -> None:
    as_muster(user, _request_id(request), lambda by: refuse_session(user, by=by, step=step))


def _request_id(request: HttpRequest) -> str:
    return str(getattr(request, "request_id", ""))
