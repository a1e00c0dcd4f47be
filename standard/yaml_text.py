"""The standard as YAML, and back: for people who change more of it at once than a form has fields for.

What is read is plain: no tags, no anchors (a few lines of those could stand for gigabytes), no key twice, no date but as text.
"""

from collections.abc import Mapping
from typing import Any

import yaml

from standard.law import ordered
from standard.law_types import LawError


class _Plain(yaml.SafeLoader):
    """YAML of plain values."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        """Refuse anchors and what refers to them."""
        event: Any = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise LawError("", f"has an anchor or a reference in line {event.start_mark.line + 1}: write it out.")
        return super().compose_node(parent, index)

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        """Refuse a key that is given twice: nobody could say which one counts."""
        seen: set[str] = set()
        for key, _ in node.value:
            if key.value in seen:
                raise LawError("", f"gives the key {str(key.value)[:60]!r} twice, again in line {key.start_mark.line + 1}.")
            seen.add(str(key.value))
        return super().construct_mapping(node, deep)


# A date stays the text that it is, as in JSON.
_Plain.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
# libyaml's, where PyYAML was built with it, writes the same ten times as fast.
_DUMPER: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


def read(text: str) -> dict[str, Any]:
    """The mapping that a YAML text (or JSON, which is YAML too) stands for. Raises LawError with the line where it is none."""
    try:
        found = yaml.load(text, Loader=_Plain)  # noqa: S506  (a SafeLoader with less in it)
    except yaml.MarkedYAMLError as error:
        where = f" in line {error.problem_mark.line + 1}" if error.problem_mark else ""
        raise LawError("", f"cannot be read as YAML{where}: {error.problem or 'it is not well formed'}.") from error
    except (yaml.YAMLError, RecursionError, ValueError, OverflowError, TypeError) as error:
        if isinstance(error, LawError):
            raise
        raise LawError("", "cannot be read as YAML.") from error
    if not isinstance(found, dict) or not all(isinstance(key, str) for key in found):
        raise LawError("", "must be a mapping with text keys.")
    return found


def write(data: Mapping[str, Any]) -> str:
    """The data of a standard as YAML, in the order in which it is read."""
    text: str = yaml.dump(ordered(data), Dumper=_DUMPER, sort_keys=False, allow_unicode=True, width=120)
    return text
