"""A mail is made of headers that were parsed before, and nobody sees a difference."""

from email.policy import SMTP
from typing import Any

import pytest
from django.core.mail import EmailMultiAlternatives

from notifications import smtp
from notifications.transports import _WholeLines

HEADERS = {"Message-ID": "<1-2@acme.example>", "Date": "Thu, 26 Nov 2026 10:00:00 +0000", "Auto-Submitted": "auto-generated"}


def _made(kind: type[EmailMultiAlternatives], to: str, subject: str, policy: Any) -> bytes:
    mail = kind(
        subject=subject, body="You are paged.\n\nÄpfel " + "x" * 900, from_email="M <m@x.example>", to=[to], headers=HEADERS
    )
    made: bytes = mail.message(policy=policy).as_bytes()
    return made


@pytest.mark.parametrize("to", ["amira@acme.example", "Amira Ö <amira@acme.example>", "bo@äpfel.example"])
def test_is_byte_for_byte_what_django_makes_of_it(to: str) -> None:
    own = [_made(_WholeLines, to, subject, SMTP) for subject in ("Page: one", "Page: two, ä", "Page: one")]
    assert own[0] == own[2] == _made(EmailMultiAlternatives, to, "Page: one", SMTP.clone(max_line_length=998))
    assert own[1] == _made(EmailMultiAlternatives, to, "Page: two, ä", SMTP.clone(max_line_length=998))


def test_refuses_a_header_of_several_lines_each_time() -> None:
    for _ in range(2):
        with pytest.raises(ValueError, match=r"newline|linefeed|carriage return"):
            _made(_WholeLines, "amira@acme.example\r\nBcc: eve@evil.example", "Page", SMTP)


def test_an_address_that_was_told_before_is_told_again_and_none_is_refused_again() -> None:
    for _ in range(2):
        assert smtp._prepared("Amira <amira@äpfel.example>", True) == "amira@xn--pfel-koa.example"
        with pytest.raises(ValueError, match="Invalid address"):
            smtp._prepared("amira@acme.example\r\nRCPT TO: eve@evil.example", True)
