"""What leaves for messengers and browsers, read by peers that are not ours; and what never connects, whatever a name leads to."""

import json
import threading
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import http_ece
import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from django.core.checks import run_checks
from django.test import override_settings

from notifications import apprised, reaching, webpush
from notifications.actions import merged
from notifications.transports import Gone, Message, TransportError

PAGE = "Page: SEV 2 INC-1: Checkout fails"


class Peer:
    """An HTTP server on this machine that keeps what it is sent."""

    def __init__(self) -> None:
        self.status, self.location, self.drips = 201, "", False
        self.taken: list[tuple[str, dict[str, str], bytes]] = []
        peer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                peer.taken.append((self.path, {k.lower(): v for k, v in self.headers.items()}, body))
                self.send_response(peer.status)
                if peer.location:
                    self.send_header("Location", peer.location)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def peer() -> Iterator[Peer]:
    made = Peer()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.fixture
def inside() -> Iterator[None]:
    """An installation that allows this machine, and plain JSON over HTTP."""
    with override_settings(MUSTER_REACH_INSIDE=["127.0.0.1"], MUSTER_APPRISE_SCHEMES=["json"]):
        yield


def message(address: str, **more: Any) -> Message:
    """A page's message."""
    return Message(
        address,
        "Amira",
        PAGE,
        "You are paged.",
        "https://muster.example/ack/t/",
        "Acknowledge",
        **more,
    )


# --- Browser push ------------------------------------------------------------------------------------------------------------


class Browser:
    """A browser's side of a subscription."""

    def __init__(self, endpoint: str) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.auth = b"0123456789abcdef"
        point = self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        keys = {
            "p256dh": urlsafe_b64encode(point).decode().rstrip("="),
            "auth": urlsafe_b64encode(self.auth).decode().rstrip("="),
        }
        self.subscription = json.dumps({"endpoint": endpoint, "expirationTime": None, "keys": keys})

    def read(self, body: bytes) -> Any:
        """What it decrypts."""
        return json.loads(http_ece.decrypt(body, private_key=self.key, auth_secret=self.auth, version="aes128gcm"))


@pytest.mark.usefixtures("inside")
def test_a_push_is_decrypted_by_another_librarys_reader(peer: Peer) -> None:
    browser = Browser(f"http://127.0.0.1:{peer.port}/push/abc?d=1")
    assert (
        webpush.WebPush().send(message(browser.subscription, urgent=True), key="1-2-3")
        == "accepted by the push service 127.0.0.1 (201)"
    )
    ((path, headers, body),) = peer.taken
    assert path == "/push/abc?d=1"
    assert b"Checkout" not in body
    told = browser.read(body)
    assert told["title"] == "Page: SEV 2 INC-1: Checkout fails"
    assert (told["url"], told["action"]) == ("https://muster.example/ack/t/", "Acknowledge")
    assert (headers["urgency"], headers["content-encoding"], headers["topic"]) == ("high", "aes128gcm", "1-2-3")
    assert int(headers["ttl"]) > 0


@pytest.mark.usefixtures("inside")
@pytest.mark.parametrize(
    "letter", ["\u0436", "\U0001f525", "\u6f22", '"', "\x01"]
)  # 2, 4, 3 bytes; JSON makes 2 and 6 of the last two
def test_a_push_in_any_script_fits_one_record(peer: Peer, letter: str) -> None:
    """What is shown is cut by what it takes, never within a character; where the button leads stays whole."""
    browser = Browser(f"http://127.0.0.1:{peer.port}/push/abc")
    long = replace(message(browser.subscription, urgent=True), subject=letter * 300, text=letter * 2000)
    webpush.WebPush().send(long, key="1-2-3")
    ((_, _, body),) = peer.taken
    assert len(body) <= 4096
    told = browser.read(body)
    assert told["title"] == letter * 200
    assert set(told["body"]) == {letter}
    assert len(told["body"]) == (600 if letter != "\x01" else len(told["body"])) > 400
    assert (told["url"], told["action"], told["tag"]) == ("https://muster.example/ack/t/", "Acknowledge", "1-2-3")


@pytest.mark.usefixtures("inside")
def test_a_push_is_signed_for_its_service(peer: Peer) -> None:
    """VAPID: a token for the service's origin, by the key that the browser subscribed with."""
    browser = Browser(f"http://127.0.0.1:{peer.port}/push/abc")
    webpush.WebPush().send(message(browser.subscription), key="1-2-3")
    ((_, headers, _),) = peer.taken
    token, key = (part.partition("=")[2] for part in headers["authorization"].removeprefix("vapid ").split(", "))
    assert key == webpush.public_key()
    signed, _, signature = token.rpartition(".")
    raw = unpadded(signature)
    known = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), unpadded(key))
    pair = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
    known.verify(pair, signed.encode(), ec.ECDSA(SHA256()))
    claims = json.loads(unpadded(signed.split(".")[1]))
    assert claims["aud"] == f"http://127.0.0.1:{peer.port}"
    assert claims["sub"].startswith("mailto:")


