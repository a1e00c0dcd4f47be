"""The blameless check on what was published, made again from its content alone: the shipped lists, without an organisation's own."""

from collections.abc import Iterator, Mapping
from typing import Any

from postmortems.blame import Place, checker


def blaming(content: Mapping[str, Any]) -> list[str]:
    """The phrases that the check finds in a published post-mortem, each once, in their order."""
    return list(dict.fromkeys(finding.phrase for finding in checker([], []).find(list(_places(content)))))


def blaming_text(text: str) -> list[str]:
    """The same of one text."""
    return list(dict.fromkeys(finding.phrase for finding in checker([], []).find([Place("text", "Text", text)])))


def _places(content: Mapping[str, Any]) -> Iterator[Place]:
    for section in content.get("sections", []):
        yield Place(f"section:{section['key']}", section["title"], section["text"], section["clause"] == "postmortem.five-whys")
    for why in content.get("whys", []):
        yield Place(f"why:{why['number']}", f"Why {why['number']}", why["text"], cause=True)
    if content.get("few_whys_reason"):
        yield Place("few-whys", "Why fewer than five whys", content["few_whys_reason"], cause=True)
    for number, line in enumerate(content.get("timeline", [])):
        for key in ("text", "annotation") if line.get("written") else ("annotation",):
            if line.get(key):
                yield Place(f"{key}:{number}", "Timeline", line[key])
