"""Bodies for every POST of the API, from its own OpenAPI document: a good one, and every way of being bad we can think of."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from json import dumps
from typing import Any

from drf_spectacular.generators import SchemaGenerator

from tests.addresses import OPEN_TABLE, Address, every

LONG, NUL, DECEIVING, HALF = "x" * 20_001, "a\x00b", "a\u202eb", "a\ud800b"


@lru_cache(maxsize=1)
def document() -> Any:
    """The OpenAPI document."""
    return SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]


def posts() -> list[Address]:
    """Every address of the API that takes a POST of JSON, by token. (What takes a file: tests/incidents/test_files.py.)"""
    return [
        address
        for address in every(OPEN_TABLE)
        if address.is_api and address.allows_post and "application/json" in _takes(address)
    ]


def _takes(address: Address) -> dict[str, Any]:
    """What an address' body may be, by media type: `{}` where JSON is all and nothing is needed."""
    content: dict[str, Any] = _operation(address).get("requestBody", {}).get("content", {"application/json": {"schema": {}}})
    return content


def _operation(address: Address) -> Any:
    path = "/" + address.pattern
    for name in address.parameters:
        path = path.replace(f"<str:{name}>", f"{{{name}}}").replace(f"<int:{name}>", f"{{{name}}}")
    return document()["paths"][path]["post"]


def shape(address: Address) -> tuple[dict[str, Any], list[str]]:
    """The fields of an address' body, and which of them it needs."""
    schema = _resolved(next(iter(_takes(address).values()))["schema"])
    return {name: _resolved(field) for name, field in schema.get("properties", {}).items()}, schema.get("required", [])


def _resolved(schema: Any) -> Any:
    for key in ("allOf", "oneOf", "anyOf"):
        if key in schema:
            return {**_resolved(schema[key][0]), **{k: v for k, v in schema.items() if k != key}}
    if "$ref" in schema:
        return document()["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return schema


def plain(schema: Mapping[str, Any], ref: str = "INC-1", name: str = "") -> Any:
    """A value that a field takes."""
    made: dict[str, Any] = {"mapping": {"key": "/id", "title": "/name"}, "sample": '{"id": 1, "name": "x"}'}
    if name in made:
        return made[name]
    if "enum" in schema:
        return next(value for value in schema["enum"] if value)
    kind = schema.get("type")
    if kind == "array":
        return []
    if kind == "object":
        return {}
    if kind == "integer":
        return 1
    if kind == "boolean":
        return True
    if schema.get("format") == "date-time":
        return datetime.now(UTC).isoformat()
    if schema.get("format") == "date":
        return (datetime.now(UTC) + timedelta(days=30)).date().isoformat()
    known = {
        "incident": ref,
        "into": "INC-1",
        "auditor": "auditor@acme.example",
        "person": "jon@acme.example",
        "to": "jon@acme.example",
        "owner": "jon@acme.example",
        "address": "jon@acme.example",
        "key": "gather",
        "section": "summary",
    }
    return known.get(name, "words")


def good(address: Address, ref: str = "INC-1") -> dict[str, Any]:
    """A body with what the address needs, and nothing else."""
    fields, required = shape(address)
    one_of = {"api-page": {"person": "jon@acme.example"}, "api-commands": {"text": "claim"}}.get(address.name, {})
    return {name: plain(fields[name], ref, name) for name in required} | one_of


def bad_values(schema: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """(what is wrong, value) for one field."""
    kind = schema.get("type")
    nullable = isinstance(kind, list) and "null" in kind
    if isinstance(kind, list):
        kind = next(one for one in kind if one != "null")
    for what, value in (
        ("null", None),
        ("a list", [[]]),
        ("an object", {"a": {}}),
        ("true", True),
        ("a number", 1.5),
        ("a huge number", 10**400),
    ):
        if not (nullable and value is None) and (kind, what) not in (
            ("object", "an object"),
            ("integer", "true"),
            ("boolean", "true"),
        ):
            yield what, value
    if kind == "integer" or (kind == "array" and schema.get("items", {}).get("type") == "integer"):
        for number in (-1, 0, 2**63, 10**30, 1.5, "one"):
            if number == 0 and schema.get("minimum") == 0:
                continue
            yield f"the number {number}", [number] if kind == "array" else number
    if kind == "boolean":
        yield "a word", "maybe"
    if "enum" in schema:
        yield "no such choice", "no-such-choice"
    elif schema.get("format") == "date-time":
        for time in (
            "tomorrow",
            "2026-13-01T00:00:00Z",
            "9999-12-31T23:59:59Z",
            "9999-12-31T23:59:59-14:00",
            "0001-01-01T00:00:00+14:00",
            "NaN",
        ):
            yield f"the time {time}", time
    elif kind == "string":
        yield from (
            ("over-long", "x" * max(len(LONG), schema.get("maxLength", 0) + 1)),
            ("NUL", NUL),
            ("a bidirectional override", DECEIVING),
            ("half a character", HALF),
        )
    elif kind == "array":
        yield from (("too many", ["x"] * 51), ("over-long inside", [LONG]), ("NUL inside", [NUL]), ("a string", "x"))
    elif kind == "object":
        yield from (
            ("over-long inside", {"alerts_firing": LONG}),
            ("NUL inside", {"alerts_firing": NUL}),
            ("a number inside", {"x": {}}),
        )


def json(address: Address, ref: str = "INC-1") -> bytes:
    """A good body as it is sent."""
    return dumps(good(address, ref)).encode()
