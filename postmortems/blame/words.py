"""A text as words: where each stands, and which belong to one sentence. Code is not read: what a machine printed blames nobody."""

import re
from dataclasses import dataclass

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_CODE = re.compile(r"```.*?(?:```|\Z)|~~~.*?(?:~~~|\Z)|``[^`]*``|`[^`\n]*`", re.DOTALL)
_LINK = re.compile(r"\[\[[^\]\n]*\]\]|https?://[^\s)>\]]+")
_END = re.compile(r"[.!?…](?=[\s\"'”’)*_]|\Z)|\n[ \t]*(?:\n|[-*+|>#]|\d+[.)])|\n\n")
_PAUSE = re.compile(r"[,;:()–—]|\s-\s")
_SHORT = {"not": "n't", "have": "'ve", "will": "'ll", "are": "'re", "would": "'d", "am": "'m"}
_IRREGULAR = {"won't": ("will", "not"), "can't": ("can", "not"), "shan't": ("shall", "not"), "cannot": ("can", "not")}


@dataclass(frozen=True, slots=True)
class Word:
    """One word, in lower case without its contraction. `sentence` numbers the sentences; `pause` says that a comma or the like is before it.

    `whose`: it ends in 's (the engineer's script): it says whose something is, and is no subject itself. `at`: an @ stands before it.
    """

    text: str
    start: int
    end: int
    sentence: int
    pause: bool = False
    whose: bool = False
    capital: bool = False
    at: bool = False


def masked(text: str) -> str:
    """The text with code, links and addresses blanked; every other character keeps its place."""
    for pattern in (_CODE, _LINK):
        text = pattern.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)
    return text


def words(text: str) -> list[Word]:
    """The words of a text (masked already), in their order. Contractions become two words in one place (didn't: did, not)."""
    found: list[Word] = []
    sentence, last = 0, 0
    for match in _WORD.finditer(text):
        between = text[last : match.start()]
        sentence += bool(_END.search(text[max(last - 1, 0) : match.start() + 1])) if found else 0
        parts, whose = _parts(match[0].lower().replace("’", "'"))
        pause = bool(_PAUSE.search(between))
        for number, part in enumerate(parts):
            capital = number == 0 and match[0][0].isupper()
            found.append(
                Word(
                    part,
                    match.start(),
                    match.end(),
                    sentence,
                    pause and number == 0,
                    whose,
                    capital,
                    number == 0 and between.endswith("@") and (not found or between != "@"),
                )
            )
        last = match.end()
    return found


def _parts(word: str) -> tuple[tuple[str, ...], bool]:
    """(the word or the two words that a contraction stands for, whether it says whose something is)."""
    if word in _IRREGULAR:
        return _IRREGULAR[word], False
    for full, short in _SHORT.items():
        if word.endswith(short) and len(word) > len(short):
            return (word.removesuffix(short), full), False
    if word.endswith("'s") and len(word) > 2:
        return (word[:-2],), True
    return (word,), False