def unpadded(text: str) -> bytes:
    """URL-safe base64 without its padding."""
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


@pytest.mark.usefixtures("inside")
@pytest.mark.parametrize(
    ("status", "error"), [(404, Gone), (410, Gone), (429, TransportError), (500, TransportError), (302, TransportError)]
)
def test_what_a_push_service_answers_counts(peer: Peer, status: int, error: type[Exception]) -> None:
    peer.status = status
    with pytest.raises(error) as raised:
        webpush.WebPush().send(message(Browser(f"http://127.0.0.1:{peer.port}/x").subscription), key="1")
    assert isinstance(raised.value, Gone) == (error is Gone)
    assert len(peer.taken) == 1


# --- Messengers --------------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("inside")
def test_a_messenger_gets_the_page_and_its_link(peer: Peer) -> None:
    assert "which gives no receipt" in apprised.Apprise().send(message(f"json://127.0.0.1:{peer.port}/hook"), key="1")
    ((path, _, body),) = peer.taken
    assert path.startswith("/hook")
    told = json.loads(body)
    assert told["title"] == "Page: SEV 2 INC-1: Checkout fails"
    assert "https://muster.example/ack/t/" in told["message"]


def test_telegram_is_given_text_that_it_takes_as_text(monkeypatch: pytest.MonkeyPatch) -> None:
    """The library hands it on as HTML: a `<` would be refused, just of those pages that have one, and an alert could bring a link of its own."""
    sent: list[dict[str, Any]] = []

    def post(url: str, data: str = "", **_: Any) -> Any:
        sent.append(json.loads(data))
        answer = requests.Response()
        answer.status_code, answer._content = 200, b'{"ok": true}'
        return answer

    monkeypatch.setattr(requests, "post", post)
    told = replace(message("tgram://123456789:abcdefg_hijklmnop/7/"), subject="Page: space <5% & <b>less</b>", text="a < b")
    with override_settings(MUSTER_APPRISE_SCHEMES=["tgram"]):
        apprised.Apprise().send(told, key="1")
    (said,) = sent
    assert said["parse_mode"] == "HTML"
    assert "Page: space &lt;5% &amp; &lt;b&gt;less&lt;/b&gt;" in said["text"]
    assert "a &lt; b" in said["text"]
    assert "https://muster.example/ack/t/" in said["text"]


@pytest.mark.usefixtures("inside")
def test_a_messenger_that_refuses_is_a_failure(peer: Peer) -> None:
    peer.status = 500
    with pytest.raises(TransportError, match="did not take it"):
        apprised.Apprise().send(message(f"json://127.0.0.1:{peer.port}/hook"), key="1")


@pytest.mark.usefixtures("inside")
def test_a_scheme_that_is_not_allowed_any_more_sends_nothing(peer: Peer) -> None:
    with override_settings(MUSTER_APPRISE_SCHEMES=["tgram"]), pytest.raises(TransportError, match="not allowed"):
        apprised.Apprise().send(message(f"json://127.0.0.1:{peer.port}/hook"), key="1")
    assert peer.taken == []


def spoken(peer: Peer, kind: str, send: Message) -> Any:
    """What a provider is told, of a setting in which the number is a part of the URL."""
    url = f"json://127.0.0.1:{peer.port}/{{to}}"
    with override_settings(**{f"MUSTER_{kind.upper()}_URL": url}):
        made: Any = {"sms": apprised.Sms, "voice": apprised.Voice}[kind]()
        made.send(send, key="1")
    path, _, body = peer.taken[-1]
    assert "+49151234567" in path
    return json.loads(body)["message"]


@pytest.mark.usefixtures("inside")
def test_a_call_says_the_page_twice_and_takes_no_markup(peer: Peer) -> None:
    """The text of a call is TwiML, in which a title is text whatever it holds."""
    told = Message("+49151234567", "Amira", "Page: <Hangup/> & more", "", "https://muster.example/ack/t/", "Acknowledge")
    said = spoken(peer, "voice", told)
    assert said.count("<Say>Page: &lt;Hangup/&gt; &amp; more.</Say>") == 2
    assert "ack/t" not in said


@pytest.mark.usefixtures("inside")
def test_a_short_message_has_the_subject_and_the_link(peer: Peer) -> None:
    assert spoken(peer, "sms", message("+49151234567")).splitlines() == [
        "Page: SEV 2 INC-1: Checkout fails",
        "https://muster.example/ack/t/",
    ]


@pytest.mark.usefixtures("inside")
def test_a_short_message_of_several_pages_names_each(peer: Peer) -> None:
    several = [replace(message("+49151234567"), subject=f"Page: INC-{number}") for number in (1, 2, 3)]
    said = spoken(peer, "sms", merged(several, "https://muster.example/o/acme/inbox/"))
    assert said.splitlines() == [
        "3 messages, the first: Page: INC-1",
        "Page: INC-2. Page: INC-3",
        "https://muster.example/o/acme/inbox/",
    ]


