"""The key that signs checkpoints: from the environment or a file, never from the database."""

from base64 import b64decode, b64encode
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured


def new_key() -> str:
    """A new key, as the environment or the file holds it: 32 random bytes in base64."""
    return b64encode(Ed25519PrivateKey.generate().private_bytes_raw()).decode()


def load() -> Ed25519PrivateKey:
    """The key that MUSTER_SEAL_KEY holds, or that stands in the file of MUSTER_SEAL_KEY_FILE. Raises ImproperlyConfigured, in words."""
    text, file = settings.MUSTER_SEAL_KEY, settings.MUSTER_SEAL_KEY_FILE
    if not text and not file:
        raise ImproperlyConfigured(
            "Nothing can be sealed: set MUSTER_SEAL_KEY_FILE to a file that `manage.py seal --new-key` made."
        )
    if not text:
        try:
            text = Path(file).read_text(encoding="ascii")
        except (OSError, UnicodeDecodeError) as error:
            raise ImproperlyConfigured(f"MUSTER_SEAL_KEY_FILE names {file}, which cannot be read: {error}.") from error
    try:
        return Ed25519PrivateKey.from_private_bytes(b64decode(text.strip(), validate=True))
    except ValueError:
        raise ImproperlyConfigured("The seal's key is not 32 bytes in base64; `manage.py seal --new-key` makes one.") from None
