"""Whom and what a form can name, as lists to choose from: nobody types an address at three in the morning.

A form takes any text, whatever this offers: whether it names somebody, and whether they may, is the verb's own to say.
"""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.db import connection

from incidents.facts import Facts
from incidents.forms.fields import PersonField
from tenants.actors import Role

MOST = 300  # people in a list; above that an address is typed

_ANYBODY = frozenset({"admit", "page"})  # verbs that are not only for practitioners
_PEOPLE = frozenset({"to", "person"})

# Both lists in one statement; no more people than one above MOST, which says that there are too many for a list.
_NAMED = """
SELECT 'person' AS kind, p.key, p.name, p.practises FROM (
  SELECT u.email AS key, u.name, %(practitioner)s = ANY (m.roles) AS practises FROM tenants_membership m
  JOIN tenants_user u ON u.id = m.user_id AND u.is_active WHERE m.is_active ORDER BY u.name, u.email LIMIT %(most)s) p
UNION ALL SELECT 'service', s.slug, s.name, false FROM oncall_service s
ORDER BY kind, name, key
"""

type Options = list[tuple[str, Any]]


class Typed(str):
    """A choice that is none of ours: somebody typed it. By this a page knows it from what it may keep (portal/fields.py)."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Choices:
    """The members of an organisation as (e-mail address, name, whether they are practitioners), and its services as (slug, name)."""

    members: list[tuple[str, str, bool]]
    services: list[tuple[str, str]]
    room: frozenset[str]

    def furnish(self, form: forms.Form, verb: str) -> None:
        """Turn a form's fields for a person or a service into lists; what was typed stays, whether it is listed or not."""
        for name, field in form.fields.items():
            if isinstance(field, PersonField) or (name in _PEOPLE and type(field) is forms.CharField):
                if len(self.members) <= MOST:
                    self._list(form, name, self._people(verb in _ANYBODY))
                    field.help_text = ""
            elif name == "service" and type(field) is forms.CharField:
                self._list(form, name, [("", "Choose"), *self.services])
                field.help_text = ""

    def practises(self, email: str) -> bool:
        """Whether a member is a practitioner, as far as the list goes: of who is past its end the verb will say."""
        return next((practises for known, _, practises in self.members if known == email), len(self.members) > MOST)

    def _people(self, anybody: bool) -> Options:
        found = [(email, name) for email, name, practises in self.members if practises or anybody]
        here = [(email, name) for email, name in found if email in self.room]
        others = [(email, name) for email, name in found if email not in self.room]
        groups = [("In the room", here), ("Not in the room yet", others)]
        return [("", "Choose"), *((label, rows) for label, rows in groups if rows)]

    def _list(self, form: forms.Form, name: str, options: Options) -> None:
        typed = str(form.data.get(name, "") if form.is_bound else "")
        known = {value for entry in options for value, _ in (entry[1] if isinstance(entry[1], list) else [entry])}
        extra = [(Typed(typed), Typed(typed))] if typed and typed not in known else []
        form.fields[name].widget = forms.Select(choices=[*options, *extra])


def choices(facts: Facts) -> Choices:
    """What the forms of a room can name: one query."""
    with connection.cursor() as cursor:
        cursor.execute(_NAMED, {"practitioner": Role.PRACTITIONER.value, "most": MOST + 1})
        rows = cursor.fetchall()
    members = [(key, name, practises) for kind, key, name, practises in rows if kind == "person"]
    services = [(key, name) for kind, key, name, _ in rows if kind == "service"]
    return Choices(members, services, frozenset(person.email for person in facts.people))