@pytest.mark.usefixtures("inside")
def test_a_page_is_said_first_and_in_a_hurry_whatever_it_goes_together_with(peer: Peer) -> None:
    """By a browser's service, in a short message and in a call."""
    browser = Browser(f"http://127.0.0.1:{peer.port}/push")
    notice = replace(message(browser.subscription), subject="Notice: INC-2")
    several = merged([notice, message(browser.subscription, urgent=True)], "https://muster.example/o/acme/inbox/")
    webpush.WebPush().send(several, key="1")
    _, headers, body = peer.taken[-1]
    assert (headers["urgency"], browser.read(body)["title"]) == ("high", f"2 messages, the first: {PAGE}")
    phone = replace(several, address="+49151234567")
    assert spoken(peer, "sms", phone).splitlines()[:2] == [f"2 messages, the first: {PAGE}", "Notice: INC-2"]
    assert f"<Say>2 messages, the first: {PAGE}. Notice: INC-2</Say>" in spoken(peer, "voice", phone)


# --- What is never reached -----------------------------------------------------------------------------------------------------


@override_settings(MUSTER_APPRISE_SCHEMES=["json"])
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0.0.0.0", "2130706433"])
def test_what_was_saved_earlier_reaches_nothing_inside(peer: Peer, host: str) -> None:
    """Saved while it was allowed, or before there was a rule: it is judged again when it is sent."""
    with pytest.raises(TransportError):
        apprised.Apprise().send(message(f"json://{host}:{peer.port}/hook"), key="1")
    with pytest.raises(TransportError):
        webpush.WebPush().send(message(Browser(f"http://{host}:{peer.port}/push").subscription), key="1")
    assert peer.taken == []


@override_settings(MUSTER_APPRISE_SCHEMES=["json"])
def test_a_name_that_leads_inside_by_now_reaches_nothing(peer: Peer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rebinding: public when it was saved, this machine when it is sent; the lookup that is judged is the one that connects."""
    answers = ["93.184.216.34", "127.0.0.1", "127.0.0.1", "127.0.0.1"]

    def lookup(host: Any, port: Any, *_: Any, **__: Any) -> Any:
        return [(2, 1, 6, "", (answers.pop(0), port))]

    monkeypatch.setattr(reaching, "_lookup", lookup)
    assert reaching.judge("push.example.com") == ""
    with pytest.raises(TransportError):
        apprised.Apprise().send(message(f"json://push.example.com:{peer.port}/hook"), key="1")
    with pytest.raises(TransportError, match="may not be reached"):
        webpush.WebPush().send(message(Browser(f"http://push.example.com:{peer.port}/push").subscription), key="1")
    assert peer.taken == []
    assert len(answers) < 3, "nothing was looked up when it was sent"


@override_settings(MUSTER_APPRISE_SCHEMES=["json"], MUSTER_REACH_INSIDE=["push.example.com"])
def test_a_redirect_leads_nowhere(peer: Peer, monkeypatch: pytest.MonkeyPatch) -> None:
    real = reaching._lookup
    monkeypatch.setattr(
        reaching, "_lookup", lambda host, *a, **o: real("127.0.0.1" if host == "push.example.com" else host, *a, **o)
    )
    other = Peer()
    peer.status, peer.location = 307, f"http://127.0.0.1:{other.port}/inside"
    with pytest.raises(TransportError):
        apprised.Apprise().send(message(f"json://push.example.com:{peer.port}/hook?redirect=yes"), key="1")
    assert len(peer.taken) == 1
    assert other.taken == []
    other.server.shutdown()
    other.server.server_close()


def test_a_far_side_that_never_answers_is_left_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its thread goes on waiting; whoever sends does not. Too many of those, and the next is not begun."""
    held = threading.Event()
    with pytest.raises(reaching.TooLate, match="no answer within"):
        reaching.within(0.05, lambda: held.wait(20))
    monkeypatch.setattr(reaching, "_slots", threading.BoundedSemaphore(1))
    with pytest.raises(reaching.TooLate, match="no answer"):
        reaching.within(0.05, lambda: held.wait(20))
    with pytest.raises(reaching.TooLate, match="too many"):
        reaching.within(0.05, lambda: None)
    held.set()


def test_a_wrong_setting_is_found_before_anything_is_served(tmp_path: Path) -> None:
    def faults() -> set[str]:
        return {str(fault.id) for fault in run_checks() if str(fault.id).startswith("muster.")}

    assert faults() == set()
    file = tmp_path / "vapid.pem"
    with override_settings(MUSTER_SMS_URL="twilio://AC:x@+15550100/", MUSTER_VAPID_KEY_FILE=str(file)):
        assert faults() == {"muster.E003", "muster.E004"}
    key = ec.generate_private_key(ec.SECP256R1())
    file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    with override_settings(MUSTER_VAPID_KEY_FILE=str(file)):
        assert faults() == set()
        assert unpadded(webpush.public_key()) == key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
