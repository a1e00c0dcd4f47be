"""The embedded servers with real processes: started, killed, recovered, locked, cleaned up after. No Django needed."""

import json
import os
import pwd
import re
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator
from pathlib import Path

import kombu
import psycopg
import pytest
import redis

from portal.embedded.account import Account, account_for, let_pass
from portal.embedded.errors import EmbeddedError
from portal.embedded.lock import locked
from portal.embedded.orphans import MARK, end_orphans, orphans
from portal.embedded.servers import ServerUrls, running_servers, socket_folder
from portal.embedded.supervisor import Supervisor
from tests.portal.embedded import STUBBORN, fresh_folder, supervised_until, until

CHECKOUT = Path(__file__).resolve().parents[2]
AS_ROOT = os.geteuid() == 0


@pytest.fixture
def data() -> Iterator[Path]:
    """Return a data folder of the test's own."""
    with fresh_folder() as folder:
        yield folder


@pytest.fixture(scope="module")
def servers() -> Iterator[ServerUrls]:
    """Run servers that the tests which break nothing share."""
    with fresh_folder() as folder, running_servers(folder, durable=False) as urls:
        yield urls


def pings(client: redis.Redis) -> bool:
    """Say whether the server answers."""
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False


class TestServers:
    """PostgreSQL and Valkey, from a fresh folder to a clean stop."""

    def test_start_answer_and_leave_nothing(self, data: Path) -> None:
        """Every address works for the library it is meant for; afterwards neither a process nor a socket is left."""
        with running_servers(data) as urls:
            for url in (urls.database_url, urls.auditor_url, urls.owner_url, urls.admin_url):
                psycopg.connect(url).close()
            with kombu.Connection(urls.broker_url) as broker:
                queue = broker.SimpleQueue("hello")
                queue.put("x")
                assert queue.get(timeout=5).payload == "x"
            cache = redis.Redis.from_url(urls.cache_url)
            assert cache.set("a", "b")
            assert cache.config_get("appendonly") == {"appendonly": "yes"}
            cache.close()
            assert orphans(data), "the running servers are recognised as belonging to their folder"
            sockets = Path(urls.cache_url.removeprefix("unix://").split("?")[0]).parents[1]
        assert orphans(data) == []
        assert not sockets.exists()

    def test_only_their_user_reaches_the_sockets_and_the_files(self, servers: ServerUrls) -> None:
        """Trust needs a closed door: 0700 on the socket, its folder and the data."""
        socket = Path(servers.cache_url.removeprefix("unix://").split("?")[0])
        sockets = socket.parents[1]
        with psycopg.connect(servers.admin_url) as connection:
            files = Path(str(connection.execute("SHOW data_directory").fetchall()[0][0]))
            listens = connection.execute("SELECT current_setting('listen_addresses')").fetchone()
        closed = [socket, socket.parent, sockets / "pg", sockets / "pg" / ".s.PGSQL.5432", files, files.parent / "log"]
        assert {str(path): oct(stat.S_IMODE(path.stat().st_mode)) for path in closed} == dict.fromkeys(map(str, closed), "0o700")
        # Where PostgreSQL runs as another user, that user may pass the folder above, nobody may read it.
        assert stat.S_IMODE(sockets.stat().st_mode) == (0o701 if AS_ROOT else 0o700)
        assert listens == ("",)

    def test_durable_unless_told_otherwise(self, data: Path, servers: ServerUrls) -> None:
        """Production's durability is the default; only tests trade it for speed."""
        query = "SELECT current_setting('fsync'), current_setting('synchronous_commit'), current_setting('full_page_writes')"
        with psycopg.connect(servers.admin_url) as connection:
            assert connection.execute(query).fetchone() == ("off", "off", "off")
        with running_servers(data) as urls, psycopg.connect(urls.admin_url) as connection:
            assert connection.execute(query).fetchone() == ("on", "on", "on")

    def test_unfinished_initdb_is_begun_again(self, data: Path) -> None:
        """What a killed first start left is not taken for a database."""
        (data / "postgres.new").mkdir()
        (data / "postgres.new" / "PG_VERSION").write_text("18\n")
        with running_servers(data, durable=False) as urls, psycopg.connect(urls.database_url) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)

    def test_other_release_is_refused_with_a_sentence(self, data: Path) -> None:
        """A database of another major release cannot be opened, and must not be replaced."""
        (data / "postgres").mkdir()
        (data / "postgres" / "PG_VERSION").write_text("15\n")
        with pytest.raises(EmbeddedError, match=r"was made by PostgreSQL 15, the installed one is \d+"), running_servers(data):
            pytest.fail("it started")

    def test_server_that_cannot_start_says_why(self, data: Path) -> None:
        """The end of its log is in the sentence."""
        why = r"(?s)PostgreSQL did not start: it ended with status 1.*shared_buffers"
        with pytest.raises(EmbeddedError, match=why), running_servers(data, settings={"shared_buffers": "nonsense"}):
            pytest.fail("it started")
        assert orphans(data) == []


