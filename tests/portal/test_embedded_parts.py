"""The roles, the supervisor and the welcome of `manage.py up`, with real processes. No Django needed."""

import errno
import json
import os
import re
import shlex
import shutil
import signal
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from portal.embedded import logs
from portal.embedded.errors import EmbeddedError, Stopped
from portal.embedded.logs import LIMIT, Log
from portal.embedded.orphans import orphans
from portal.embedded.process import Program
from portal.embedded.roles import make_roles
from portal.embedded.servers import ServerUrls, running_servers
from portal.embedded.supervisor import REPLACED, Supervisor
from portal.embedded.welcome import Demo, alert_command, read_demo, welcome
from tests.portal.embedded import STUBBORN, fresh_folder, python, supervised_until, until

HUNG_AFTER = 2.5
_EACH = "import time\nfrom portal.embedded import signs\nprint('begun', flush=True)\nwhile True:\n    {}\n    time.sleep(0.2)\n"
SIGNING = _EACH.format("signs.leave()")
SIGNING_ONCE = _EACH.format("signs.leave(); time.sleep(600)")
ASKING = _EACH.format("signs.leave(); signs.asked()")


def worker(data: Path, code: str) -> Program:
    """A program that leaves signs of life, or stops to."""
    program = python("work", code, data)
    return replace(program, cwd=Path(__file__).resolve().parents[2], hung_after=HUNG_AFTER)


def begun(data: Path, name: str) -> int:
    """How many times it was started."""
    return (data / "log" / f"{name}.log").read_text().count("begun")


@pytest.fixture
def data() -> Iterator[Path]:
    """Return a data folder of the test's own."""
    with fresh_folder() as folder:
        yield folder


