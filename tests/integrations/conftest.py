"""The wire: what other tools send comes through the edge, on a database where things are really committed."""

from collections.abc import Callable

import pytest
from django.test import Client

from tests.conftest import Door, Installation, Person
from tests.integrations.wire import Wire


@pytest.fixture
def wire(shared_database: Installation, api: Callable[[Person], Door], browse: Callable[[Person], Client]) -> Wire:
    """Acme's monitoring."""
    return Wire(shared_database.acme, shared_database.globex, api, browse)
