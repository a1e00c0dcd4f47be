"""`[[ev-31]]` in a text: a link to entry 31 of the incident's record. What the record does not have stays text."""

import re
from collections.abc import Callable, Iterable

from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from incidents.markdown import render

_LINK = re.compile(r"\[\[ev-([1-9][0-9]{0,8})\]\]")
# What of clean HTML is no text that a reader sees as such: code as it was typed, and tags.
_APART = re.compile(r"(<pre>.*?</pre>|<code>.*?</code>|<[^>]*>)", re.DOTALL)


def named(*texts: str) -> set[int]:
    """The numbers of the entries that these texts name."""
    return {int(number) for text in texts for number in _LINK.findall(text)}


def unknown(text: str, known: Iterable[int]) -> list[int]:
    """The entries that a text names and the record does not have."""
    return sorted(named(text) - set(known))


def linked(text: str, address: Callable[[int], str]) -> SafeString:
    """A text's Markdown as HTML, its links to entries led to `address(seq)`; where that is "", they stay text."""
    parts = _APART.split(render(text))
    for place in range(0, len(parts), 2):
        parts[place] = _LINK.sub(lambda match: _link(match, address), parts[place])
    return mark_safe("".join(parts))  # noqa: S308  (render() is clean, and a link is made of a number and an address of ours)


def _link(match: "re.Match[str]", address: Callable[[int], str]) -> str:
    where = address(int(match[1]))
    return str(format_html('<a href="{}">ev-{}</a>', where, match[1])) if where else match[0]