@pytest.fixture
def full_disk(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Nothing more can be written: neither a copy to its end, nor a small file. What undoes it makes room."""

    def half_a_copy(_: Path, to: Path) -> None:
        to.touch()
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def no_text(path: Path, *_: object, **__: object) -> None:
        path.touch()
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(shutil, "copy", half_a_copy)
    monkeypatch.setattr(Path, "write_text", no_text)
    return monkeypatch


@pytest.fixture(scope="module")
def servers() -> Iterator[ServerUrls]:
    """Run servers that the tests which break nothing share."""
    with fresh_folder() as folder, running_servers(folder, durable=False) as urls:
        yield urls


class TestRoles:
    """The roles."""

    def test_no_role_can_step_over_the_walls(self, servers: ServerUrls) -> None:
        """No superuser, no BYPASSRLS, those that serve inherit nothing; only the owner makes databases (the tests clone them)."""
        with psycopg.connect(servers.admin_url) as connection:
            columns = "rolname, rolcanlogin, rolsuper, rolbypassrls, rolcreaterole, rolinherit, rolcreatedb"
            rows = connection.execute(f"SELECT {columns} FROM pg_roles WHERE rolname ~ '^muster_' ORDER BY 1").fetchall()
        assert rows == [
            ("muster_app", True, False, False, False, False, False),
            ("muster_auditor", True, False, False, False, False, False),
            ("muster_owner", True, False, False, False, True, True),
            ("muster_sealer", True, False, False, False, False, False),
        ]

    @pytest.mark.parametrize(
        "statement",
        ["CREATE TABLE public.x()", "CREATE TABLE muster.x()", "CREATE SCHEMA x", "CREATE DATABASE x", "SET ROLE muster_owner"],
    )
    def test_serving_role_makes_nothing(self, servers: ServerUrls, statement: str) -> None:
        """It owns nothing and cannot begin to."""
        refused = pytest.raises(psycopg.errors.InsufficientPrivilege)
        with psycopg.connect(servers.database_url, autocommit=True) as connection, refused:
            connection.execute(statement)

    @pytest.mark.parametrize(
        "statement", ["CREATE TABLE public.x()", "CREATE SCHEMA x", "SET ROLE muster_app", "SET ROLE muster_owner"]
    )
    def test_auditors_role_makes_nothing(self, servers: ServerUrls, statement: str) -> None:
        """Nor does the auditor's, which begins every transaction READ ONLY, and has nothing to write where it says otherwise."""
        with psycopg.connect(servers.auditor_url, autocommit=True) as connection:
            assert connection.execute("SHOW default_transaction_read_only").fetchone() == ("on",)
            connection.execute("SET default_transaction_read_only = off")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)

    def test_only_tests_let_the_serving_role_become_the_auditors(self, servers: ServerUrls) -> None:
        """What the tests' servers allow for transactions that are rolled back, others take back."""
        where = servers.admin_url.split("?")[1]
        urls = [
            servers.admin_url,
            *(f"postgresql://become_{role}@/become?{where}" for role in ("owner", "app", "auditor", "sealer")),
        ]
        for allowed in (True, False):
            make_roles(*urls, for_tests=allowed)
            with psycopg.connect(urls[2]) as connection:
                found = connection.execute("SELECT pg_has_role('become_auditor', 'MEMBER')").fetchone()
            assert found == (allowed,)

    def test_owner_owns_the_database_and_both_schemas(self, servers: ServerUrls) -> None:
        """So it can migrate and clone; the serving role may look into both schemas."""
        with psycopg.connect(servers.owner_url, autocommit=True) as connection:
            connection.execute("CREATE TABLE public.x(); CREATE TABLE muster.x(); DROP TABLE public.x, muster.x")
            owners = connection.execute(
                "SELECT nspname, nspowner::regrole::text, has_schema_privilege('muster_app', oid, 'USAGE'), "
                "has_schema_privilege('muster_app', oid, 'CREATE') FROM pg_namespace WHERE nspname IN ('public', 'muster')"
            )
            assert sorted(owners) == [("muster", "muster_owner", True, False), ("public", "muster_owner", True, False)]
        with psycopg.connect(servers.owner_url.replace("/muster?", "/postgres?"), autocommit=True) as connection:
            connection.execute("CREATE DATABASE a_clone TEMPLATE muster")
            connection.execute("DROP DATABASE a_clone")

    def test_again_mends_and_takes_odd_names_and_passwords(self, servers: ServerUrls) -> None:
        """Run twice it changes nothing, a right too many is taken back, and names and passwords are quoted."""
        where = servers.admin_url.split("?")[1]
        names = ("o%27wner", "s%22erving", "a%27udit%22or", "se%22aler")
        owner, serving, auditor, sealer = (f'postgresql://{role}:p%27%22%3B--@/odd%20"db?{where}' for role in names)
        make_roles(servers.admin_url, owner, serving, auditor, sealer)
        with psycopg.connect(servers.admin_url, autocommit=True) as connection:
            connection.execute('ALTER ROLE "s""erving" BYPASSRLS SUPERUSER')
            make_roles(servers.admin_url, owner, serving, auditor, sealer)
            rights = "SELECT rolsuper, rolbypassrls, rolpassword FROM pg_authid WHERE rolname = 's\"erving'"
            superuser, bypasses, password = connection.execute(rights).fetchall()[0]
        assert (superuser, bypasses) == (False, False)
        assert str(password).startswith("SCRAM-SHA-256$")
        psycopg.connect(serving).close()
        psycopg.connect(auditor).close()

    @pytest.mark.parametrize(
        ("owner", "serving", "auditor", "sentence"),
        [
            ("postgresql://a@/one", "postgresql://b@/two", "postgresql://c@/one", "it must be one"),
            (
                "postgresql://a@/one",
                "postgresql://b@/one",
                "postgresql://c@/two",
                "DATABASE_AUDITOR_URL names two: it must be one",
            ),
            ("postgresql://a@/one", "postgresql://a@/one", "postgresql://c@/one", "must own nothing"),
            ("postgresql://a@/one", "postgresql://b@/one", "postgresql://b@/one", "must write nothing"),
            ("postgresql://a@/one", "postgresql:///one", "postgresql://c@/one", "DATABASE_URL must name a user and a database"),
            ("mysql://a@/one", "postgresql://b@/one", "postgresql://c@/one", "DATABASE_OWNER_URL is not a database URL"),
        ],
    )
    def test_wrong_addresses_are_sentences(self, owner: str, serving: str, auditor: str, sentence: str) -> None:
        """Before anything is touched."""
        with pytest.raises(EmbeddedError, match=sentence):
            make_roles("postgresql://nobody@/nowhere?host=/nonexistent", owner, serving, auditor, "postgresql://d@/one")


