"""Taking command: one commander at a time (clauses principle.chain-of-command, roles.ic-assigns)."""

from collections.abc import Callable

import pytest

from tests.conftest import Cast, Door, Person

pytestmark = pytest.mark.servers


@pytest.fixture
def ref(acme: Cast, api: Callable[[Person], Door]) -> str:
    """A SEV 1 that nobody commands yet."""
    answer = api(acme.mei).post("incidents/", {"title": "Checkout fails", "severity": "SEV1", "services": ["checkout"]})
    assert answer.status_code == 201, answer.content
    return str(answer.json()["ref"])


@pytest.mark.clause("principle.chain-of-command")
def test_one_commander_at_a_time(acme: Cast, api: Callable[[Person], Door], ref: str) -> None:
    assert api(acme.amira).post(f"incidents/{ref}/claim/").status_code == 200
    refused = api(acme.jon).post(f"incidents/{ref}/claim/")
    assert refused.status_code == 409
    assert refused.json()["code"] == "commanded"
    assert refused.json()["clause"] == "principle.chain-of-command"
    assert "Amira Ahmadi holds command" in refused.json()["detail"]


def test_an_outsider_finds_nothing(acme: Cast, globex: Cast, api: Callable[[Person], Door], ref: str) -> None:
    answer = api(globex.amira).post(f"incidents/{ref}/claim/")
    assert answer.status_code == 404
