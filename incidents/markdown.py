"""Markdown that people write, as HTML that cannot harm who reads it."""

from functools import lru_cache

import nh3
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt

_TAGS = {
    "p",
    "br",
    "strong",
    "em",
    "s",
    "code",
    "pre",
    "blockquote",
    "ul",
    "ol",
    "li",
    "a",
    "hr",
    "h3",
    "h4",
    "table",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
}
_MARKDOWN = MarkdownIt("commonmark", {"html": False, "linkify": False, "breaks": True}).enable(["table", "strikethrough"])


@lru_cache(maxsize=4096)
def render(text: str) -> SafeString:
    """HTML of Markdown: no raw HTML, no images, no attributes but a link's address, and links that give nothing away."""
    html = _MARKDOWN.render(text)
    clean = nh3.clean(
        html,
        tags=_TAGS,
        attributes={"a": {"href"}, "*": set()},  # "*": nh3 would leave title and lang
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow",
    )
    return mark_safe(clean)  # noqa: S308  (nh3 has just cleaned it)


def plain(text: str) -> SafeString:
    """A paragraph of plain text."""
    return format_html("<p>{}</p>", text)
