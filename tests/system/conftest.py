"""Fixtures of the tests that start real processes. They know nothing of Django's database in this process."""

from collections.abc import Generator, Iterator

import pytest

from tests.system.installation import PORTAL, Installation, Tenant, installation

QUOTED = 6_000  # characters of each process's log below a failed test


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show below a failed test what the processes said."""
    report = yield
    made = getattr(item, "funcargs", {}).get("muster")
    if report.failed and isinstance(made, Installation):
        report.sections.extend((f"log of {name}", made.log(name)[-QUOTED:]) for name in PORTAL)
    return report


@pytest.fixture(scope="session")
def muster() -> Iterator[Installation]:
    """A whole Muster, made once."""
    with installation() as made:
        yield made


@pytest.fixture
def acme(muster: Installation) -> Iterator[Tenant]:
    """An organisation of an installation where everything runs; afterwards as well."""
    muster.restore()
    yield muster.tenant("acme")
    muster.sink.behave()


@pytest.fixture
def globex(muster: Installation) -> Iterator[Tenant]:
    """The other organisation, of the same shape."""
    muster.restore()
    yield muster.tenant("globex")
    muster.sink.behave()
