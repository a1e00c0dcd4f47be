"""What a file is, by what is in it. Its name and what a browser says of it are not asked."""

import codecs
import json
import unicodedata

UNKNOWN = "application/octet-stream"
TEXT = "text/plain"
JSON = "application/json"

_MAGIC = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"%PDF-", "application/pdf"),
    (b"PK\x03\x04", "application/zip"),
    (b"PK\x05\x06", "application/zip"),
    (b"\x1f\x8b\x08", "application/gzip"),
)
KINDS = (*dict.fromkeys(kind for _, kind in _MAGIC), "image/webp", JSON, TEXT, UNKNOWN)
_NO_TEXT = frozenset(range(32)) - frozenset(b"\t\n\f\r\x1b")  # a log may have tabs, page breaks and colours

NAME_MAX = 120
_SUFFIX_MAX = 20
_NO_NAME = frozenset('/\\:*?"<>|')


def content_type(body: bytes) -> str:
    """The media type of a file's bytes: a picture, a PDF, an archive, JSON, text; else `application/octet-stream`.

    HTML, SVG and scripts are text: nothing that is filed here is ever run or shown as a page.
    """
    for magic, kind in _MAGIC:
        if body.startswith(magic):
            return kind
    if body.startswith(b"RIFF") and body[8:12] == b"WEBP":
        return "image/webp"
    return _text(body)


def _text(body: bytes) -> str:
    if not _NO_TEXT.isdisjoint(body):
        return UNKNOWN
    try:
        text = codecs.decode(body, "utf-8-sig")
    except UnicodeDecodeError:
        return UNKNOWN
    if text.lstrip()[:1] in ("{", "["):
        try:
            json.loads(text)
        except (ValueError, RecursionError):
            return TEXT
        return JSON
    return TEXT


def safe_name(name: str) -> str:
    """A file's name without folders, and without what deceives a reader or a file system. Its suffix is kept; "file" if none is left."""
    last = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2]
    plain = "".join(c for c in last if c.isprintable() and c not in _NO_NAME and unicodedata.category(c) not in ("Cf", "Cs"))
    words = " ".join(plain.split()).strip(". ")
    if len(words) > NAME_MAX:
        suffix = words.rpartition(".")[2] if "." in words else ""
        kept = f".{suffix}" if 0 < len(suffix) <= _SUFFIX_MAX else ""
        words = words[: NAME_MAX - len(kept)].rstrip(". ") + kept
    return words or "file"