class TestSupervisor:
    """Children in general."""

    def test_deaf_children_and_grandchildren_are_ended(self, data: Path) -> None:
        """SIGTERM, a grace, then SIGKILL to the whole group."""
        with Supervisor(data) as supervisor:
            child = supervisor.start(python("deaf", f"import os; os.fork(); {STUBBORN}", data, grace=0.3))
            until(lambda: (data / "log" / "deaf.log").read_text().count("deaf") == 2)
            assert os.getpgid(child.pid) == child.pid != os.getpgid(0)
            assert len(orphans(data)) == 2
        assert orphans(data) == []
        assert list((data / "run").iterdir()) == []

    def test_dead_child_is_started_again_after_a_growing_pause(self, data: Path) -> None:
        """And what it left in its group is ended first."""
        said: list[str] = []
        code = "import os, time; print('WARNING: about to fail', flush=True); os.fork() or time.sleep(600); os._exit(3)"
        with Supervisor(data, say=said.append) as supervisor:
            supervisor.start(python("weak", code, data))
            supervised_until(supervisor, lambda: sum("starting it again" in line for line in said) >= 2)
            assert len(orphans(data)) == 0
        pauses = [line.split(" in ")[1].split(" s ")[0] for line in said if "starting it again" in line]
        assert pauses[:2] == ["0.5", "1"]
        assert "weak     | WARNING: about to fail" in said

    def test_a_child_that_hangs_is_killed_and_started_again(self, data: Path) -> None:
        """It runs, and does nothing: SIGSTOP, which a dying child would never show. What it started goes with it. Said, logged, counted."""
        said: list[str] = []
        with Supervisor(data, say=said.append) as supervisor:
            first = supervisor.start(worker(data, SIGNING))
            supervised_until(supervisor, lambda: begun(data, "work") == 1)
            os.killpg(first.pid, signal.SIGSTOP)
            supervised_until(supervisor, lambda: begun(data, "work") == 2)
            assert first.ended() == -signal.SIGKILL
            assert len(orphans(data)) == 1
            assert json.loads((data / "run" / REPLACED).read_text()) == {"work": 1}
            replaced = [line for line in said if "it hangs" in line]
            assert len(replaced) == 1
            assert "work" in replaced[0]
            assert "supervisor: it hangs: no sign of life for" in (data / "log" / "work.log").read_text()

    def test_a_child_that_gets_on_is_left_alone(self, data: Path) -> None:
        """However long it runs."""
        said: list[str] = []
        with Supervisor(data, say=said.append) as supervisor:
            supervisor.start(worker(data, SIGNING))
            listening = time.monotonic() + 3 * HUNG_AFTER
            supervised_until(supervisor, lambda: time.monotonic() > listening)
            assert begun(data, "work") == 1
        assert not any("it hangs" in line for line in said)

    def test_silence_counts_only_while_there_is_something_to_do(self, data: Path) -> None:
        """Who asks for the work is away: the worker is silent, and nothing is wrong with it. It is asked, and stays silent: that is."""
        with Supervisor(data) as supervisor:
            supervisor.start(replace(worker(data, SIGNING_ONCE), asked_by="boss"))
            quiet = time.monotonic() + 3 * HUNG_AFTER
            supervised_until(supervisor, lambda: begun(data, "work") == 1 and time.monotonic() > quiet)
            assert begun(data, "work") == 1
            supervisor.start(replace(worker(data, ASKING), name="boss", hung_after=60.0))
            supervised_until(supervisor, lambda: begun(data, "work") == 2)

    def test_a_pause_of_everything_ends_nobody(self, data: Path) -> None:
        """We stood still too: how long nobody looked is no silence of theirs. What they are silent for since then is."""
        moment = [time.monotonic()]
        said: list[str] = []
        with Supervisor(data, say=said.append, clock=lambda: moment[0]) as supervisor:
            child = supervisor.start(worker(data, SIGNING_ONCE))
            until(lambda: begun(data, "work") == 1)
            time.sleep(0.5)
            supervisor.look_after_children()
            moment[0] += 3600.0
            supervisor.look_after_children()
            assert child.ended() is None
            assert said == []
            for _ in range(3):
                moment[0] += 1.0
                supervisor.look_after_children()
            assert [line for line in said if "it hangs: no sign of life for 3 s" in line]

    def test_a_child_that_cannot_die_yet_is_ended_once(self, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """In an uninterruptible sleep it does not hear SIGKILL: one message, one count."""
        moment = [time.monotonic()]
        said: list[str] = []
        with Supervisor(data, say=said.append, clock=lambda: moment[0]) as supervisor:
            child = supervisor.start(worker(data, SIGNING_ONCE))
            until(lambda: begun(data, "work") == 1)
            time.sleep(0.5)
            with monkeypatch.context() as deaf:
                deaf.setattr(child, "kill", lambda: None)
                for _ in range(20):
                    moment[0] += 1.0
                    supervisor.look_after_children()
            assert len([line for line in said if "it hangs" in line]) == 1
            assert json.loads((data / "run" / REPLACED).read_text()) == {"work": 1}

    def test_failed_step_quotes_its_log(self, data: Path) -> None:
        """A migration that fails says why where it is seen."""
        supervisor = Supervisor(data)
        supervisor.run_once(python("fine", "print('fine')", data))
        with pytest.raises(EmbeddedError, match=r"(?s)migrate ended with status 1.*no such table"):
            supervisor.run_once(python("migrate", "raise SystemExit('no such table')", data))

    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "Ctrl-C"])
    def test_signal_ends_waiting_and_stops_everything(self, data: Path, number: signal.Signals) -> None:
        """While something is not ready yet."""
        supervisor, before = Supervisor(data), signal.getsignal(number)
        with pytest.raises(Stopped), supervisor.stopping_on_signals(), supervisor:
            supervisor.start(python("sleeper", "import time; time.sleep(600)", data))
            os.kill(os.getpid(), number)
            supervisor.wait_until(lambda: "not yet", what="It", seconds=30)
        assert orphans(data) == []
        assert signal.getsignal(number) is before

    def test_log_is_moved_aside_when_it_is_large(self, data: Path) -> None:
        """The child goes on writing to the same file."""
        log = Log(data / "web.log")
        descriptor = log.open()
        os.write(descriptor, b"x" * (LIMIT + 1) + b"\n")
        log.new_lines()
        os.write(descriptor, b"ERROR: after\n")
        os.close(descriptor)
        assert log.warnings() == ["ERROR: after"]
        assert (data / "web.log").read_text() == "ERROR: after\n"
        assert (data / "web.log.1").stat().st_size > LIMIT

    def test_on_a_full_disk_a_large_log_stays_as_it_is_and_ends_nobody(self, data: Path, full_disk: pytest.MonkeyPatch) -> None:
        """Its child writes on, a new one can be started, and half a copy takes no room; later it is moved aside."""
        log = data / "log" / "talker.log"
        full_disk.setattr(logs, "MOVED_AGAIN", 0.0)
        with Supervisor(data) as supervisor:
            log.write_bytes(b"x" * LIMIT + b"\nnot lost\n")
            child = supervisor.start(python("talker", "import time; print('begun', flush=True); time.sleep(600)", data))
            supervised_until(supervisor, lambda: log.read_text().endswith("not lost\nbegun\n"))
            supervisor.look_after_children()
            assert child.ended() is None
            assert not log.with_suffix(".log.1").exists()
            full_disk.undo()
            supervisor.look_after_children()
            assert log.read_text() == ""
            assert log.with_suffix(".log.1").read_text().endswith("begun\n")

    def test_a_large_log_that_could_not_be_moved_is_left_alone_for_a_while(
        self, data: Path, full_disk: pytest.MonkeyPatch
    ) -> None:
        """A copy each time somebody looks would keep a full disk busy."""
        log = Log(data / "web.log")
        log.path.write_bytes(b"x" * (LIMIT + 1) + b"\n")
        assert log.new_lines() != []
        tried: list[object] = []
        full_disk.setattr(shutil, "copy", lambda *names: tried.append(names))
        log.note("still here")
        assert [line[-10:] for line in log.new_lines()] == ["still here"]
        assert tried == []

    def test_on_a_full_disk_no_child_is_lost(self, data: Path, full_disk: pytest.MonkeyPatch) -> None:
        """Its process id cannot be written down: it is looked after all the same, and no other is started beside it."""
        said: list[str] = []
        with Supervisor(data, say=said.append) as supervisor:
            first = supervisor.start(python("sleeper", "import time; print('begun', flush=True); time.sleep(600)", data))
            until(lambda: begun(data, "sleeper") == 1)
            first.kill()
            supervised_until(supervisor, lambda: begun(data, "sleeper") == 2)
            listening = time.monotonic() + 2.0
            supervised_until(supervisor, lambda: time.monotonic() > listening)
            assert begun(data, "sleeper") == 2
            assert len(orphans(data)) == 1
            assert not any("could not be started" in line for line in said)
        assert orphans(data) == []