class TestKilled:
    """kill -9, of servers and of their supervisor."""

    def test_killed_servers_come_back_with_what_was_committed(self, data: Path) -> None:
        """The supervisor starts both again; a committed row and a queued message are there."""
        said: list[str] = []
        supervisor = Supervisor(data, say=said.append)
        with running_servers(data, supervisor=supervisor) as urls:
            with psycopg.connect(urls.owner_url) as connection:
                connection.execute("CREATE TABLE kept AS SELECT 42 AS answer")
            broker = redis.Redis.from_url(urls.cache_url)
            broker.set("kept", "too")
            time.sleep(1.2)  # appendfsync everysec
            for name in ("postgres", "valkey"):
                os.kill(int((data / "run" / f"{name}.pid").read_text()), signal.SIGKILL)

            def answer() -> tuple[object, ...] | None:
                try:
                    with psycopg.connect(urls.owner_url) as connection:
                        return connection.execute("SELECT answer FROM kept").fetchone()
                except psycopg.OperationalError:
                    return None

            supervised_until(supervisor, lambda: answer() == (42,))
            supervised_until(supervisor, lambda: pings(broker))
            assert broker.get("kept") == b"too"
            broker.close()
        assert any(re.match(r"postgres +\| it was ended by signal 9 .*starting it again in 0.5 s", line) for line in said)

    def test_killed_supervisor_leaves_no_process_and_loses_nothing(self, data: Path) -> None:
        """The kernel tells the children; what is deaf to it is ended by the next start; the committed row is there."""
        script = data / "supervisor.py"
        script.write_text(
            "import sys, time, psycopg\n"
            "from pathlib import Path\n"
            "from portal.embedded.process import Program\n"
            "from portal.embedded.servers import running_servers\n"
            "from portal.embedded.supervisor import Supervisor\n"
            f"data = Path({str(data)!r})\n"
            "keeper = Supervisor(data)\n"
            "with running_servers(data, supervisor=keeper) as urls:\n"
            "    with psycopg.connect(urls.owner_url) as connection:\n"
            "        connection.execute('CREATE TABLE kept AS SELECT 42 AS answer')\n"
            f"    env = {{'PATH': '/usr/bin:/bin', {MARK!r}: str(data)}}\n"
            f"    keeper.start(Program('deaf', (sys.executable, '-c', {STUBBORN!r}), env))\n"
            "    time.sleep(1)\n"
            "    print('ready', flush=True)\n"
            "    time.sleep(600)\n"
        )
        command = [sys.executable, str(script)]
        first = subprocess.Popen(command, cwd=CHECKOUT, env={**os.environ, "PYTHONPATH": str(CHECKOUT)}, stdout=subprocess.PIPE)
        assert first.stdout is not None
        assert first.stdout.readline() == b"ready\n"
        assert len(orphans(data)) >= 3
        first.kill()
        first.wait()
        first.stdout.close()
        if sys.platform == "linux":
            until(lambda: len(orphans(data)) == 1)  # all but the deaf one
        said: list[str] = []
        shutil.copy(data / "run" / "deaf.pid", data / "run" / "written-down.pid")
        end_orphans(data, said.append)
        assert orphans(data) == []
        assert len(said) == 1
        assert "an earlier run left" in said[0]
        assert list((data / "run").iterdir()) == []
        with running_servers(data) as urls, psycopg.connect(urls.owner_url) as connection:
            assert connection.execute("SELECT answer FROM kept").fetchone() == (42,)

    def test_strangers_are_left_alone(self, data: Path) -> None:
        """A recycled process id in a pid file, or a program that merely works in the data folder, proves nothing."""
        (data / "run").mkdir()
        with subprocess.Popen(["sleep", "60"], cwd=data) as stranger:
            (data / "run" / "web.pid").write_text(f"{stranger.pid}\n")
            end_orphans(data, print)
            assert stranger.poll() is None
            stranger.kill()

    def test_stale_pid_file_of_a_recycled_process_id(self, data: Path) -> None:
        """After a restart of the machine, `postmaster.pid` may name any process; PostgreSQL by itself would refuse to start."""
        with running_servers(data, durable=False):
            pass
        user = (data / "postgres").stat().st_uid
        with subprocess.Popen(["sleep", "60"], user=user if AS_ROOT else None) as innocent:
            (data / "postgres" / "postmaster.pid").write_text(f"{innocent.pid}\n{data / 'postgres'}\n1\n5432\n/tmp\n\n")
            with running_servers(data, durable=False) as urls:
                psycopg.connect(urls.database_url).close()
            assert innocent.poll() is None
            innocent.kill()


