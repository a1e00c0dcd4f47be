"""Grafana's signature (12 and later): hex HMAC-SHA256 over the raw body, or over `<timestamp>:<body>` with a timestamp header.

The secret is made from the integration's key and the installation's own secret, so that it lies in no table: it is shown with the
key, once, and ends with it.
"""

import hashlib
import hmac
from collections.abc import Mapping

from django.conf import settings

from tenants.refusals import Reason, Refused
from tenants.time import now

SIGNATURE, TIMESTAMP = "x-grafana-alerting-signature", "x-grafana-alerting-timestamp"
WINDOW_SECONDS = 300


def secret_for(digest: str) -> str:
    """The signing secret of the key with this hash: 64 hex digits."""
    return hmac.new(settings.SECRET_KEY.encode(), f"muster.grafana:{digest}".encode(), hashlib.sha256).hexdigest()


def sign(secret: str, body: bytes, timestamp: str = "") -> str:
    """The signature of a body, with its timestamp (Unix seconds) where there is one."""
    signed = timestamp.encode() + b":" + body if timestamp else body
    return hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


def check(secret: str, body: bytes, signing: Mapping[str, str], *, needed: bool) -> None:
    """Judge a request's signature. `signing` are its headers, by their names in lower case.

    Raises Refused (401): unsigned where a signature is needed, a wrong one, or one that is older (or newer) than WINDOW_SECONDS. Where
    one is needed it needs its time too: without, whoever has seen a request could send it again for ever.
    """
    given, timestamp = signing.get(SIGNATURE, "").strip().lower(), signing.get(TIMESTAMP, "").strip()
    if not given:
        if needed:
            raise _refused("unsigned", "This integration takes signed requests only, and this one has no signature.")
        return
    if not hmac.compare_digest(sign(secret, body, timestamp).encode(), given.encode()):
        raise _refused("bad_signature", "The signature is not that of this body: is the secret the one of this key?")
    if needed and not timestamp:
        raise _refused(
            "no_timestamp", f"This signature says nothing of its time: name {TIMESTAMP} as Grafana's timestamp header."
        )
    if timestamp and abs(_seconds(timestamp) - now().timestamp()) > WINDOW_SECONDS:
        minutes = WINDOW_SECONDS // 60
        raise _refused(
            "replayed", f"This was signed more than {minutes} minutes ago: it is a repeat, or the sender's clock is wrong."
        )


def _seconds(timestamp: str) -> float:
    return float(timestamp) if timestamp.isdecimal() and len(timestamp) <= 12 else 0.0


def _refused(code: str, sentence: str) -> Refused:
    return Refused(Reason(code, sentence, status=401))
