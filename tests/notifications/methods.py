"""A person's contact methods, as tests come by them: through the API, verified by the code that went through them."""

import json
import re
from typing import Any

from tests.incidents.scene import Scene
from tests.notifications.outside import Outside

TELEGRAM = "tgram://123456789:abcdefg_hijklmnop/{}/"
CHANNELS = dict.fromkeys(("email", "apprise", "webpush", "sms", "voice"), "tests.notifications.outside.Outside")
CHANNELS["inbox"] = "notifications.transports.Inbox"


def add(scene: Scene, who: str = "amira", kind: str = "email", address: str = "home@example.com", **body: Any) -> Any:
    """Ask to add one; whatever the answer is."""
    return scene.api(who).post("me/contact-methods/", {"kind": kind, "address": address, **body})


def code_to(address: str) -> str:
    """The code in the last message that went there."""
    texts = [message.text for _, message in Outside.taken if message.address == address]
    found = re.search(r"Enter (\d{4} \d{4})", texts[-1])
    assert found is not None, texts
    return found[1]


def verified(scene: Scene, who: str = "amira", kind: str = "email", address: str = "home@example.com", **body: Any) -> int:
    """Add one and prove it. Returns its id."""
    answer = add(scene, who, kind, address, **body)
    assert answer.status_code == 201, answer.content
    pk = int(answer.json()["id"])
    scene.follow()
    proved = scene.api(who).post(f"me/contact-methods/{pk}/verify/", {"code": code_to(address)})
    assert proved.status_code == 200, proved.content
    Outside.clear()
    return pk


def listed(scene: Scene, who: str = "amira") -> list[dict[str, Any]]:
    """Somebody's methods as the API shows them."""
    rows: list[dict[str, Any]] = scene.api(who).get("me/contact-methods/").json()["results"]
    return rows


def refusal(answer: Any) -> dict[str, str]:
    """Code by code, the sentences of a refusal."""
    return {reason["code"]: reason["sentence"] for reason in json.loads(answer.content)["reasons"]}


def addresses(about: str = "") -> list[str]:
    """Where messages went whose subject has `about`, in their order."""
    return [message.address for _, message in Outside.taken if about in message.subject]
