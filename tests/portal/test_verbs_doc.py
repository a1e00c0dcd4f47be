"""docs/verbs.md is what the code says, and the table of verbs is true to the law and to the record."""

import re
from pathlib import Path
from typing import Final

import pytest
from django.conf import settings
from django.core.management import call_command

from compliance.actions.duties import CLOCK as DUTY_CLOCK
from incidents.doors import DOORS
from ledger.verbs import EVERY_CLOCK, VERBS
from portal.management.commands.verbs import document, doors_of_verbs
from standard.law import Law, shipped

# Every verb is open in web, API and chat alike, but these; each has its reason.
_PACKS = "a file that is made later and downloaded: a line of chat carries none"
_BY_ITSELF = "nobody does it: it follows from what was done, or from time"
_SETTING_UP = "setting the house up is for its own page or command, and no work of an incident"
SHIFTS = (
    *("calendar link:share", "calendar link:revoke", "override:give", "override:cancel", "swap:offer", "swap:accept", "swap:end"),
    *(f"schedule:{verb}" for verb in ("make", "change", "add-layer", "change-layer", "end-layer", "import")),
)
CONTACT = ("add", "arrange", "ask-code", "lose", "quiet", "remove", "test", "verify")
ROUTING = (
    *(
        "routing rule:set-rule",
        "routing rule:remove-rule",
        "maintenance window:plan-maintenance",
        "maintenance window:end-maintenance",
    ),
    *("integration:issue-key", "integration:withdraw-keys", "integration:map"),
)
OF_THE_PROCESS_OWNER = (
    *(f"standard draft:{verb}" for verb in ("start", "change", "discard", "restore", "publish")),
    *("standard version:withdraw", "feedback:settle", "process review:write", "process review:sign-off"),
    "release policy:set",
)
OWN = tuple(f"contact method:{verb}" for verb in CONTACT)
REVIEWS = (
    *(f"review:{verb}" for verb in ("call", "move", "cancel", "hold", "correct-time")),
    *(f"postmortem:{verb}" for verb in ("keep-wording", "take-back-wording", "waive", "lift-waiver", "need-no-items")),
    *("postmortem:release", "postmortem:withdraw"),
)
_REVIEWS = "a review, its wordings and what goes out are read before they are decided: on their pages, or through the API"
_OWN = "how one is reached is set up on one's own page or through the API, not said in a room"
_OF_THE_PROCESS_OWNER = (
    "the standard is worked on at a desk, on its pages or through the API: the grammar of chat speaks of incidents"
)
DOCUMENT = (
    *("edit-section", "set-facts", "explain-whys", "pick", "add-entry", "annotate", "remove-entry"),
    *("add-why", "change-why", "move-why", "remove-why", "comment", "settle-comment", "ask-reader", "answer-reading"),
    *("name-author", "publish", "take-up"),
)
_DOCUMENT = "a document is written on its page and through the API: a line of chat speaks of the incident while it runs"
ACCESS = (
    *("production system:register", "production system:retire", "production system:take-in", "access:end", "principal:name"),
    *("access review:decide", "access review:sign", "break glass:break", "break glass:judge"),
)
_ACCESS = "who has access, and breaking the glass, are read before they are decided: on their pages, or through the API"
_SHIFTS = "shifts are arranged on the on-call page and through the API: the grammar of chat speaks of incidents"
OF_THE_LAW = (
    *(f"legal hold:{verb}" for verb in ("place", "ask-release", "release", "keep")),
    *(f"custodian task:{verb}" for verb in ("ask", "acknowledge", "prove", "send-link", "withdraw")),
    *("retention:set", "erasure:ask", "erasure:decide"),
)
_OF_THE_LAW = "holds, retention and erasure are Legal's and the administrators' business, on their pages and through the API"
_DUTIES = "what the law asks for is decided at a desk, on its pages or through the API, and its proof is a file"
ELSEWHERE: Final = {
    **dict.fromkeys(
        (f"session:{verb}" for verb in ("open", "refuse", "end")), "signing in has a page of its own, before there is a room"
    ),
    "export:give": "a file is downloaded: a line of chat carries none",
    **dict.fromkeys((f"duty of law:{verb}" for verb in ("propose", "decide", "start", "file")), _DUTIES),
    **dict.fromkeys((f"rule of law:{verb}" for verb in ("load", "approve", "withdraw")), _DUTIES),
    **dict.fromkeys(OF_THE_LAW, _OF_THE_LAW),
    **dict.fromkeys(("custodian task:chase", "snapshot:chase", "retention:run"), _BY_ITSELF),
    "incident:attach": "a line of chat carries no file",
    "incident:look": "what is recorded is that an executive opened the page",
    "incident:expire": _BY_ITSELF,
    "incident:mobilised": _BY_ITSELF,
    "order:chase": _BY_ITSELF,
    "action item:escalate": _BY_ITSELF,
    "action item:tell-date": _BY_ITSELF,
    "page:page": _BY_ITSELF,
    "page:page-again": _BY_ITSELF,
    "page:page-person": _BY_ITSELF,
    "page:escalate": _BY_ITSELF,
    "page:end": _BY_ITSELF,
    "page:calm": _BY_ITSELF,
    "page:begin": _BY_ITSELF,
    "readiness notice:notice": _BY_ITSELF,
    "readiness notice:alarm": _BY_ITSELF,
    "clock:prompt": _BY_ITSELF,
    "clock:break": _BY_ITSELF,
    "clock:strike-again": _SETTING_UP,
    **dict.fromkeys(SHIFTS, _SHIFTS),
    **dict.fromkeys(OWN, _OWN),
    **dict.fromkeys(ACCESS, _ACCESS),
    "access review:open": _BY_ITSELF,
    "postmortem:open": _BY_ITSELF,
    **dict.fromkeys((f"postmortem:{verb}" for verb in DOCUMENT), _DOCUMENT),
    **dict.fromkeys(REVIEWS, _REVIEWS),
    "signal:suppress": _BY_ITSELF,
    "signal:ask": "what is suppressed is looked through on its own page; the sweep asks when the reason is over",
    **dict.fromkeys(ROUTING, _SETTING_UP),
    "alert:acknowledged-outside": "monitoring has a door of its own",
    "integration:tell-change": "monitoring has a door of its own",
    "alert:receive": "monitoring has a door of its own",
    **dict.fromkeys(("membership:invite", "membership:invite-again"), _SETTING_UP),
    "API token:issue-token": _SETTING_UP,
    "API token:revoke-token": _SETTING_UP,
    "any configuration row:configure": _SETTING_UP,
    "status page:set": _SETTING_UP,
    "audit engagement:make": _SETTING_UP,
    "audit engagement:end": _SETTING_UP,
    "a reaction that was set aside:try-again": _SETTING_UP,
    "integration:integrate": _SETTING_UP,
    "organisation:found": _SETTING_UP,
    "standard version:adopt": _SETTING_UP,
    **dict.fromkeys(OF_THE_PROCESS_OWNER, _OF_THE_PROCESS_OWNER),
    "process review:open": _BY_ITSELF,
    **dict.fromkeys((f"evidence pack:{verb}" for verb in ("ask", "ask-for-period", "ask-for-engagement", "hand-out")), _PACKS),
    **dict.fromkeys((f"evidence pack:{verb}" for verb in ("finish", "give-up", "supersede", "remove")), _BY_ITSELF),
}


