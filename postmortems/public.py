"""The public rendering of a post-mortem: a first draft of it from what was published, and what of a text must not go out.

Names of people become their roles, internals are left out; then a person edits it, and what still gives something away is refused.
"""

import ipaddress
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlsplit

from django.conf import settings

from incidents.models import Incident
from incidents.sentences.kind import span
from postmortems.blame.lists import shipped
from postmortems.blame.people import Names, Person, Reader
from postmortems.blame.words import words
from postmortems.found import people
from postmortems.models import ActionItem, Publication

Kind = Literal["name", "address", "handle", "link", "host", "entry", "reference"]

ANYBODY = "somebody of the team"
LEFT_OUT = "…"
# An underscore is no letter of a name here: in Markdown it begins and ends what is emphasised (_db-1.internal_).
_IN, _OUT = r"(?<![^\W_])", r"(?![^\W_])"
_LABEL = r"[^\W_][\w-]*"
_EMAIL = re.compile(r"[\w.+-]+@(?:[^\W_]|-)+(?:\.(?:[^\W_]|-)+)+")
_HANDLE = re.compile(rf"{_IN}(?<![@./-])@[A-Za-z][\w.-]{{1,38}}")
_URL = re.compile(rf"{_IN}[a-z][a-z0-9+.-]{{0,30}}://[^\s)>\]\"']+", re.IGNORECASE)
_HOST = re.compile(
    rf"{_IN}(?<![.@-])(?:{_LABEL}\.)+(?:internal|local|localdomain|lan|corp|intra|intranet|private|home|test){_OUT}",
    re.IGNORECASE,
)
_IP4 = re.compile(rf"{_IN}(?<!\.)(?:\d{{1,3}}\.){{3}}\d{{1,3}}(?![^\W_]|\.\d)")
_IP6 = re.compile(rf"{_IN}(?<![:.])(?=[0-9a-f]*:[0-9a-f:]*:)[0-9a-f:]{{3,39}}(?![^\W_]|:)", re.IGNORECASE)
_REFERENCE = re.compile(rf"{_IN}(?<!-)INC-[A-Z0-9]{{1,20}}(?:-[1-9][0-9]{{0,8}})?(?![^\W_]|-)", re.IGNORECASE)
_ENTRY = re.compile(rf"\[\[[^\]\n]{{1,40}}\]\]|{_IN}(?<![.-])ev-[1-9][0-9]{{0,8}}(?![^\W_]|-)", re.IGNORECASE)
_STOPS = ".,;:!?_*"  # what ends a sentence, or its emphasis, behind an address
_OPEN = "www."  # the one name below a domain of ours that is for everybody
SAID: dict[str, str] = {
    "name": "a person's name",
    "address": "an address of ours",
    "handle": "a person's handle",
    "link": "a link into the house",
    "host": "a machine's name or address",
    "entry": "a link to the record",
    "reference": "a reference to the record",
}


@dataclass(frozen=True, slots=True)
class Leak:
    """Something in a text that is for nobody outside: what it is, and where it stands (in characters)."""

    kind: Kind
    quote: str
    offset: int

    @property
    def end(self) -> int:
        """Behind its last character."""
        return self.offset + len(self.quote)


def leaks(text: str, incident: Incident) -> list[Leak]:
    """What of a text gives away people or the inside of the house, in the order in which it stands there."""
    return _leaks(text, people(), inside(incident))


def inside(incident: Incident) -> frozenset[str]:
    """The hosts that nobody outside reaches, or should hear of: the portal's own, the bridge's, those of the tickets."""
    urls = [settings.BASE_URL, incident.bridge_url]
    urls += ActionItem.objects.filter(incident=incident).values_list("ticket_url", flat=True)
    return frozenset(host for url in urls if (host := _host(url)))


def _host(url: str) -> str:
    try:
        return (urlsplit(url).hostname or "").lower()
    except ValueError:
        return ""


