"""A far side that takes messages and never answers delays no page that goes elsewhere by more than two seconds (bar R7).

With the processes and the limits of production: a mail server, and a messenger that a person has chosen.
"""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime

import pytest

from tests.portal.embedded import until
from tests.system.alerts import Volley
from tests.system.installation import Installation, Tenant
from tests.system.messenger import Messenger
from tests.turns import quiet

pytestmark = [pytest.mark.system, pytest.mark.clause("mobilize.page-out")]

DELAY = 2.0  # seconds by which what hangs may delay another page
PAGES = 30  # of each: more than all processes together may have in hand of one far side


@contextmanager
def reached_by(messenger: Messenger, tenant: Tenant) -> Iterator[None]:
    """Amira of this organisation, who is on call, has the messenger as her first contact method, verified by the code that it brought."""
    amira = tenant.api("amira")
    made = amira.post("me/contact-methods/", {"kind": "apprise", "address": messenger.url, "label": "Phone"}, expect=201)
    until(lambda: messenger.said)
    code = re.search(r"\d{4} \d{4}", messenger.said[-1].text)
    assert code is not None, messenger.said[-1].text
    amira.post(f"me/contact-methods/{made['id']}/verify/", {"code": code[0]})
    try:
        yield
    finally:
        amira.post(f"me/contact-methods/{made['id']}/remove/")


def slowest(one: Volley, arrived: Callable[[str], datetime | None], beside: Volley | None = None) -> float:
    """Fire alerts, each with one of another organisation before it. Returns how long the page took that took longest, in seconds."""
    with quiet():
        for _ in range(PAGES):
            if beside is not None:
                beside.fire()
            one.fire()
            time.sleep(0.1)
        until(lambda: all(arrived(alert) for alert in one.accepted))
    assert len(one.accepted) == PAGES
    taken = {alert: arrived(alert) for alert in one.accepted}
    return max((when - one.accepted_at[alert]).total_seconds() for alert, when in taken.items() if when)


def test_a_messenger_that_hangs_holds_up_no_mail(muster: Installation, acme: Tenant, globex: Tenant) -> None:
    def mailed(volley: Volley) -> Callable[[str], datetime | None]:
        return lambda alert: volley.taken_at().get(alert)

    usual = Volley(muster, globex, "usual")
    as_ever = slowest(usual, mailed(usual))
    with Messenger() as messenger, reached_by(messenger, acme):
        messenger.hang()
        hanging, beside = Volley(muster, acme, "hanging"), Volley(muster, globex, "beside")
        delayed = slowest(beside, mailed(beside), hanging)
        assert messenger.hanging, "nothing hung"
        until(hanging.all_paged)  # by mail, the next of Amira's ways
    assert delayed <= as_ever + DELAY, "a messenger that hangs held up another organisation's mail"


def test_a_mail_server_that_hangs_holds_up_no_messenger(muster: Installation, acme: Tenant, globex: Tenant) -> None:
    with Messenger() as messenger, reached_by(messenger, globex):

        def said(alert: str) -> datetime | None:
            found = messenger.about(f"{alert} ")
            return found.at if found else None

        as_ever = slowest(Volley(muster, globex, "usual"), said)
        muster.sink.held = True
        hanging = Volley(muster, acme, "hanging")
        delayed = slowest(Volley(muster, globex, "beside"), said, hanging)
        assert hanging.at_sink(), "nothing hung"
        assert not hanging.accepted_at_sink()
        muster.sink.behave()
        until(hanging.all_paged)
    assert delayed <= as_ever + DELAY, "a mail server that hangs held up a messenger"
