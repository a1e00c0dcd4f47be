"""Whom a text names, and of whom something is said: people told from things by where they stand in the sentence."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from postmortems.blame.lists import Grammar, Lists, Words
from postmortems.blame.words import Word, words

_RELATIVE = frozenset({"who", "whoever", "that", "which"})
_BY = frozenset({"by", "of", "from", "with"})
_LITTLE = 2  # letters of a word that, in small ones, is hardly a name
FAR = 9  # words in which a subject is looked for


@dataclass(frozen=True, slots=True)
class Person:
    """A member of the organisation, as they may be named in a text."""

    name: str
    email: str = ""


@dataclass(frozen=True)
class Names:
    """The members' names as rows of words: whole, first, family, handle.

    `any_case`: a first or family name counts in small letters too, unless it is a word that anybody writes.
    """

    members: tuple[Person, ...] = field(default=())
    any_case: bool = False

    @cached_property
    def whole(self) -> frozenset[Words]:
        """Whole names, and the local parts of addresses that are no plain word ("jon.berg")."""
        rows = {tuple(word.text for word in words(person.name)) for person in self.members}
        return frozenset(row for row in rows if len(row) > 1) | self._handles

    @cached_property
    def _handles(self) -> frozenset[Words]:
        rows = {tuple(word.text for word in words(person.email.partition("@")[0].replace("_", " "))) for person in self.members}
        return frozenset(row for row in rows if len(row) > 1 or any(any(c.isdigit() for c in part) for part in row))

    @cached_property
    def parts(self) -> dict[str, bool]:
        """First and family names, which are taken where they begin with a capital; each with whether somebody is called so first."""
        found: dict[str, bool] = {}
        for person in self.members:
            for number, word in enumerate(words(person.name)):
                if len(word.text) > 1 and word.text.isalpha():
                    found[word.text] = found.get(word.text, False) or number == 0
        return found

    @cached_property
    def longest(self) -> int:
        """How many words the longest has."""
        return max((len(row) for row in self.whole), default=1)

    def at(self, text: Sequence[Word], n: int, grammar: Grammar) -> int:
        """How many words from the n-th on are somebody's name; 0 for none. `grammar` has the names that are everyday words too."""
        common = grammar.names_that_are_words
        for length in range(min(self.longest, len(text) - n), 1, -1):
            if tuple(word.text for word in text[n : n + length]) in self.whole:
                return length
        word = text[n]
        if (word.text,) in self.whole or word.at:
            return 1
        if word.text not in self.parts:
            return 0
        if not word.capital:
            return 1 if self.any_case and len(word.text) > _LITTLE and not grammar.is_plain(word.text) else 0
        if word.text not in common:
            return 1
        begins = n == 0 or text[n - 1].sentence != word.sentence
        return 1 if self.parts[word.text] and not begins else 0  # nobody calls a colleague by a family name that is a word


class Reader:
    """One text, read for who is in it."""

    def __init__(self, text: Sequence[Word], lists: Lists, names: Names) -> None:
        self.words = text
        self.grammar = lists.grammar
        self.named = self._named(names)
        self.roles = self._rows(lists.roles)
        self.people = self._people(self._rows(lists.people))

    def _named(self, names: Names) -> list[tuple[int, int]]:
        found, n = [], 0
        while n < len(self.words):
            length = names.at(self.words, n, self.grammar)
            if length:
                found.append((n, n + length))
            n += max(length, 1)
        return found

    def _rows(self, rows: Iterable[Words]) -> list[tuple[int, int]]:
        """(first, behind the last) of every row of words in the text, the longest where several begin."""
        by_first: dict[str, list[Words]] = {}
        for row in sorted(rows, key=len, reverse=True):
            by_first.setdefault(row[0], []).append(row)
        found, n = [], 0
        while n < len(self.words):
            begin = by_first.get(self.words[n].text, [])
            row = next((row for row in begin if self._is(n, row)), ())
            if row:
                found.append((n, n + len(row)))
            n += len(row) or 1
        return found

    def _is(self, n: int, row: Words) -> bool:
        return tuple(word.text for word in self.words[n : n + len(row)]) == row

    def _people(self, rows: Iterable[tuple[int, int]]) -> dict[int, int]:
        """Index of the last word of somebody -> index of their first; without whose something is (the engineer's script)."""
        return {end - 1: start for start, end in [*rows, *self.named] if not self.words[end - 1].whose}

    def same(self, one: int, other: int) -> bool:
        """Whether two words stand in one sentence."""
        return self.words[one].sentence == self.words[other].sentence

    def somebody(self, n: int) -> int | None:
        """The index behind a person who is spoken of from the n-th word on ("by the release manager"), or None."""
        if n >= len(self.words) or self.words[n].text not in _BY:
            return None
        behind = next((end for end in range(n + 1, min(n + 6, len(self.words))) if end in self.people), None)
        return behind + 1 if behind is not None and self.same(n, behind) else None

    def subject(self, n: int) -> int | None:
        """The index at which the person begins of whom the words from the n-th on are said; None for a thing, or nobody."""
        back = n - 1
        low = max(-1, n - FAR)
        while back > low and self.same(back, n) and (self.words[back].text in self.grammar.adverbs or self._adverb(back)):
            if self.words[back + 1].pause and self.words[back].text not in self.grammar.adverbs:
                break
            back -= 1
        if back <= low or not self.same(back, n):
            return None
        if back in self.people:
            return self._who(back)
        if self.words[back].text in self.grammar.joining or self.words[back + 1].pause:
            return self._before(back, n)
        return self._phrase(back, n)

    def _adverb(self, at: int) -> bool:
        return self.words[at].text.endswith("ly") and at not in self.people

    def _who(self, at: int) -> int:
        """Where somebody begins; a "who" speaks of whoever stands before it."""
        before = at - 1
        if self.words[at].text in _RELATIVE and before in self.people and self.same(before, at):
            return self.people[before]
        return self.people[at]

    def _phrase(self, at: int, n: int) -> int | None:
        """The subject whose last word this is: "the engineer on call", "nobody in operations", "the person responsible"."""
        low = max(-1, n - FAR)
        while at > low and self.same(at, n):
            word = self.words[at]
            if word.text in self.grammar.prepositions or word.text == "responsible":
                return self.people.get(at - 1) if at and self.same(at - 1, n) else None
            if word.text in _RELATIVE and at - 1 in self.people:
                return self.people[at - 1]
            if word.text in self.grammar.articles:
                at -= 1
                if at <= low or self.words[at].text not in self.grammar.prepositions:
                    return None
                continue
            if word.pause and at < n - 1:
                return None
            at -= 1
        return None

    def _before(self, at: int, n: int) -> int | None:
        """The person who begins the clause before a comma or an "and": "the reviewer saw it and did not ask"."""
        first = at
        while first > 0 and self.same(first - 1, n) and n - first < 3 * FAR:
            first -= 1
        opening = next((end for end in range(first, min(first + 5, at)) if end in self.people), None)
        if opening is None:
            return None
        before = {word.text for word in self.words[first : self.people[opening]]}
        return (
            self.people[opening]
            if before <= self.grammar.articles | self.grammar.adjectives
            or (opening - first < 3 and not before & self.grammar.starts)
            else None
        )