def _leaks(text: str, members: Sequence[Person], hosts: frozenset[str]) -> list[Leak]:
    houses = frozenset(house for person in members if (house := person.email.lower().rpartition("@")[2]))
    links = ((m[0].rstrip(_STOPS), m.start()) for m in _URL.finditer(text))
    found = [Leak("link", url, start) for url, start in links if _is_inside(url, hosts, houses)]
    found += [Leak("link", m[0].rstrip(_STOPS), m.start()) for m in _bare(hosts, houses).finditer(text) if not _is_open(m[0])]
    mails = ((m[0], m[0].lower().rpartition("@")[2], m.start()) for m in _EMAIL.finditer(text))
    found += [
        Leak("address", mail, start)
        for mail, domain, start in mails
        if domain in houses or _is_below(domain, houses) or _HOST.fullmatch(domain)
    ]
    found += [Leak("handle", m[0], m.start()) for m in _HANDLE.finditer(text)]
    found += [Leak("host", m[0], m.start()) for m in _HOST.finditer(text)]
    found += [Leak("host", m[0], m.start()) for ip in (_IP4, _IP6) for m in ip.finditer(text) if _is_address(m[0])]
    found += [Leak("entry", m[0], m.start()) for m in _ENTRY.finditer(text)]
    found += [Leak("reference", m[0], m.start()) for m in _REFERENCE.finditer(text)]
    found += [Leak("name", text[start:end], start) for start, end in _names(text, members)]
    taken: list[Leak] = []
    for leak in sorted(found, key=lambda one: (one.offset, -one.end)):
        if not taken or leak.offset >= taken[-1].end:
            taken.append(leak)
    return taken


def _is_inside(url: str, hosts: frozenset[str], houses: frozenset[str]) -> bool:
    host = _host(url)
    named = host in hosts or _is_below(host, houses)
    return named or "." not in host or bool(_HOST.fullmatch(host)) or _is_address(host.strip("[]"))


def _is_below(host: str, houses: frozenset[str]) -> bool:
    """Whether it is a machine of a domain in which one of us has an address (wiki.acme.example). The domain itself is the public's."""
    return not _is_open(host) and any(host.endswith(f".{house}") for house in houses)


def _is_open(host: str) -> bool:
    return host.lower().startswith(_OPEN)


def _bare(hosts: frozenset[str], houses: frozenset[str]) -> re.Pattern[str]:
    """The same hosts where no scheme stands before them, with the path behind them: wiki.acme.example/runbook."""
    known = [re.escape(host) for host in sorted(hosts) if "." in host]
    known += [rf"(?:{_LABEL}\.)+{re.escape(house)}" for house in sorted(houses)]
    either = "|".join(known) or r"(?!)"
    return re.compile(rf"{_IN}(?<![.@-])(?:{either})(?![^\W_]|-|\.[^\W_])(?::\d+)?(?:/[^\s)>\]\"']*)?", re.IGNORECASE)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _names(text: str, members: Sequence[Person]) -> Iterable[tuple[int, int]]:
    read = words(text)
    reader = Reader(read, shipped(), Names(tuple(members), any_case=True))
    for first, behind in reader.named:
        yield read[first].start, read[behind - 1].end - (2 if read[behind - 1].whose else 0)


def draft(publication: Publication) -> str:
    """The text to begin with, in Markdown: the summary, the impact, what is done now. Names are roles, internals left out."""
    content, incident = publication.content, publication.incident
    roles = {one["name"].lower(): f"the {one['role']}" for one in content["roles"]}
    members, hosts = people(), inside(incident)
    parts = [
        ("What happened", _cleaned(_section(content, "postmortem.summary"), members, hosts, roles)),
        ("Impact", _impact(content)),
        ("What we do", "\n".join(f"- {_cleaned(item['title'], members, hosts, roles)}" for item in _doing(content))),
    ]
    return "\n\n".join(f"## {title}\n\n{text}" for title, text in parts if text)


def _section(content: dict[str, Any], clause: str) -> str:
    return next((section["text"] for section in content["sections"] if section["clause"] == clause), "")


def _impact(content: dict[str, Any]) -> str:
    impact = content["impact"]
    lines = []
    if impact["seconds"] is None:
        lines.append("How long it lasted is not known yet.")
    else:
        lines.append(f"It lasted {span(impact['seconds'])}: from {_minute(impact['start'])} to {_minute(impact['end'])}.")
    if impact["users_affected"] is None:
        lines.append("How many users were affected is not known yet.")
    else:
        number = impact["users_affected"]
        lines.append(f"{number:,} user{'s were' if number != 1 else ' was'} affected." if number else "No user was affected.")
    return " ".join(lines)


def _minute(moment: str) -> str:
    return f"{moment[:16].replace('T', ' ')} UTC"


def _doing(content: dict[str, Any]) -> list[dict[str, Any]]:
    return [item for item in content["items"] if item["state"] != "Dropped"]


def _cleaned(text: str, members: Sequence[Person], hosts: frozenset[str], roles: dict[str, str]) -> str:
    """The text with each leak replaced: people by their role of then, all else left out."""
    first = {name.split()[0]: role for name, role in reversed(roles.items())}
    made, last = [], 0
    for leak in _leaks(text, members, hosts):
        said = {**first, **roles}.get(leak.quote.lower(), ANYBODY) if leak.kind == "name" else LEFT_OUT
        made += [text[last : leak.offset], said]
        last = leak.end
    return "".join([*made, text[last:]])
