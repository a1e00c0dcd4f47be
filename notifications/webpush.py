"""Browser push (Web Push): encrypted for one browser (RFC 8291), signed with the installation's key (VAPID, RFC 8292)."""

import base64
import http.client
import json
import os
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
from django.conf import settings

from notifications import kinds, reaching, sealed
from notifications.transports import Gone, Message, TransportError
from tenants.time import now

WITHIN_SECONDS = 5.5  # shorter than a delivery's lease (notifications/actions.py, HAND_OVER)
KEPT_SECONDS = 3600  # how long the push service keeps what it cannot bring at once
RECORD = 4096
MOST_TEXT = 600  # characters of a message's text: a notification shows a few lines
MOST_BYTES = 3900  # of a payload: with what encrypting adds it fits one record
WIDEST = 6  # bytes that one character takes at most: a control character is written out by JSON
_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551  # of the curve P-256


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _point(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


@lru_cache(maxsize=1)
def _key(file: str, secret: str) -> ec.EllipticCurvePrivateKey:
    if not file:  # so that every process has the same without anybody's doing
        number = int.from_bytes(sealed.derive(secret, "vapid", 48), "big") % (_ORDER - 1) + 1
        return ec.derive_private_key(number, ec.SECP256R1())
    found = load_pem_private_key(Path(file).read_bytes(), None)
    if not isinstance(found, ec.EllipticCurvePrivateKey) or not isinstance(found.curve, ec.SECP256R1):
        raise ValueError(f"{file} holds no private key of the curve P-256.")
    return found


def private_key() -> ec.EllipticCurvePrivateKey:
    """The installation's key: of the file that MUSTER_VAPID_KEY_FILE names (PEM), else derived from its signing key."""
    return _key(settings.MUSTER_VAPID_KEY_FILE, settings.SECRET_KEY)


def public_key() -> str:
    """What a browser subscribes with: the public key, an uncompressed point in URL-safe base64."""
    return _b64(_point(private_key().public_key()))


def encrypt(text: bytes, p256dh: bytes, auth: bytes) -> bytes:
    """A push message's body for the browser whose keys these are: one record of `aes128gcm`. `text` has at most 3,900 bytes (MOST_BYTES)."""
    theirs = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), p256dh)
    ours = ec.generate_private_key(ec.SECP256R1())
    point, salt = _point(ours.public_key()), os.urandom(16)
    shared = ours.exchange(ec.ECDH(), theirs)
    keying = _hkdf(shared, auth, b"WebPush: info\0" + p256dh + point, 32)
    key, nonce = (
        _hkdf(keying, salt, b"Content-Encoding: aes128gcm\0", 16),
        _hkdf(keying, salt, b"Content-Encoding: nonce\0", 12),
    )
    header = salt + RECORD.to_bytes(4, "big") + bytes([len(point)]) + point
    return header + AESGCM(key).encrypt(nonce, text + b"\x02", None)


def _hkdf(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    return HKDF(algorithm=SHA256(), length=length, salt=salt, info=info).derive(secret)


def authorization(endpoint: str) -> str:
    """The header by which a push service knows the installation: a token for its origin, good for half a day."""
    parts = urlsplit(endpoint)
    contact = settings.BASE_URL if settings.SECURE else f"mailto:{settings.DEFAULT_FROM_EMAIL.rpartition('<')[2].rstrip('>')}"
    claims = {
        "aud": f"{parts.scheme}://{parts.netloc}",
        "exp": int((now() + timedelta(hours=12)).timestamp()),
        "sub": contact,
    }
    signed = ".".join(_b64(json.dumps(part).encode()) for part in ({"typ": "JWT", "alg": "ES256"}, claims))
    r, s = decode_dss_signature(private_key().sign(signed.encode(), ec.ECDSA(SHA256())))
    return f"vapid t={signed}.{_b64(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}, k={public_key()}"


def payload(message: Message, key: str) -> bytes:
    """What the service worker (static/js/push-worker.js) reads: what to show, where it leads, and whether that acknowledges."""
    told = {
        "title": message.subject[:200],
        "body": message.text[:MOST_TEXT],
        "tag": key,
        "url": message.link,
        "action": message.link_label,
    }
    for part in ("body", "title"):  # what leads to the page stays whole
        while (over := len(_json(told)) - MOST_BYTES) > 0 and told[part]:
            told[part] = told[part][: -max(1, over // WIDEST)]
    return _json(told)


def _json(told: dict[str, str]) -> bytes:
    return json.dumps(told, ensure_ascii=False).encode()


class WebPush:
    """A browser that a person subscribed. Its service is told to hurry where the message is urgent."""

    def send(self, message: Message, *, key: str) -> str:
        """Send it. Raises Gone where the service says that the subscription has ended."""
        try:
            told = kinds.subscription(message.address)
            body = encrypt(payload(message, key), told["p256dh"], told["auth"])
        except ValueError as error:
            raise TransportError("the browser's keys cannot be used") from error
        headers = {
            "Authorization": authorization(told["endpoint"]),
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(KEPT_SECONDS),
            "Urgency": "high" if message.urgent else "normal",
            "Topic": key[:32],
        }
        try:
            status = reaching.within(WITHIN_SECONDS, lambda: _post(told["endpoint"], body, headers))
        except (OSError, http.client.HTTPException) as error:
            raise TransportError(f"{type(error).__name__}: {error}") from error
        host = urlsplit(told["endpoint"]).hostname
        if status in (404, 410):
            raise Gone(f"{host} says that this browser is not subscribed any more")
        if not 200 <= status < 300:
            raise TransportError(f"{host} answered {status}")
        return f"accepted by the push service {host} ({status})"


def _post(endpoint: str, body: bytes, headers: dict[str, str]) -> int:
    """POST, without following where the answer leads. Returns the status."""
    parts = urlsplit(endpoint)
    line: Any = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    with reaching.guarded():
        connection = line(parts.hostname, parts.port, timeout=3)
        try:
            connection.request("POST", parts.path + (f"?{parts.query}" if parts.query else ""), body, headers)
            status: int = connection.getresponse().status
            return status
        finally:
            connection.close()
