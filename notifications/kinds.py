"""What a person may give as a contact method, of each kind: how it is checked, how it is kept, and what of it may be shown."""

import base64
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from notifications import apprised, reaching
from notifications.models import ContactMethod
from tenants.refusals import Refused, invalid

Kind = ContactMethod.Kind
LONGEST = 2000
_PHONE = re.compile(r"^\+[1-9][0-9]{6,14}$")
_SCHEME = re.compile(r"^([a-z][a-z0-9+.-]*)://", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Given:
    """An address as it is kept (sealed), and as it may be shown."""

    address: str
    masked: str


def check(kind: str, text: str) -> Given:
    """Judge an address of a kind. Raises Refused (422), naming the field, for one that cannot be used here."""
    if kind not in offered():
        sentence = f"There is no such kind here; the kinds are: {', '.join(offered())}."
        if kind in Kind.values:
            sentence = (
                f"This installation cannot send to a {Kind(kind).label.lower()}: whoever runs Muster has set up no provider."
            )
        raise invalid("kind", sentence)
    text = text.strip()
    if not text or len(text) > LONGEST or not text.isprintable():
        raise _no(f"Give an address of 1 to {LONGEST} printable characters.")
    return _CHECKS[Kind(kind)](text)


def offered() -> list[str]:
    """The kinds that this installation can send to."""
    providers = {Kind.SMS: settings.MUSTER_SMS_URL, Kind.VOICE: settings.MUSTER_VOICE_URL}
    without = {kind for kind, provider in providers.items() if not provider}
    if not settings.MUSTER_APPRISE_SCHEMES:
        without.add(Kind.APPRISE)
    return [str(kind) for kind in Kind if kind not in without]


def _no(sentence: str) -> Refused:
    return invalid("address", sentence)


def _email(text: str) -> Given:
    try:
        validate_email(text)
    except ValidationError:
        raise _no("This is no e-mail address.") from None
    local, _, host = text.rpartition("@")
    return Given(text, f"{local[0]}•••@{host}")


def _phone(text: str) -> Given:
    number = re.sub(r"[\s().-]", "", text)
    if not _PHONE.match(number):
        raise _no("Give the number with its country, such as +49 151 23456789.")
    return Given(number, f"{number[:3]}•••{number[-3:]}")


def scheme_of(url: str) -> str:
    """The scheme of a URL in lower case, "" where it has none."""
    match = _SCHEME.match(url)
    return match[1].lower() if match else ""


def _apprise(text: str) -> Given:
    scheme = scheme_of(text)
    allowed = settings.MUSTER_APPRISE_SCHEMES
    if scheme not in allowed:
        said = f"{scheme}:// is not allowed here" if scheme else "This is no address of a messenger"
        raise _no(f"{said}; what is: {', '.join(f'{one}://' for one in sorted(allowed))}.")
    host = apprised.host_of(text)
    if host is None:
        raise _no(f"This is no complete {scheme}:// address: see the service's own page on what it is made of.")
    if host and (why := reaching.judge(host)):
        raise _no(why)
    return Given(text, f"{scheme}://{host}/…" if host else f"{scheme}://…")


def subscription(text: str) -> dict[str, Any]:
    """A browser's push subscription: {"endpoint", "p256dh", "auth"}, the keys as bytes. Raises ValueError for anything else."""
    try:
        told = json.loads(text)
        endpoint, keys = str(told["endpoint"]), told["keys"]
        point, auth = (base64.urlsafe_b64decode(keys[name] + "=" * (-len(keys[name]) % 4)) for name in ("p256dh", "auth"))
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise ValueError("no push subscription") from error
    if len(point) != 65 or point[0] != 4 or len(auth) != 16:
        raise ValueError("no keys of a push subscription")
    return {"endpoint": endpoint, "p256dh": point, "auth": auth}


def _webpush(text: str) -> Given:
    try:
        endpoint = urlsplit(subscription(text)["endpoint"])
        host, _ = endpoint.hostname or "", endpoint.port
    except ValueError:
        raise _no("This is no push subscription: a browser makes it, by the button on the page of contact methods.") from None
    if endpoint.scheme != "https" and host not in settings.MUSTER_REACH_INSIDE:
        raise _no("A push service has an https:// address.")
    if why := reaching.judge(host):
        raise _no(why)
    return Given(text, f"{host}/…"[-120:])


_CHECKS: dict[Kind, Callable[[str], Given]] = {
    Kind.EMAIL: _email,
    Kind.APPRISE: _apprise,
    Kind.WEBPUSH: _webpush,
    Kind.SMS: _phone,
    Kind.VOICE: _phone,
}
