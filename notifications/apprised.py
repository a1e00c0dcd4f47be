"""Messengers, SMS and calls through the library `apprise`. Loaded when it is first needed: it is large, and most messages are mail."""

from html import escape
from typing import Any
from urllib.parse import quote

from django.conf import settings

from notifications import reaching
from notifications.transports import Message, TransportError

CONNECT_SECONDS, READ_SECONDS = 2.0, 3.0
AS_HTML = {"tgram"}
"""Services to which the library hands a text on as HTML, as it is: they refuse it where it has a `<`. Told that it is plain text, it would
change links for others (Google Chat)."""

WITHIN_SECONDS = 5.5  # all in all: shorter than a delivery's lease (notifications/actions.py, HAND_OVER)


def _made(url: str) -> Any:
    """The library's object for a URL, or None where it takes it for none. It keeps nothing, and follows no redirects."""
    import apprise

    asset = apprise.AppriseAsset(http_redirects=False, secure_logging=True)
    try:
        made: Any = apprise.Apprise.instantiate(url, asset=asset, suppress_exceptions=True)
    except (TypeError, ValueError, AttributeError, IndexError, KeyError):  # its parsers are a hundred people's
        return None
    if made is not None:  # whatever the URL's own parameters say
        made.redirects, made.verify_certificate = False, True
        made.socket_connect_timeout, made.socket_read_timeout = CONNECT_SECONDS, READ_SECONDS
    return made


def host_of(url: str) -> str | None:
    """The host that a URL names itself; "" where its service has a fixed one; None where it is no URL of any service."""
    made = _made(url)
    if made is None:
        return None
    named = any("{host}" in template for template in made.templates) and getattr(made, "mode", "") != "cloud"
    return str(made.host or "") if named else ""


def _send(url: str, title: str, text: str) -> str:
    made = _made(url)
    if made is None:
        raise TransportError("this is no address that the messenger's library knows")

    def hand_over() -> bool:
        with reaching.guarded():
            return bool(made.notify(body=text, title=title))

    try:
        taken = reaching.within(WITHIN_SECONDS, hand_over)
    except OSError as error:
        raise TransportError(str(error)) from error
    if not taken:
        raise TransportError(f"{made.service_name} did not take it")
    return f"handed to {made.service_name}, which gives no receipt"


class Apprise:
    """A messenger that a person named by a URL, such as `tgram://…`: only of the schemes that the installation allows."""

    def send(self, message: Message, *, key: str) -> str:
        """Send it. The scheme is judged again: what the installation allows may have changed since it was saved."""
        scheme = message.address.partition("://")[0].lower()
        if scheme not in settings.MUSTER_APPRISE_SCHEMES:
            raise TransportError(f"{scheme}:// is not allowed here any more")
        said = [message.subject, message.with_link()]
        if scheme in AS_HTML:
            said = [escape(part, quote=False) for part in said]
        return _send(message.address, *said)


class Sms:
    """A short message, through the installation's provider (MUSTER_SMS_URL, with {to} where the number goes)."""

    def send(self, message: Message, *, key: str) -> str:
        """Send what fits: the subject (of several messages that go together: each one's) and the link."""
        said = filter(None, (message.subject, message.others, message.link))
        return _send(_provider(settings.MUSTER_SMS_URL, message), "", "\n".join(said))


class Voice:
    """A call that says the subject twice, through the installation's provider (MUSTER_VOICE_URL, with {to})."""

    def send(self, message: Message, *, key: str) -> str:
        """Place it. A link cannot be said: the page waits in the inbox, and on the person's other methods."""
        said = escape(f"{message.subject}. {message.others}".strip(), quote=False)
        return _send(
            _provider(settings.MUSTER_VOICE_URL, message),
            "",
            f'<Response><Say>{said}</Say><Pause length="1"/><Say>{said}</Say></Response>',
        )


def _provider(template: str, message: Message) -> str:
    if "{to}" not in template:
        raise TransportError("whoever runs Muster has set up no provider for this")
    return template.replace("{to}", quote(message.address, safe="+"))