DEMO: Demo = {
    "base_url": "http://127.0.0.1:8000",
    "organisations": [
        {
            "slug": "acme",
            "people": [{"email": "ada@acme.example", "password": "pw-1", "roles": ["practitioner"], "token": "t"}],
            "keys": {"alertmanager": "acme.k1"},
        }
    ],
}


class TestWelcome:
    """What is printed in the end."""

    def test_it_says_who_may_sign_in_and_how_to_fire_an_alert(self, data: Path) -> None:
        """Address, people, and one line for the shell."""
        (data / "demo.json").write_text(json.dumps(DEMO))
        text = welcome("http://127.0.0.1:8000", read_demo(data))
        assert "Muster is ready: http://127.0.0.1:8000" in text
        assert re.search(r"^  acme +ada@acme\.example +pw-1 +practitioner$", text, re.MULTILINE)
        assert sum(line.strip().startswith("curl ") for line in text.splitlines()) == 1

    def test_the_alert_is_alertmanagers(self) -> None:
        """One firing alert of the checkout service, in the webhook's version 4."""
        arguments = shlex.split(alert_command("http://127.0.0.1:8000", "acme.k1"))
        assert arguments[:4] == ["curl", "-X", "POST", "http://127.0.0.1:8000/hooks/acme.k1/alertmanager/"]
        body = json.loads(arguments[-1])
        assert body["version"] == "4"
        assert [(alert["status"], alert["labels"]["service"]) for alert in body["alerts"]] == [("firing", "checkout")]

    def test_without_demo_organisations(self, data: Path) -> None:
        """Only the address."""
        assert "sign in" not in welcome("http://127.0.0.1:8000", read_demo(data))
