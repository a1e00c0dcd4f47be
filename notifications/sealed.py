"""What must not be read from the database alone: encrypted with a key made of the installation's signing key.

AES-128-CBC with HMAC (Fernet). A signing key that was replaced still opens what it sealed while it stands in SECRET_KEY_FALLBACKS.
"""

import base64
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings


def derive(secret: str, purpose: str, length: int = 32) -> bytes:
    """`length` bytes of key from a signing key, for one purpose: the same each time, and of no use for another purpose."""
    return HKDF(algorithm=SHA256(), length=length, salt=None, info=f"muster.{purpose}".encode()).derive(secret.encode())


@lru_cache(maxsize=4)
def _box(secrets: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(base64.urlsafe_b64encode(derive(secret, "contact-secret"))) for secret in secrets])


def _secrets() -> tuple[str, ...]:
    return (settings.SECRET_KEY, *map(str, settings.SECRET_KEY_FALLBACKS))


def seal(text: str) -> str:
    """The text, encrypted: ASCII."""
    return _box(_secrets()).encrypt(text.encode()).decode()


def unseal(sealed: str) -> str:
    """The text again. Raises ValueError where the signing key has changed meanwhile."""
    try:
        return _box(_secrets()).decrypt(sealed.encode()).decode()
    except InvalidToken as error:
        raise ValueError("This was sealed with another signing key.") from error
