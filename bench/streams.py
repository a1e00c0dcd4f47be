"""P7: a thousand people watch one incident at one web process: memory, the fan-out of an entry, and a post seen in another browser."""

import asyncio
import os
import resource
import secrets
import time
from contextlib import suppress
from pathlib import Path

from bench.figures import Report, median, percentile
from bench.stage import Stage, in_process, stage
from portal.management.commands import up

STREAMS, PEOPLE, POSTS = 1000, 100, 30


def resident(pid: int) -> float:
    """The memory that a process holds alone or shares, in MB (its proportional share of what it shares)."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("no Pss")


def threads(pid: int) -> int:
    """How many threads it has."""
    return len(os.listdir(f"/proc/{pid}/task"))


def sessions(on: Stage) -> list[tuple[str, str]]:
    """A session each, and the ticket that the room's page would carry."""
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    from incidents import live
    from incidents.models import Incident
    from tenants.actors import Actor, Role, Via
    from tenants.models import User
    from tenants.scope import scope

    made = []
    organisation = on.organisation_id()
    with scope(organisation, surface=Via.WEB):
        incident = Incident.objects.get(ref="INC-1")
        members = list(User.objects.filter(email__startswith="watcher-"))
    for user in members:
        session = SessionStore()
        session[SESSION_KEY], session[HASH_SESSION_KEY] = str(user.pk), user.get_session_auth_hash()
        session[BACKEND_SESSION_KEY] = "allauth.account.auth_backends.AuthenticationBackend"
        session.save()
        by = Actor(organisation, user.name, Via.WEB, user_id=user.pk, roles=frozenset({Role.PRACTITIONER}))
        made.append((session.session_key, live.ticket(by, incident, session.session_key)))
    return made


class Reader:
    """One stream. Notes when each marked entry came."""

    def __init__(self) -> None:
        self.came: dict[str, float] = {}
        self.live = asyncio.Event()
        self.seen = asyncio.Condition()

    async def run(self, port: int, head: bytes) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 20)
        writer.write(head)
        try:
            while line := await reader.readline():
                if line.startswith(b"event: ready"):
                    self.live.set()
                elif line.startswith(b"data: ") and (at := line.find(b"mark-")) >= 0:
                    self.came.setdefault(line[at : at + 21].decode(), time.perf_counter())
        finally:
            writer.close()


def _heads(on: Stage, made: list[tuple[str, str]]) -> list[bytes]:
    host = f"Host: 127.0.0.1:{on.port}\r\n"
    after = on.one("SELECT max(seq) FROM ledger_event WHERE incident_id IS NOT NULL")
    return [
        f"GET /o/acme/incidents/INC-1/stream?after={after}&ticket={ticket} HTTP/1.1\r\n{host}Cookie: sessionid={key}\r\n\r\n".encode()
        for key, ticket in made
    ]


async def _post(on: Stage, token: str, mark: str) -> float:
    """Post a note through the API. Returns when the request was sent."""
    loop = asyncio.get_running_loop()
    began = time.perf_counter()
    await loop.run_in_executor(None, on.post, "/api/v1/incidents/INC-1/note/", {"text": f"Seen: {mark}"}, token)
    return began


async def measure(on: Stage, report: Report, made: list[tuple[str, str]], token: str, pid: int) -> None:
    heads = _heads(on, made)
    idle = resident(pid)
    readers = [Reader() for _ in range(STREAMS)]
    began = time.perf_counter()
    tasks = [asyncio.create_task(reader.run(on.port, heads[i % len(heads)])) for i, reader in enumerate(readers)]
    await asyncio.wait_for(asyncio.gather(*(reader.live.wait() for reader in readers)), 120)
    report.figure(f"{STREAMS} streams: opened, authorised and live in", time.perf_counter() - began, "s")
    seen: list[float] = []
    slowest: list[float] = []
    spread: list[float] = []
    for _ in range(POSTS):
        mark = f"mark-{secrets.token_hex(8)}"
        posted = await _post(on, token, mark)
        for _ in range(500):
            if all(mark in reader.came for reader in readers):
                break
            await asyncio.sleep(0.02)
        times = [reader.came[mark] for reader in readers if mark in reader.came]
        report.rows_match &= len(times) == STREAMS
        first = min(times)
        seen += [(at - posted) * 1000 for at in times]
        spread += [(at - first) * 1000 for at in times]
        slowest.append((max(times) - first) * 1000)
        await asyncio.sleep(0.3)
    report.rows("entries that came to all streams", POSTS * STREAMS, len(seen))
    report.figure(f"{STREAMS} streams: fan-out of one entry, first to each, p99", percentile(spread, 0.99), "ms", most=500)
    report.figure("the same, first to last, median", median(slowest), "ms")
    report.figure("post sent to seen by another, with all of them, p95", percentile(seen, 0.95), "ms", most=500)
    report.figure(f"web process with {STREAMS} streams", resident(pid), "MB", most=250)
    report.figure("the same without a stream", idle, "MB")
    report.figure("threads of the web process", threads(pid))
    connections = on.one("SELECT count(*) FROM pg_stat_activity WHERE usename = 'muster_app'")
    report.figure("connections to PostgreSQL", connections)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def one_other(on: Stage, report: Report, made: list[tuple[str, str]], token: str) -> None:
    """A post in one browser, seen in one other."""
    reader = Reader()
    task = asyncio.create_task(reader.run(on.port, _heads(on, made)[0]))
    await asyncio.wait_for(reader.live.wait(), 20)
    seen = []
    for _ in range(100):
        mark = f"mark-{secrets.token_hex(8)}"
        posted = await _post(on, token, mark)
        while mark not in reader.came:
            await asyncio.sleep(0.005)
        seen.append((reader.came[mark] - posted) * 1000)
    report.figure("post sent to seen by one other, p50", median(seen), "ms")
    report.figure("the same, p95", percentile(seen, 0.95), "ms", most=500)
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


def main() -> int:
    report = Report()
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 8192), hard))
    with stage("web") as on:
        in_process(on)
        from django.db import connection

        token = on.person("amira")["token"]
        on.post("/api/v1/incidents/", {"title": "Checkout fails", "severity": "SEV2"}, token)
        owning = {**on.environment, **on.urls.owner_environment(), "MUSTER_DATABASE_AS": "owner"}
        on.supervisor.run_once(up.python("watchers", owning, "-m", "bench.watchers", str(PEOPLE)))
        made = sessions(on)
        pid = next(child for name, child in on.children.items() if name == "web").pid
        asyncio.run(one_other(on, report, made, token))
        asyncio.run(measure(on, report, made, token, pid))
        connection.close()
        connection.close_pool()
    return report.end()
