"""What people see of the seal: the page of the log, its API, /readyz and /metrics, and the alarm where sealing stands still."""

from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from ledger.sealing import notes, queries
from tests.conftest import Installation
from tests.ledger.sealed import PUBLIC, as_owner, seal, seal_all

pytestmark = pytest.mark.servers


def test_the_page_and_the_api_show_the_checkpoint_and_the_key(
    own_database: Installation, tmp_path: Path, browse: Any, api: Any
) -> None:
    """To administrators, the process owner and auditors; the note byte for byte. Others are told that it is not theirs."""
    acme = own_database.acme
    empty = browse(acme.admin).get("/o/acme/evidence/log/").content.decode()
    assert "Nothing is sealed yet" in empty
    assert browse(acme.admin).get("/o/acme/evidence/log/checkpoint").status_code == 404
    seal_all(tmp_path)
    with acme.scope():
        newest = queries.latest_checkpoint(acme.id)
        assert newest is not None
        line = queries.key_line(newest)
    for person in (acme.admin, acme.auditor, acme.owner):
        text = browse(person).get("/o/acme/evidence/log/checkpoint").content.decode()
        assert notes.read(text, PUBLIC).size > 0
        page = browse(person).get("/o/acme/evidence/log/").content.decode()
        assert line in page
        assert "stood still" not in page
        answer = api(person).get("evidence/log/").json()
        assert (answer["key_line"], answer["halted_at"]) == (line, None)
        assert newest.note in [point["note"] for point in answer["checkpoints"]]
    for person in (acme.amira, acme.support):
        assert browse(person).get("/o/acme/evidence/log/").status_code == 403
        assert browse(person).get("/o/acme/evidence/log/checkpoint").status_code == 403
        assert api(person).get("evidence/log/").status_code == 403


def test_it_is_said_everywhere_that_sealing_stands_still(
    own_database: Installation, tmp_path: Path, browse: Any, api: Any
) -> None:
    """On the page, by API, on the readiness page, at /readyz (which stays as ready as it was: pages go out) and at /metrics."""
    acme = own_database.acme
    seal_all(tmp_path)
    assert "muster_seal_halted 0.0" in Client().get("/metrics").content.decode()
    (public_id,) = as_owner(own_database, "SELECT public_id FROM tenants_organisation WHERE id = %s", acme.id)[0]
    out = max(tmp_path.glob(f"{public_id}/checkpoints/*/*"))
    out.with_name(f"{int(out.name) + 1:013d}").write_text("forged", encoding="utf-8")
    seal(tmp_path)
    for path in ("evidence/log/", "readiness/"):
        assert "Sealing has stood still since" in browse(acme.admin).get(f"/o/acme/{path}").content.decode(), path
    assert "is not ours" in api(acme.admin).get("evidence/log/").json()["why_halted"]
    assert Client().get("/readyz").json()["sealing"] == "halted"
    assert "muster_seal_halted 1.0" in Client().get("/metrics").content.decode()
