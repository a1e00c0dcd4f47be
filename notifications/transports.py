"""The channels. A transport takes a rendered message and hands it to the outside; settings name each by dotted path."""

from dataclasses import dataclass
from email.policy import EmailPolicy
from email.policy import default as default_policy
from functools import lru_cache
from typing import Any, Protocol

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.utils.module_loading import import_string

from notifications import reaching, smtp


class TransportError(Exception):
    """A message was not taken. It is tried again, later each time."""


class Gone(TransportError):
    """The far side says that there is nobody at this address any more."""


@dataclass(frozen=True, slots=True)
class Message:
    """A rendered message: to whom, what it says, and the one place it leads to."""

    address: str
    name: str
    subject: str
    text: str
    link: str = ""
    link_label: str = ""
    urgent: bool = False
    others: str = ""  # of several messages that go together, the subjects after the first: where there is no room for the text
    calendars: tuple[str, ...] = ()  # invitations that only an e-mail brings along: each an iCalendar with its METHOD

    def with_link(self) -> str:
        """The text, and where it leads."""
        return f"{self.text}\n\n{self.link_label}: {self.link}" if self.link else self.text


class Transport(Protocol):
    """A channel."""

    def send(self, message: Message, *, key: str) -> str:
        """Hand it over. Returns who has taken it, and how that is known; raises TransportError if it was not taken.

        `key` is the same on every attempt of one delivery.
        """
        ...


# Headers that say the same in many messages. Parsing them took more than half of the time in which a mail is made.
_ALIKE = frozenset({"from", "to", "content-type", "content-transfer-encoding", "mime-version", "auto-submitted"})


class _Lines(EmailPolicy):
    """A policy that parses a header which many messages have once. What it parses to is never changed, only put aside for another."""

    def header_store_parse(self, name: str, value: Any) -> tuple[str, Any]:
        """The header, parsed. Raises ValueError for one of several lines."""
        alike = type(value) is str and name.lower() in _ALIKE
        return _parsed(name, value) if alike else super().header_store_parse(name, value)


@lru_cache(maxsize=512)
def _parsed(name: str, value: str) -> tuple[str, Any]:
    return default_policy.header_store_parse(name, value)


@lru_cache(maxsize=8)
def _lines(policy: Any) -> Any:
    """The same policy with lines as long as SMTP allows."""
    return (_Lines() + policy).clone(max_line_length=998)


class _WholeLines(EmailMultiAlternatives):
    """A mail whose lines are not broken: a link can be copied from the raw text too, such as from the mail folder's files."""

    def message(self, *, policy: Any = default_policy) -> Any:
        """The message, with lines as long as SMTP allows. A calendar's part says what it is for, or no mail program takes it up."""
        made = super().message(policy=_lines(policy))
        for part in made.walk():
            if part.get_content_type() == _CALENDAR:
                part.set_param("method", method_of(part.get_content()))
        return made


_CALENDAR = "text/calendar"


def method_of(calendar: str) -> str:
    """What an iCalendar asks for: REQUEST, CANCEL … (RFC 5546); PUBLISH where it does not say."""
    return next((line[7:].strip() for line in calendar.splitlines() if line.startswith("METHOD:")), "PUBLISH")


class Email:
    """E-mail by SMTP, as plain text: it reads the same on a watch, in a terminal and through a screen reader."""

    def send(self, message: Message, *, key: str) -> str:
        """Send it with a Message-ID made of the key, so that a repeated attempt is recognised as one message."""
        host = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].rstrip(">") or "localhost"
        text = message.with_link() + ("\n" if message.link else "")
        mail = _WholeLines(
            subject=" ".join(message.subject.split()),
            body=text,
            to=[message.address],
            headers={"Message-ID": f"<{key}@{host}>", "X-Muster-Key": key, "Auto-Submitted": "auto-generated"},
        )
        if len(message.calendars) == 1:  # as another form of the same message, so that a mail program offers to accept it
            mail.attach_alternative(message.calendars[0], _CALENDAR)
        else:
            for number, calendar in enumerate(message.calendars, 1):
                mail.attach(f"invitation-{number}.ics", calendar, _CALENDAR)
        try:
            reaching.within(smtp.WITHIN_SECONDS, mail.send)  # finding and reaching the server too, which no timeout bounds
        except Exception as error:  # smtplib, sockets and TLS each have a family of their own
            raise TransportError(f"{type(error).__name__}: {error}") from error
        return f"accepted by the mail server {settings.SMTP_HOST}" if settings.SMTP_HOST else "put in the mail folder"


class Inbox:
    """The portal's own inbox: the delivery is the entry, so it has arrived as soon as it is there."""

    def send(self, message: Message, *, key: str) -> str:
        """Nothing to hand over."""
        return "in the portal's inbox"


@lru_cache(maxsize=16)
def transport(channel: str) -> Transport:
    """The transport of a channel. Raises KeyError for one that no setting names."""
    made: Transport = import_string(settings.MUSTER_TRANSPORTS[channel])()
    return made
