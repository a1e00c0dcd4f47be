"""The two doors of the edge: hooks, with the key in the address, and PagerDuty's events, with the key in the body."""

from abc import ABC, abstractmethod
from collections.abc import MutableMapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from integrations.formats import Said
from integrations.grafana.signing import SIGNATURE, TIMESTAMP
from integrations.hooks import Hook, MethodRefused, parse_path
from integrations.pagerduty import answers
from integrations.pagerduty import inbound as pagerduty
from tenants import credentials
from tenants.refusals import NotFound, Reason, Refused

type Message = MutableMapping[str, Any]

SIGNING = {SIGNATURE.encode(): SIGNATURE, TIMESTAMP.encode(): TIMESTAMP}
PLAIN, PROBLEM = b"application/json", b"application/problem+json"


@dataclass(frozen=True, slots=True)
class Answer:
    """What is sent back."""

    status: int
    body: bytes
    kind: bytes = PLAIN
    headers: Sequence[tuple[bytes, bytes]] = ()


RETRY = ((b"retry-after", b"1"),)
ACCEPTED = Answer(202, orjson.dumps({"status": "accepted"}))


class Door(ABC):
    """How one kind of sender says whose it is, and how it is answered. One a request."""

    @abstractmethod
    def look(self, method: str, path: str, authorization: str) -> None:
        """Judge what can be judged before the body is read. Raises Refused."""

    @abstractmethod
    def said(self, scope: Message, body: bytes, kept: dict[str, str], unread: Refused | None) -> tuple[str, Said]:
        """Whose request it is (an organisation's public id), and the request. Raises Refused where it does not say."""

    @abstractmethod
    def accepted(self, said: Said) -> Answer:
        """It is durable."""

    @abstractmethod
    def refused(self, error: Refused | None) -> Answer:
        """It is not taken."""

    @abstractmethod
    def failed(self) -> Answer:
        """It could not be kept just now."""


class Hooks(Door):
    """`/hooks/<key>/<provider>/`, answered with problem documents."""

    hook: Hook

    def look(self, method: str, path: str, authorization: str) -> None:
        """The address says everything."""
        self.hook = parse_path(method, path, authorization)

    def said(self, scope: Message, body: bytes, kept: dict[str, str], unread: Refused | None) -> tuple[str, Said]:
        """With the headers of a signature."""
        signing = {SIGNING[name]: value.decode("latin-1") for name, value in scope["headers"] if name in SIGNING}
        return self.hook.organisation, Said(self.hook.kind, self.hook.credential, kept, body, unread, signing=signing)

    def accepted(self, said: Said) -> Answer:
        """202."""
        return ACCEPTED

    def refused(self, error: Refused | None) -> Answer:
        """RFC 9457."""
        if error is None:
            return self.failed()
        headers = [(b"www-authenticate", b'Bearer realm="muster"')] if error.status == 401 else []
        return _problem(error.status, error.reasons[0].code, str(error), [*headers, *(RETRY if error.status == 503 else ())])

    def failed(self) -> Answer:
        """503: send it again."""
        return _problem(503, "try_again", "This could not be kept just now. Send it again.", RETRY)


class Events(Door):
    """`/v2/enqueue` and `/v2/change/enqueue`, answered as PagerDuty answers."""

    kind: str

    def look(self, method: str, path: str, authorization: str) -> None:
        """There are two addresses."""
        kind = pagerduty.PATHS.get(path.rstrip("/"))
        if kind is None:
            raise NotFound("address")
        if method != "POST":
            raise MethodRefused(Reason("method", "Send events with POST.", status=409))
        self.kind = kind

    def said(self, scope: Message, body: bytes, kept: dict[str, str], unread: Refused | None) -> tuple[str, Said]:
        """The key stands in the body; of one that is too large to be read it may stand in a header."""
        header = next((v.decode("latin-1") for name, v in scope["headers"] if name == b"x-routing-key"), "")
        if unread is not None:
            public_id = credentials.public_id_in_routing_key(header)
            if public_id is None:
                raise unread
            return public_id, Said(self.kind, header, kept, b"", unread)
        public_id, key, data = pagerduty.opened(body, header)
        try:
            masked = pagerduty.masked(body, key, data)
        except Refused as error:  # its key is known all the same: the integration's page shows that it came
            return public_id, Said(self.kind, key, kept, b"", error)
        return public_id, Said(self.kind, key, kept, masked, data=data)

    def accepted(self, said: Said) -> Answer:
        """202, with the key of the alert."""
        return _plain(answers.accepted(said.data or {}, change=self.kind == "pagerduty-change"))

    def refused(self, error: Refused | None) -> Answer:
        """400, and 429 where too much waits; an address that there is not is 404."""
        if error is None:
            return self.failed()
        if isinstance(error, NotFound):
            return _problem(404, error.reasons[0].code, str(error))
        return _plain(answers.refused(error))

    def failed(self) -> Answer:
        """503: their clients send it again."""
        return _plain(answers.failed(), RETRY)


def door_for(path: str) -> Door:
    """The door of an address below `/hooks/` or `/v2/`."""
    return Events() if path.startswith("/v2/") else Hooks()


def _plain(answer: answers.Answer, headers: Sequence[tuple[bytes, bytes]] = ()) -> Answer:
    return Answer(answer[0], orjson.dumps(answer[1]), headers=headers)


def _problem(status: int, code: str, sentence: str, headers: Sequence[tuple[bytes, bytes]] = ()) -> Answer:
    title = code.replace("_", " ").capitalize()
    document = {"type": "about:blank", "title": title, "status": status, "code": code, "detail": sentence}
    return Answer(status, orjson.dumps(document), PROBLEM, headers)
