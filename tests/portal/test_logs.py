"""What the log tells, and what it keeps to itself."""

import logging

import pytest

from portal import logs
from tenants import credentials
from tests.conftest import client_of_ours


def line(message: str, *values: object) -> str:
    """A library's record as the log's handler writes it."""
    logs.configure()
    handler = logging.getLogger().handlers[0]
    return handler.format(logging.LogRecord("django.request", logging.WARNING, __file__, 1, message, values, None))


@pytest.mark.parametrize(
    "path",
    [
        "/custody/eyJhIjoxfQ:1vTok:s3cret/",
        "/ack/eyJhIjoxfQ:1vTok:s3cret/?next=1",
        f"/hooks/hook_{'a' * 12}_{'S3cret' * 7}/alertmanager/",
    ],
)
def test_an_address_that_is_a_secret_is_written_without_it(path: str) -> None:
    told = line("Not Found: %s", path)
    assert "Not Found: /" in told
    assert path.split("/")[2] not in told
    assert "(secret)" in told


def test_so_is_a_credential_wherever_it_stands() -> None:
    minted = credentials.mint("token", "a" * 12)
    assert line("Somebody pasted %s here", minted).endswith(
        'event="Somebody pasted token_aaaaaaaaaaaa_(secret) here" logger=django.request'
    )


def test_other_addresses_are_written_whole() -> None:
    assert "/o/acme/incidents/INC-7/" in line("Forbidden: %s", "/o/acme/incidents/INC-7/")


def test_a_refused_link_leaves_no_token(db: None, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Through the door: Django itself tells of every 404."""
    monkeypatch.setenv("MUSTER_LOG_LEVEL", "WARNING")
    logs.configure()
    logging.disable(logging.NOTSET)
    assert client_of_ours().get("/custody/forged-token-of-somebody/").status_code == 404
    told = capsys.readouterr().err
    assert "/custody/(secret)/" in told
    assert "forged-token" not in told
    monkeypatch.undo()
    logs.configure()
