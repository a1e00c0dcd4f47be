"""What a person's own contact methods may reach: the public internet, and what the installation allows besides.

A tenant's member names hosts here, so a name is judged by the addresses it resolves to: when it is saved, and again at the moment
of connecting, by the very lookup that the connection uses. A name that has changed its address meanwhile, a redirect, or a second
host inside a provider's URL therefore reaches nothing inside either.
"""

import ipaddress
import queue
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from typing import Any

from django.conf import settings

HANGING_MOST = (
    48  # threads that wait for a far side, beyond their time too: more than all lanes together are wide (notifications/lanes.py)
)

_guarded: ContextVar[bool] = ContextVar("muster_reaching", default=False)
_left_behind: ContextVar["list[threading.Thread] | None"] = ContextVar("muster_left_behind", default=None)
_lookup = socket.getaddrinfo
_slots = threading.BoundedSemaphore(HANGING_MOST)


class Forbidden(OSError):
    """The host leads to an address that nothing of a person's may reach."""


class TooLate(TimeoutError):
    """The far side did not answer within the time there is."""


def _inside(host: str) -> tuple[set[str], list[Any]]:
    """Host names, and networks, that the installation allows although they are not public."""
    names, networks = set(), []
    for entry in settings.MUSTER_REACH_INSIDE:
        try:
            networks.append(ipaddress.ip_network(entry))
        except ValueError:
            names.add(entry.lower())
    return names, networks


def may_reach(host: str, address: str) -> bool:
    """Whether an address that `host` resolved to is public, or allowed by the installation (MUSTER_REACH_INSIDE)."""
    names, networks = _inside(host)
    if host.lower().strip("[].") in names:
        return True
    ip = ipaddress.ip_address(address.partition("%")[0])
    every = [ip, *_carried(ip)]  # an IPv6 address that carries an IPv4 one reaches that
    return all(
        (one.is_global and not one.is_multicast) or any(one in network for network in networks if network.version == one.version)
        for one in every
    )


_NAT64 = ipaddress.ip_network("64:ff9b::/96")


def _carried(ip: Any) -> list[Any]:
    if ip.version == 4:
        return []
    found = [ip.ipv4_mapped, ip.sixtofour, *(ip.teredo or ())]
    if ip in _NAT64:
        found.append(ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF))
    return [one for one in found if one is not None]


def _guarded_lookup(host: Any, *args: Any, **options: Any) -> Any:
    """socket.getaddrinfo; inside `guarded`, it refuses what may not be reached."""
    found = _lookup(host, *args, **options)
    if _guarded.get():
        name = host.decode() if isinstance(host, bytes) else str(host)
        for _, _, _, _, where in found:
            if not may_reach(name, str(where[0])):
                raise Forbidden(f"{name} leads to an address that may not be reached from here")
    return found


socket.getaddrinfo = _guarded_lookup


@contextmanager
def guarded() -> Iterator[None]:
    """Let this thread connect only to what may be reached, whichever library it uses (docs/decisions/0013)."""
    token = _guarded.set(True)
    try:
        yield
    finally:
        _guarded.reset(token)


def judge(host: str, *, seconds: float = 2.0) -> str:
    """Why a host may not be named by a person ("" where it may): it does not resolve, or not to a public address."""
    try:
        with guarded():
            within(seconds, lambda: socket.getaddrinfo(host, 443, type=socket.SOCK_STREAM))
    except Forbidden:
        return f"{host} is not on the public internet, so nothing is sent there. Ask whoever runs Muster to allow it."
    except (OSError, UnicodeError):
        return f"{host} is not found."
    return ""


def tell_of_left_behind(threads: "list[threading.Thread]") -> None:
    """Have `within` put the threads there that it leaves behind: they go on until their far side ends it."""
    _left_behind.set(threads)


def within[T](seconds: float, work: Callable[[], T]) -> T:
    """Do `work` in a thread of its own, and wait at most `seconds`. Raises TooLate, or what it raises."""
    slots = _slots
    if not slots.acquire(blocking=False):
        raise TooLate("too many far sides do not answer just now")
    answers: queue.SimpleQueue[tuple[bool, Any]] = queue.SimpleQueue()

    def run() -> None:
        try:
            answers.put((True, work()))
        except Exception as error:  # handed to whoever waits
            answers.put((False, error))
        finally:
            slots.release()

    thread = threading.Thread(target=copy_context().run, args=[run], name="reaching", daemon=True)
    try:
        thread.start()
    except RuntimeError:  # no thread is to be had
        slots.release()
        raise
    try:
        done, answer = answers.get(timeout=seconds)
    except queue.Empty:
        if (left_behind := _left_behind.get()) is not None:
            left_behind.append(thread)
        raise TooLate(f"no answer within {seconds:g} s") from None
    if done:
        return answer  # type: ignore[no-any-return]
    raise answer
