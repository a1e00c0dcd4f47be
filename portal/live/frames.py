"""Server-sent events as bytes."""

from collections.abc import Sequence
from typing import Any

import orjson

from incidents.live import Shown

HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store, no-transform"),
    (b"x-accel-buffering", b"no"),
    (b"x-content-type-options", b"nosniff"),
]
PING = b": ping\n\n"
RESYNC = b"event: resync\ndata: {}\n\n"  # entries may have been late: what else the page shows may be old
SPREAD_MS = 10  # for each viewer: so that a thousand pages do not ask for their panels at once
MOST_SPREAD_MS = 10_000


def entry(shown: Shown) -> bytes:
    """One entry. Its id is what a client resumes from."""
    return _event("entry", shown.document, shown.seq)


def changed(seq: int, viewers: int) -> bytes:
    """The hint that a room's panels are other than before; `spread` is the time within which to ask for them."""
    return _event("changed", {"seq": seq, "spread": min(SPREAD_MS * viewers, MOST_SPREAD_MS)})


def deaf(ago: float) -> bytes:
    """The server hears nothing itself just now, and last did `ago` seconds before."""
    return _event("deaf", {"ago": round(ago, 1)})


def ready(seq: int) -> bytes:
    """Everything up to `seq` has been sent; from here on it is live."""
    return _event("ready", {"seq": seq})


def end(code: str, sentence: str, status: int) -> bytes:
    """Why the stream ends, where it is not for long."""
    return _event("end", {"code": code, "detail": sentence, "status": status})


def entries(found: Sequence[Shown], viewers: int) -> bytes:
    """Several entries with one hint after them, if any of them changes panels."""
    hint = changed(found[-1].seq, viewers) if any(shown.changes for shown in found) else b""
    return b"".join(entry(shown) for shown in found) + hint


def _event(name: str, data: dict[str, Any], seq: int | None = None) -> bytes:
    numbered = b"id: %d\n" % seq if seq is not None else b""
    return b"%sevent: %s\ndata: %s\n\n" % (numbered, name.encode(), orjson.dumps(data))
