"""A post-mortem as PDF, by WeasyPrint: an extra, for it needs the system's Pango. Without it the pages offer the print view."""

import ctypes.util
import gc
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.template.loader import render_to_string

from postmortems.paper import Paper, context
from tenants.refusals import Reason, Refused

STYLE = Path(__file__).parent / "pdf.css"
MISSING = "This installation makes no PDF: print the page, or have its operator install the extra “pdf”."


@lru_cache(maxsize=1)
def _maker() -> Any:
    """WeasyPrint, or None where it, or a library that it needs, is not installed."""
    try:
        with _no_collection(), _by_their_own_names():
            import weasyprint
    except (ImportError, OSError):  # OSError: the package is there, Pango is not
        return None
    logging.getLogger("weasyprint.progress").setLevel(logging.WARNING)  # it tells of each page that it lays out
    return weasyprint


@contextmanager
def _no_collection() -> Iterator[None]:
    """No garbage is looked for meanwhile: laying out makes a million objects that all live to its end, and each search goes through them.

    It takes a fifth of the time, and more of the first one's. Whoever makes another PDF at the same time may have it looked for again.
    """
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


@contextmanager
def _by_their_own_names() -> Iterator[None]:
    """Libraries are looked for by the names that they have on Linux, and no others.

    WeasyPrint asks for each by a list of names, on Linux the fourth of which is right; for each wrong one Python starts ldconfig, a compiler
    and a linker, two dozen times in all: that is a third of what loading it takes.
    """
    search = ctypes.util.find_library
    if sys.platform.startswith("linux"):
        setattr(ctypes.util, "find_library", lambda name: None)  # noqa: B010 (no type of it may be assigned)
    try:
        yield
    finally:
        setattr(ctypes.util, "find_library", search)  # noqa: B010


@lru_cache(maxsize=1)
def _style() -> Any:
    """The style sheet, read once a process."""
    return _maker().CSS(string=STYLE.read_text(encoding="utf-8"))


def is_there() -> bool:
    """Whether PDFs can be made here."""
    return _maker() is not None


def written(document: Paper) -> bytes:
    """The PDF of a document. Refuses where none can be made."""
    return made_of("postmortems/pdf.html", context(document))


def made_of(template: str, said: dict[str, Any]) -> bytes:
    """A template as PDF (tagged for readers of screens). Nothing is fetched for it, whatever the text links to. Refuses where none can be made."""
    maker = _maker()
    if maker is None:
        raise Refused(Reason("no_pdf", MISSING))
    html = render_to_string(template, said)
    with _no_collection():
        made: bytes = maker.HTML(string=html, url_fetcher=_nothing).write_pdf(stylesheets=[_style()], pdf_variant="pdf/ua-1")
    return made


def _nothing(url: str, *_: object, **__: object) -> Any:
    """What a document of ours never needs: anything from elsewhere."""
    raise ValueError(f"{url} is not fetched.")