class TestLock:
    """One `up` a data folder."""

    def test_second_one_is_told_who_holds_it(self, data: Path) -> None:
        """The sentence has the first one's process id and address; the lock goes with its holder."""
        code = (
            "import sys; from pathlib import Path; from portal.embedded.lock import locked\n"
            f"with locked(Path({str(data)!r}), 'http://127.0.0.1:8123'): print('held', flush=True); sys.stdin.read()"
        )
        with subprocess.Popen([sys.executable, "-c", code], cwd=CHECKOUT, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as first:
            assert first.stdout is not None
            assert first.stdout.readline() == b"held\n"
            with pytest.raises(EmbeddedError) as refused, locked(data, "http://127.0.0.1:9000"):
                pytest.fail("both hold it")
            first.kill()
        assert f"already runs on the data in {data} (process {first.pid}, http://127.0.0.1:8123)" in str(refused.value)
        with locked(data, "http://127.0.0.1:9000"):
            assert json.loads((data / "lock").read_text()) == {"pid": os.getpid(), "address": "http://127.0.0.1:9000"}


class TestUsers:
    """As root and as an ordinary user."""

    @pytest.mark.skipif(not AS_ROOT, reason="only root can become somebody else")
    def test_as_an_ordinary_user(self) -> None:
        """A process that has given up root runs both servers as itself."""
        user = pwd.getpwnam("nobody")
        reading, writing = os.pipe()
        folder = Path(tempfile.mkdtemp(prefix="muster-test-"))
        os.chown(folder, user.pw_uid, user.pw_gid)
        if (child := os.fork()) == 0:  # a fork, since that user may be unable to read root's Python to start another
            try:
                os.setgroups([])
                os.setgid(user.pw_gid)
                os.setuid(user.pw_uid)
                with running_servers(folder) as urls, psycopg.connect(urls.database_url) as connection:
                    connection.execute("SELECT 1")
                    owners = {process.uids().real for process in orphans(folder)}
                    assert owners == {user.pw_uid}, owners
                assert orphans(folder) == []
                os.write(writing, b"fine")
            except BaseException:
                os.write(writing, traceback.format_exc().encode())
            finally:
                os._exit(0)
        os.close(writing)
        with open(reading, "rb") as pipe:
            answer = pipe.read().decode()
        os.waitpid(child, 0)
        shutil.rmtree(folder)
        assert answer == "fine"

    @pytest.mark.skipif(not AS_ROOT, reason="only root runs PostgreSQL as somebody else")
    def test_as_root_postgresql_is_the_data_owner_or_nobody(self, data: Path) -> None:
        """The owner of existing data keeps it; new data belongs to nobody; Valkey stays with us."""
        games = pwd.getpwnam("games")
        os.chown(data, games.pw_uid, games.pw_gid)
        account = account_for(data / "postgres", data)
        assert account == Account(games.pw_uid, games.pw_gid, "games")
        os.chown(data, 0, 0)
        with running_servers(data, durable=False):
            users = {process.name(): process.username() for process in orphans(data)}
        assert users == {"postgres": "nobody", "valkey-server": "root"}

    @pytest.mark.skipif(not AS_ROOT, reason="only root opens folders for somebody else")
    def test_folders_are_opened_for_passing_only(self, data: Path) -> None:
        """`o+x` where it is missing, nothing else, and a line that says so."""
        inner = data / "inner"
        inner.mkdir(mode=0o750)
        said: list[str] = []
        nobody = pwd.getpwnam("nobody")
        let_pass(inner / "postgres", Account(nobody.pw_uid, nobody.pw_gid, "nobody"), said.append)
        assert [oct(stat.S_IMODE(folder.stat().st_mode)) for folder in (data, inner)] == ["0o701", "0o751"]
        assert [line.split(":")[0] for line in said] == [str(data), str(inner)]
        assert all("o+x" in line for line in said)

    def test_socket_paths_stay_short(self, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """A temp dir with a long name is passed over."""
        monkeypatch.setattr(tempfile, "gettempdir", lambda: str(data / ("long" * 20)))
        with socket_folder(data) as folder:
            assert folder.parent == Path("/tmp")
            assert stat.S_IMODE(folder.stat().st_mode) == 0o700

    def test_squatted_socket_folder_is_refused(self, data: Path) -> None:
        """Anyone may write in the temp dir; a link of somebody else's is not followed."""
        with socket_folder(data) as folder:
            folder.rmdir()
            folder.symlink_to(data)
            with pytest.raises(EmbeddedError, match="made by somebody else"), socket_folder(data):
                pytest.fail("it used the link")
            folder.unlink()
        assert data.exists()