def test_the_page_is_fresh() -> None:
    call_command("verbs", "--check")
    assert (Path(settings.BASE_DIR) / "docs" / "verbs.md").read_text(encoding="utf-8") == document()


def test_writing_it_twice_is_the_same() -> None:
    assert document() == document()


@pytest.mark.parametrize("verb", DOORS)
def test_every_verb_of_the_doors_is_in_it(verb: str) -> None:
    assert VERBS[f"incident:{verb}"].summary
    assert f"| **{verb}** |" in document()


def test_every_verb_is_open_in_web_api_and_chat_alike_unless_said() -> None:
    missing = {name: doors for name, doors in doors_of_verbs().items() if not {"web", "API", "chat"} <= set(doors)}
    assert set(missing) == set(ELSEWHERE), missing


def test_it_names_clauses_and_clocks_that_there_are() -> None:
    known = {clause.id for clause in Law.from_data(shipped()).clauses} | {DUTY_CLOCK}
    document()  # imports every room
    for name, verb in VERBS.items():
        assert set(verb.clauses) <= known, name
        clocks = {clock for clock in (*verb.starts, *verb.stops) if clock != EVERY_CLOCK}
        assert clocks <= known, name
        assert re.fullmatch(r"[a-z_.]+(, [a-z_.]+)*", ", ".join([verb.kind, *verb.sometimes])), name
