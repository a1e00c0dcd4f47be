"""What the check finds: where, what, and what to ask instead."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

from postmortems.blame.lists import Lists, Phrase, Step, shipped
from postmortems.blame.people import Names, Person, Reader
from postmortems.blame.words import Word, masked, words

Kind = Literal["phrase", "name", "role"]
SUGGESTIONS: dict[str, str] = {
    "name": "A cause is no person. Which part of the system made this possible, or did not stop it?",
    "role": "A cause is no role either. What would have let it happen to anybody in that seat?",
}
PHRASE_MAX = 200


@dataclass(frozen=True, slots=True)
class Place:
    """A text of a document. `key` names it for machines ("section:summary", "why:3"), `title` for people; `cause`: it tells causes."""

    key: str
    title: str
    text: str
    cause: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """A wording that blames, or names a person where a cause belongs. `quote` stands at `offset` (in characters) of its place.

    `phrase` is the quote as a key: in lower case, its white space folded.
    """

    place: str
    title: str
    kind: Kind
    quote: str
    offset: int
    suggestion: str
    before: str = ""
    after: str = ""

    @property
    def phrase(self) -> str:
        """The quote as it is kept and compared."""
        return " ".join(self.quote.lower().split())[:PHRASE_MAX]


@dataclass(frozen=True, eq=False)
class Checker:
    """The lists, and the people of one organisation. Made once for the same (`checker`), so that a text is not read twice."""

    lists: Lists = field(default_factory=shipped)
    names: Names = field(default_factory=Names)

    def find(self, places: Sequence[Place]) -> list[Finding]:
        """What is found in these texts, in their order. The time it takes grows with their length and no faster."""
        return [finding for place in places for finding in _read(self, place)]

    def of(self, place: Place) -> tuple[Finding, ...]:
        """What is found in one text."""
        read = words(masked(place.text))
        reader = Reader(read, self.lists, self.names)
        spans: list[tuple[int, int, Kind, str]] = list(self._phrases(reader))
        causal = None if place.cause else _causal(read, self.lists)
        for kind, rows in (("name", reader.named), ("role", reader.roles)):
            for start, end in rows:
                if causal is None or read[start].sentence in causal:
                    spans.append((start, end, kind, SUGGESTIONS[kind]))  # type: ignore[arg-type]
        kept = _longest(spans)
        return tuple(_finding(place, read, *span) for span in sorted(kept))

    def _phrases(self, reader: Reader) -> Iterator[tuple[int, int, Kind, str]]:
        for n, word in enumerate(reader.words):
            for phrase in self.lists.phrases.get(word.text, ()):
                end = _matched(phrase, reader, n)
                if end is None:
                    continue
                subject = reader.subject(n)
                if phrase.of_person and subject is None:
                    continue
                yield (subject if phrase.of_person and subject is not None else n, end, "phrase", phrase.suggestion)


def checker(people: Sequence[Person], own: Sequence[tuple[str, str]] = ()) -> Checker:
    """A checker with the shipped lists, these members, and an organisation's own phrases (phrase, suggestion)."""
    return _made(tuple(people), tuple(own))


@lru_cache(maxsize=64)
def _made(people: tuple[Person, ...], own: tuple[tuple[str, str], ...]) -> Checker:
    return Checker(shipped().with_own(own), Names(people))


@lru_cache(maxsize=1024)
def _read(by: Checker, place: Place) -> tuple[Finding, ...]:
    return by.of(place)


def _matched(phrase: Phrase, reader: Reader, n: int) -> int | None:
    """The index behind a phrase that begins at the n-th word, or None."""
    return _walk(phrase.steps, reader, n, n)


def _walk(steps: tuple[Step, ...], reader: Reader, at: int, began: int) -> int | None:
    if not steps:
        return at
    step, rest = steps[0], steps[1:]
    if step.gap:
        return next((end for skip in range(step.gap + 1) if (end := _walk(rest, reader, at + skip, began)) is not None), None)
    if step.by:
        behind = reader.somebody(at)
        return None if behind is None else _walk(rest, reader, behind, began)
    if at < len(reader.words) and reader.same(at, began):
        for row in step.either.get(reader.words[at].text, ()):
            fits = len(row) == 1 or tuple(word.text for word in reader.words[at : at + len(row)]) == row
            if fits and (end := _walk(rest, reader, at + len(row), began)) is not None:
                return end
    return _walk(rest, reader, at, began) if step.optional else None


def _causal(read: Sequence[Word], lists: Lists) -> set[int]:
    """The sentences that state a cause."""
    found = set()
    for n, word in enumerate(read):
        rows = lists.grammar.causal.get(word.text, ())
        if any(tuple(one.text for one in read[n : n + len(row)]) == row for row in rows):
            found.add(word.sentence)
    return found


def _longest(spans: list[tuple[int, int, Kind, str]]) -> list[tuple[int, int, Kind, str]]:
    """Of phrases within phrases the longest; a name or role is found beside the phrase that it stands in only where that is another's."""
    taken: list[tuple[int, int, Kind, str]] = []
    for span in sorted(spans, key=lambda one: (one[2] != "phrase", one[0] - one[1], one[0])):
        start, end, kind, _ = span
        if not any(start >= a and end <= b and (kind == other or other == "name") for a, b, other, _ in taken):
            taken.append(span)
    return taken


def _finding(place: Place, read: Sequence[Word], first: int, behind: int, kind: Kind, suggestion: str) -> Finding:
    start, end = read[first].start, read[behind - 1].end
    before, after = place.text[max(0, start - 60) : start], place.text[end : end + 60]
    return Finding(
        place=place.key,
        title=place.title,
        kind=kind,
        quote=place.text[start:end],
        offset=start,
        suggestion=suggestion,
        before=before.rpartition("\n")[2],
        after=after.partition("\n")[0],
    )
