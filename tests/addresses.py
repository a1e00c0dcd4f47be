"""Every address of the portal, from the URL tables themselves, with parameters filled in."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.urls import Resolver404, get_resolver, resolve

# What only administrators see and change (and auditors read), by the beginning of its name.
ADMINISTRATORS = (
    *("integration", "routing", "maintenance", "api-integration", "api-routing", "api-maintenance"),
    *("audit", "api-audit"),
)
OPEN_TABLE, ORGANISATION_TABLE = "portal.urls", "portal.urls_organisation"
_PARAMETER = re.compile(r"\(\?P<(\w+)>(?:[^()]|\([^()]*\))*\)|<(?:\w+:)?(\w+)>")


@dataclass(frozen=True)
class Address:
    """One row of a URL table."""

    table: str
    pattern: str
    name: str
    view: Callable[..., Any]

    def __str__(self) -> str:
        return ("/o/:slug/" if self.in_organisation else "/") + self.pattern

    @property
    def in_organisation(self) -> bool:
        """Whether it stands below /o/<slug>/."""
        return self.table == ORGANISATION_TABLE

    @property
    def is_api(self) -> bool:
        """Whether it is the API's, behind a sign-in."""
        return self.pattern.startswith("api/v1/") and self.name not in ("api-schema", "api-docs")

    @property
    def is_admin(self) -> bool:
        """Whether it is the admin's."""
        return self.in_organisation and self.pattern.startswith("admin/")

    @property
    def parameters(self) -> list[str]:
        """The names of its parameters, in their order."""
        return [m[1] or m[2] for m in _PARAMETER.finditer(self.pattern)]

    @property
    def allows_post(self) -> bool:
        """Whether an API view has the method."""
        return hasattr(getattr(self.view, "cls", None), "post")

    def path(self, values: Mapping[str, Any], slug: str = "acme") -> str:
        """The address with its parameters filled in. Fails for a parameter that nobody gave a value."""
        if "/postmortem" in self.pattern and "learnt" in values:  # of an incident that is over
            values = {**values, "ref": values["learnt"]}
        missing = [name for name in self.parameters if name not in values]
        assert not missing, f"{self} has parameters that the test cannot fill: {missing}. Give them values in tests/addresses.py."
        plain = _PARAMETER.sub(lambda m: str(values[m[1] or m[2]]), self.pattern)
        rest = "/" + plain.replace("/^", "/").removesuffix("$").replace("\\", "")
        try:
            found = resolve(rest, self.table)
        except Resolver404 as error:
            raise AssertionError(f"{rest} is no address of {self}") from error
        if self.name and self.parameters != ["url"]:
            assert found.url_name == self.name, f"{rest} is taken by {found.url_name}, not by {self.name}"
        return f"/o/{slug}{rest}" if self.in_organisation else rest


def _walk(table: str, patterns: Any, prefix: str = "") -> Iterator[Address]:
    for entry in patterns:
        where = prefix + str(entry.pattern)
        if hasattr(entry, "url_patterns"):
            yield from _walk(table, entry.url_patterns, where)
        else:
            yield Address(table, where, entry.name or "", entry.callback)


def every(*tables: str) -> list[Address]:
    """Every address of the tables (of both)."""
    return [a for table in tables or (OPEN_TABLE, ORGANISATION_TABLE) for a in _walk(table, get_resolver(table).url_patterns)]


def admin_model(address: Address) -> str:
    """The model of an admin page of one row, "app.model", or ""."""
    parts = address.pattern.split("/")
    return f"{parts[1]}.{parts[2]}" if address.is_admin and address.parameters == ["object_id"] else ""
