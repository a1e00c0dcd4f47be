"""What was said, as feeds: one entry an incident, which changes with each word of it."""

import re
from datetime import datetime
from typing import Any

from django.template.loader import render_to_string
from django.utils.feedgenerator import Atom1Feed, Rss201rev2Feed, SyndicationFeed

from status import addresses
from status.models import StatusPage
from status.reading import ANY, Told, board
from status.writing import written

NEWEST = 25
_NOT_IN_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def _dated(feed: type[SyndicationFeed]) -> type[SyndicationFeed]:
    """The same feed, which says when it changed last: Django says "now" of an empty one, so that it would never be as it was."""

    class Dated(feed):  # type: ignore[misc, valid-type]
        def latest_post_date(self) -> datetime:
            """When something on the page changed last."""
            changed: datetime = self.feed["changed_at"]
            return changed

    return Dated


KINDS: dict[str, tuple[type[SyndicationFeed], str]] = {
    "atom": (_dated(Atom1Feed), "application/atom+xml; charset=utf-8"),
    "rss": (_dated(Rss201rev2Feed), "application/rss+xml; charset=utf-8"),
}


def feed(page: StatusPage, kind: str) -> tuple[bytes, str]:
    """A feed of the newest incidents, with its media type."""
    made, media = KINDS[kind]
    organisation, shown = page.organisation, board(page, ANY, NEWEST)
    home = addresses.home(organisation.slug)
    out: Any = made(
        title=_plain(f"{organisation.name} status"),
        link=addresses.absolute(home),
        description=_plain(f"How {organisation.name} is, and what was said of each incident."),
        language="en",
        feed_url=addresses.absolute(f"{home}history.{kind}"),
        changed_at=shown.updated_at,
    )
    for one in shown.told:
        address = addresses.absolute(addresses.incident(organisation.slug, one.public_id))
        out.add_item(
            title=_plain(one.name),
            link=address,
            description=_plain(_words(one)),
            unique_id=address,
            unique_id_is_permalink=True,
            pubdate=one.began_at,
            updateddate=one.updated_at,
        )
    text: str = out.writeString("utf-8")
    return text.encode(), media


def _words(one: Told) -> str:
    """All that was said of an incident, as HTML, the newest first."""
    return render_to_string("status/_feed.html", {"told": one, "said": [written(said) for said in one.said]})


def _plain(text: str) -> str:
    """Without the characters that no XML may hold."""
    return _NOT_IN_XML.sub("", text)
