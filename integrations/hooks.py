"""The addresses of hooks: `POST /hooks/<key>/<provider>/`. The key may also come as a bearer token or a basic password."""

import base64
import binascii
import re
from dataclasses import dataclass

from integrations.formats import HOOKS
from tenants.refusals import NotFound, Reason, Refused

_PATH = re.compile(r"^/hooks/(?P<key>[^/]{1,200})/(?P<kind>[a-z]+)/?$")
_KEY = re.compile(r"^[a-z]{2,8}_([a-z0-9]{12})_[A-Za-z0-9]{40,64}$")


@dataclass(frozen=True, slots=True)
class Hook:
    """Whom a request speaks to: the organisation (by public id), the credential and the provider's format."""

    organisation: str
    credential: str
    kind: str


def parse_path(method: str, path: str, authorization: str) -> Hook:
    """Read a hook's address. Raises NotFound, or Refused: 405 for another method, 401 for what is no key."""
    match = _PATH.match(path)
    if match is None or match["kind"] not in HOOKS:
        raise NotFound("hook")
    if method != "POST":
        raise MethodRefused(Reason("method", "Send alerts with POST.", status=409))
    for credential in (_from_header(authorization), match["key"]):
        if credential and (key := _KEY.match(credential)):
            return Hook(organisation=key[1], credential=credential, kind=match["kind"])
    raise Refused(
        Reason("unknown_key", "This key opens no integration: copy the whole address from the integration's page.", status=401)
    )


class MethodRefused(Refused):
    """A hook was asked with another method than POST."""

    @property
    def status(self) -> int:
        """Method Not Allowed."""
        return 405


def _from_header(authorization: str) -> str:
    """The key of an Authorization header: bearer, or the password of basic."""
    scheme, _, value = authorization.partition(" ")
    if scheme.lower() == "bearer":
        return value.strip()
    if scheme.lower() == "basic":
        try:
            return base64.b64decode(value, validate=True).decode().partition(":")[2]
        except (binascii.Error, ValueError):
            return ""
    return ""
