"""The lists of the check: phrases and people's names for what they do, read from data and made ready to be looked for."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from postmortems.blame.words import words

_HERE = Path(__file__).parent
_VOWELS = "aeiou"

Words = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a phrase: one of `either` (rows of words, by the first), or up to `gap` words whatever they are. `by`: somebody after "by"."""

    either: Mapping[str, tuple[Words, ...]] = field(default_factory=dict)
    gap: int = 0
    by: bool = False
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Phrase:
    """A phrase to look for, and what to ask instead. `of_person`: only where it is said of a person."""

    steps: tuple[Step, ...]
    suggestion: str
    of_person: bool = False

    @property
    def firsts(self) -> frozenset[str] | None:
        """The words that it may begin with; None where that may be any."""
        first = self.steps[0]
        return None if first.by or first.gap or first.optional else frozenset(first.either)


@dataclass(frozen=True, slots=True)
class Grammar:
    """The little words by which people are told from things, and what states a cause (by its first word)."""

    names_that_are_words: frozenset[str]
    adverbs: frozenset[str]
    articles: frozenset[str]
    prepositions: frozenset[str]
    joining: frozenset[str]
    adjectives: frozenset[str]
    starts: frozenset[str]
    causal: Mapping[str, tuple[Words, ...]]

    def is_plain(self, word: str) -> bool:
        """Whether it is a word of the language, whoever else is called so."""
        little = (self.adverbs, self.articles, self.prepositions, self.joining, self.adjectives, self.starts)
        return word in self.names_that_are_words or any(word in words for words in little)


@dataclass(frozen=True, slots=True)
class Lists:
    """All that is looked for: phrases by the word that they begin with, and what people are called."""

    grammar: Grammar
    phrases: dict[str, tuple[Phrase, ...]]
    roles: frozenset[Words]
    people: frozenset[Words]

    def with_own(self, own: Sequence[tuple[str, str]]) -> "Lists":
        """These, and an organisation's own phrases: (phrase, suggestion) each. They are plain words, and blame whoever they are said of."""
        if not own:
            return self
        made = [Phrase(tuple(Step({w: ((w,),)}) for w in split(phrase)), said) for phrase, said in own if split(phrase)]
        joined = dict(self.phrases)
        for first, rows in _by_first(made).items():
            joined[first] = (*rows, *joined.get(first, ()))
        return Lists(self.grammar, joined, self.roles, self.people)


def split(phrase: str) -> list[str]:
    """The words of a phrase as they are compared."""
    return [word.text for word in words(phrase)]


@lru_cache(maxsize=4)
def shipped(language: str = "en") -> Lists:
    """The lists that come with Muster. Raises ValueError for data that is no list."""
    data: dict[str, Any] = yaml.safe_load((_HERE / f"{language}.yaml").read_text(encoding="utf-8"))
    classes = {name: _by_word(_forms_of(rows)) for name, rows in data["classes"].items()}
    phrases = [
        Phrase(tuple(_step(word, classes) for word in written.split()), group["suggest"], group.get("subject") == "person")
        for group in data["phrases"]
        for written in group["any"]
    ]
    roles, people = (frozenset(row for name in data[kind] for row in _plural(name)) for kind in ("roles", "people"))
    return Lists(_grammar(data["grammar"]), _by_first(phrases), roles, roles | people)


def _grammar(data: dict[str, Any]) -> Grammar:
    causal = _by_word(tuple(row.split()) for row in data["causal"])
    plain = {name: frozenset(rows.split()) for name, rows in data.items() if name != "causal"}
    return Grammar(**plain, causal=causal)


def _by_first(phrases: Iterable[Phrase]) -> dict[str, tuple[Phrase, ...]]:
    found: dict[str, list[Phrase]] = {}
    for phrase in phrases:
        if phrase.firsts is None:
            raise ValueError("A phrase begins with a word.")
        for first in phrase.firsts:
            found.setdefault(first, []).append(phrase)
    return {first: tuple(rows) for first, rows in found.items()}


def _step(written: str, classes: dict[str, Mapping[str, tuple[Words, ...]]]) -> Step:
    optional, written = written.endswith("?"), written.removesuffix("?")
    if written.startswith(".."):
        return Step(gap=int(written[2:]))
    if written == "<by>":
        return Step(by=True)
    if written.startswith("<"):
        return Step(classes[written.strip("<>")], optional=optional)
    return Step(_by_word(_forms_of(written.split("|"))), optional=optional)


def _by_word(rows: Iterable[Words]) -> Mapping[str, tuple[Words, ...]]:
    found: dict[str, list[Words]] = {}
    for row in dict.fromkeys(rows):
        found.setdefault(row[0], []).append(row)
    return {first: tuple(own) for first, own in found.items()}


def _forms_of(rows: Iterable[str]) -> Iterable[Words]:
    """Each word or row of words; the last in all its regular forms where it is marked with ~."""
    for row in rows:
        for written in row.split("|"):
            *before, last = written.split()
            for form in inflected(last[:-1]) if last.endswith("~") else [last]:
                yield (*before, form)


def inflected(word: str) -> list[str]:
    """The regular forms of an English verb or noun: ignore, ignores, ignored, ignoring."""
    if word.endswith("e"):
        return [word, f"{word}s", f"{word}d", f"{word[:-1]}ing"]
    if word.endswith("y") and word[-2] not in _VOWELS:
        return [word, f"{word[:-1]}ies", f"{word[:-1]}ied", f"{word}ing"]
    if word.endswith(("s", "sh", "ch", "x", "z")):
        return [word, f"{word}es", f"{word}ed", f"{word}ing"]
    return [word, f"{word}s", f"{word}ed", f"{word}ing"]


def _plural(name: str) -> list[Words]:
    """What people are called, one and several."""
    row = tuple(name.split())
    last = row[-1]
    if len(last) < 3 or last in ("who", "whoever", "person", "people", "we", "staff"):
        return [row]
    return [row, (*row[:-1], f"{last[:-1]}ies" if last.endswith("y") else f"{last}s")]
