"""The shipped standard, read and as plain data."""

from typing import Any

import pytest

from standard.law import Law, shipped


@pytest.fixture(scope="module")
def law() -> Law:
    return Law.from_data(shipped())


@pytest.fixture
def data() -> dict[str, Any]:
    return shipped()
