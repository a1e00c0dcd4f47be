"""Signing in through the door is throttled: whoever guesses passwords is held up, by person and by where they come from."""

from types import SimpleNamespace
from typing import Any

import pytest
from allauth.core.internal import ratelimit
from django.test import Client

from tests.conftest import Cast, Person

pytestmark = pytest.mark.servers

WRONG = "not-the-password"


def sign_in(person: Person, password: str, *, ip: str, **headers: str) -> Any:
    """What the door answers to an e-mail and a password, from an address."""
    return Client(REMOTE_ADDR=ip).post("/accounts/login/", {"login": person.email, "password": password}, headers=headers)


def lets_in(answer: Any) -> bool:
    """Whether there is a session now."""
    return bool(answer.status_code == 302 and "sessionid" in answer.cookies)


def test_the_right_password_opens_and_a_wrong_one_does_not(acme: Cast) -> None:
    assert not lets_in(sign_in(acme.mei, WRONG, ip="192.0.2.1"))
    assert lets_in(sign_in(acme.mei, acme.mei.password, ip="192.0.2.1"))


def test_after_five_wrong_ones_the_right_one_does_not_open_either(acme: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """From wherever they come, so that many addresses guess no faster; and in five minutes it does."""
    person = acme.support
    for number in range(5):
        assert not lets_in(sign_in(person, WRONG, ip=f"198.51.100.{number}"))
    refused = sign_in(person, person.password, ip="198.51.100.77")
    assert not lets_in(refused)
    assert "Too many failed login attempts" in refused.content.decode()
    assert lets_in(sign_in(acme.jon, acme.jon.password, ip="198.51.100.77")), "another person is not held up"

    real = ratelimit.time
    later = SimpleNamespace(time=lambda: real.time() + 301, monotonic=real.monotonic, sleep=real.sleep)
    monkeypatch.setattr(ratelimit, "time", later)
    assert lets_in(sign_in(person, person.password, ip="198.51.100.77"))


def test_from_one_address_ten_wrong_ones_a_minute_whoever_they_name(acme: Cast, globex: Cast) -> None:
    """Trying one password on many people."""
    people = [*acme.people.values(), *globex.people.values()]
    for person in people[:10]:
        assert not lets_in(sign_in(person, WRONG, ip="203.0.113.5"))
    last = globex.director
    assert not lets_in(sign_in(last, last.password, ip="203.0.113.5"))
    assert lets_in(sign_in(last, last.password, ip="203.0.113.6"))


def test_from_one_address_thirty_tries_a_minute_and_a_header_makes_no_other_one(acme: Cast) -> None:
    """Right ones count too; what a visitor says of where they come from counts for nothing."""
    for number in range(30):
        answer = sign_in(acme.amira, acme.amira.password, ip="203.0.113.30", **{"X-Forwarded-For": f"192.0.2.{number}"})
        assert lets_in(answer), number
    answer = sign_in(acme.amira, acme.amira.password, ip="203.0.113.30", **{"X-Forwarded-For": "192.0.2.99"})
    assert answer.status_code == 429
    assert lets_in(sign_in(acme.amira, acme.amira.password, ip="203.0.113.31"))


def test_a_stranger_is_held_up_like_anybody(acme: Cast) -> None:
    """The answers do not tell who has an account."""
    stranger = SimpleNamespace(email="nobody@acme.example")
    told = [sign_in(person, WRONG, ip="203.0.113.60") for person in (stranger, acme.exec)]  # type: ignore[arg-type]
    assert [answer.status_code for answer in told] == [200, 200]
    words = [
        answer.content.decode().split('role="alert"')[-1][:200].replace(told_email, "")
        for answer, told_email in zip(told, (stranger.email, acme.exec.email), strict=True)
    ]
    assert words[0] == words[1]
