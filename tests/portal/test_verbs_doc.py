"""docs/verbs.md is what the code says, and the table of verbs is true to the law and to the record."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command

from incidents.doors import DOORS
from ledger.verbs import VERBS
from portal.management.commands.verbs import document
from standard.law import Law, shipped


def test_the_page_is_fresh() -> None:
    call_command("verbs", "--check")
    assert (Path(settings.BASE_DIR) / "docs" / "verbs.md").read_text(encoding="utf-8") == document()


def test_writing_it_twice_is_the_same() -> None:
    assert document() == document()


@pytest.mark.parametrize("verb", DOORS)
def test_every_verb_of_the_doors_is_in_it(verb: str) -> None:
    assert VERBS[f"incident:{verb}"].summary
    assert f"| **{verb}** |" in document()


def test_it_names_clauses_and_clocks_that_there_are() -> None:
    known = {clause.id for clause in Law.from_data(shipped()).clauses}
    document()  # imports every room
    for name, verb in VERBS.items():
        assert set(verb.clauses) <= known, name
        clocks = {clock for clock in (*verb.starts, *verb.stops) if clock != "every clock of the incident"}
        assert clocks <= known, name
        assert re.fullmatch(r"[a-z_.]+(, [a-z_.]+)*", verb.kind), name
