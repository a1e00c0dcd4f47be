"""The table from word to verb. A row says which verb of an incident a word is, how the rest of the line is read, and an example.

What a line means is only read here; whether it may be done is the verb's own rules, the same as at every other door.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from incidents.states import Audience, PublicStatus, RoomRole, State, Verdict
from integrations.chat.line import Line, minutes
from integrations.chat.times import correct_time
from integrations.chat.updates import audience, public, script
from tenants.time import now

type Body = dict[str, Any]

ROLES = {role.value: role.value for role in RoomRole} | {
    "commander": RoomRole.IC.value,
    "ops": RoomRole.OL.value,
    "comms": RoomRole.CL.value,
}
CHECKLIST_ROLES = {role: role for role in ("ic", "ol", "cl")}
FLAGS: Mapping[str, Body] = {
    "pii": {"flag": "personal_data", "kinds": ["pii"]},
    "phi": {"flag": "personal_data", "kinds": ["phi"]},
    "personal": {"flag": "personal_data"},
    "money": {"flag": "financial_loss"},
}


@dataclass(frozen=True, slots=True)
class Word:
    """A word, the verb it is (a name of incidents.doors.DOORS, or one of dispatch.OUTSIDE), and how the rest of its line is read."""

    word: str
    verb: str
    example: str
    read: Callable[[Line], Body]
    also: tuple[str, ...] = ()


def _nothing(line: Line) -> Body:
    line.end()
    return {}


def _aside(line: Line) -> Body:
    """What is about no incident yet is read where it is done (signals.py)."""
    return {}


def _maybe_because(line: Line) -> Body:
    why = line.because()
    line.end()
    return {"reason": why} if why else {}


def _reason(line: Line) -> Body:
    return {"reason": line.reason("Say why.")}


def _all(name: str, missing: str) -> Callable[[Line], Body]:
    return lambda line: {name: line.text(missing)}


def _to(state: State) -> Callable[[Line], Body]:
    def read(line: Line) -> Body:
        why = line.because() or line.rest
        line.rest = ""
        return {"to": state.value} | ({"reason": why} if why else {})

    return read


def _advance(line: Line) -> Body:
    states = {state.value: state.value for state in (State.INVESTIGATION, State.MITIGATION, State.MONITORING)}
    to = line.choice(states, "Say where to: investigation, mitigation or monitoring.")
    return {"to": to} | _maybe_because(line)


def _assign(line: Line) -> Body:
    role = line.choice(ROLES, "Say which role: ol, cl or scribe.")
    return {"role": role, "person": line.person("Say whom.")} | _maybe_because(line)


def _role(line: Line) -> Body:
    return {"role": line.choice(ROLES, "Say which role: ol, cl or scribe.")} | _maybe_because(line)


def _severity(line: Line) -> Body:
    level = line.token("Say which level, 1 to 4.").lower().removeprefix("sev")
    if level not in ("1", "2", "3", "4"):
        line.teach("A severity is 1 to 4.")
    return {"severity": f"SEV{level}", "reason": line.reason("Say why.")}


def _rhythm(line: Line) -> Body:
    return {"minutes": minutes(line.text("Say every how many minutes."))}


def _page(line: Line) -> Body:
    why = line.because()
    whom = line.token("Say whom: @ana, service:checkout or duty:legal_counsel.")
    kind, _, name = whom.partition(":")
    why = why or line.text("Say why.")
    if kind in ("service", "duty") and name:
        return {kind: name, "reason": why}
    line.rest = whom
    return {"person": line.person("Say whom."), "reason": why}


def _merge(line: Line) -> Body:
    return {"into": line.token("Say into which incident.").upper()} | _maybe_because(line)


def _note(line: Line) -> Body:
    moment = line.clock()
    body: Body = {"text": line.text("Say what happened.")}
    return body | ({"occurred_at": moment.isoformat()} if moment else {})


def _reply(line: Line) -> Body:
    return {"thread": line.number("Say to which entry, by its number."), "text": line.text("Say what you answer.")}


def _correct(line: Line) -> Body:
    return {"entry": line.number("Say which entry, by its number."), "text": line.text("Say what is right.")}


def _decide(line: Line) -> Body:
    why = line.because()
    if not why:
        line.teach("Say why.")
    what, _, options = line.text("Say what is decided.").partition("| options")
    body: Body = {"text": what.strip(), "reason": why}
    listed = [option.strip() for option in options.strip(" :").split("/") if option.strip()]
    return body | ({"options": listed} if listed else {})


def _impact(line: Line) -> Body:
    edge = line.choice({"start": "start", "started": "start", "end": "end", "ended": "end"}, "Say start or end.")
    moment = line.clock()
    if moment is None:
        if line.rest.lower() not in ("", "now"):
            line.teach("Say when: 10:43, or now.")
        line.rest = ""
    line.end()
    return {edge: (moment or now()).isoformat()}


def _tick(line: Line) -> Body:
    role = line.choice(CHECKLIST_ROLES, "Say whose list: ic, ol or cl.")
    body = {"role": role, "key": line.token("Say which step, by its key.")}
    line.end()
    return body


def _verdict(verdict: Verdict) -> Callable[[Line], Body]:
    return lambda line: {
        "hypothesis": line.number("Say which hypothesis, by its number."),
        "verdict": verdict.value,
        "seen": line.text("Say what you saw."),
    }


def _propose(line: Line) -> Body:
    eta = line.eta()
    body: Body = {"text": line.text("Say what you want to do.")}
    return body | ({"eta_minutes": eta} if eta is not None else {})


def _order(line: Line) -> Body:
    eta = line.eta()
    body: Body = {"to": line.person("Say whom."), "text": line.text("Say what they are to do.")}
    return body | ({"eta_minutes": eta} if eta is not None else {})


def _one_change(line: Line) -> Body:
    """The change that is named; without a number, the only one that waits."""
    number = line.maybe_number()
    waiting = [change.number for change in line.facts.changes if change.waits]
    if number is None and len(waiting) == 1:
        number = waiting[0]
    if number is None:
        line.teach(f"Say which change, by its number{': ' + ', '.join(map(str, waiting)) if waiting else ''}.")
    return {"change": number}


def _approve(line: Line) -> Body:
    body = _one_change(line)
    line.end()
    return body


def _reject(line: Line) -> Body:
    return _one_change(line) | _reason(line)


def _execute(line: Line) -> Body:
    body: Body = {"change": line.number("Say which change, by its number.")}
    why = line.because()
    body |= {"reason": why} if why else {}
    return body | ({"outcome": line.text("")} if line.rest else {})


def _worked(worked: bool) -> Callable[[Line], Body]:
    return lambda line: {
        "change": line.number("Say which change, by its number."),
        "worked": worked,
        "seen": line.text("Say what you saw."),
    }


def _deviation(line: Line) -> Body:
    why = line.because()
    if not why:
        line.teach("Say why it was done without approval.")
    moment = line.clock()
    body: Body = {"text": line.text("Say what was done."), "reason": why}
    return body | ({"occurred_at": moment.isoformat()} if moment else {})


def _mine(line: Line, *, waiting: bool) -> int:
    """My oldest order that waits for this: my acknowledgement, or being done."""
    orders = [order for order in line.facts.orders if order.is_open and order.recipient_id == line.by.user_id]
    found = next((order.number for order in orders if order.waits or not waiting), None)
    if found is None:
        line.teach(f"No order of yours waits for {'your acknowledgement' if waiting else 'being done'}.")
    return found


def _done(line: Line) -> Body:
    number = line.maybe_number()
    body: Body = {"order": number if number is not None else _mine(line, waiting=False)}
    return body | ({"outcome": line.text("")} if line.rest else {})


def _acknowledge(line: Line) -> Body:
    number = line.maybe_number()
    line.end()
    return {"order": number if number is not None else _mine(line, waiting=True)}


def _withdraw(line: Line) -> Body:
    return {"order": line.number("Say which order, by its number.")} | _maybe_because(line)


def _flag(line: Line) -> Body:
    kind = line.choice({name: name for name in FLAGS}, "Say which: pii, phi or money.")
    return FLAGS[kind] | _reason(line)


def _unflag(line: Line) -> Body:
    kind = line.choice({name: name for name in FLAGS}, "Say which: pii, phi or money.")
    return {"flag": FLAGS[kind]["flag"]} | _reason(line)


def _person_reason(line: Line) -> Body:
    why = line.because()
    body = {"person": line.person("Say whom.")}
    return body | {"reason": why or line.text("Say why.")}


def _fulfil(line: Line) -> Body:
    """Which copy, where it lies, and its hash at the end; without a number, the only one that is still to be made."""
    number = line.maybe_number()
    waiting = [snapshot.id for snapshot in line.facts.snapshots if snapshot.waits]
    if number is None and len(waiting) == 1:
        number = waiting[0]
    if number is None:
        line.teach(f"Say which copy, by its number{': ' + ', '.join(map(str, waiting)) if waiting else ''}.")
    location, _, digest = line.text("Say where the copy lies.").partition(" sha256 ")
    body: Body = {"snapshot": number, "location": location.strip()}
    return body | ({"sha256": digest.strip()} if digest else {})


def _resolve(line: Line) -> Body:
    summary, *despite = [part.strip() for part in line.text("Say what it was, and what ended it.").split("| despite")]
    overrides = {}
    for one in despite:
        code, _, why = one.partition(" because ")
        if not why.strip():
            line.teach("Each “despite” says why: despite alerts_firing because …")
        overrides[code.strip().replace(" ", "_")] = why.strip()
    return {"summary": summary} | ({"overrides": overrides} if overrides else {})


def _sitrep(line: Line) -> Body:
    return {"text": line.rest}


WORDS: tuple[Word, ...] = (
    Word("declare", "declare", "declare SEV1 service:checkout checkout failing for everyone", _aside),
    Word("declare-from", "signal:declare-from", "declare-from 12 SEV1 checkout failing for everyone", _aside),
    Word("report", "signal:report", "report some customers cannot pay", _aside),
    Word("triage", "triage", "triage", _aside),
    Word("attach", "signal:attach", "attach 12 INC-42", _aside),
    Word("dismiss", "signal:dismiss", "dismiss 12 because the probe was being moved", _aside),
    Word("join", "join", "join", _nothing),
    Word("leave", "leave", "leave", _nothing),
    Word("claim", "claim", "claim", _maybe_because),
    Word("assign", "assign", "assign ol @ana", _assign),
    Word("accept", "accept", "accept ol", _role),
    Word("decline", "decline", "decline ol because I am on another call", _role),
    Word("step-down", "step-down", "step-down scribe", _role),
    Word("sev", "severity", "sev 2 because search works again", _severity, ("severity",)),
    Word("advance", "advance", "advance mitigation", _advance),
    Word("investigate", "advance", "investigate because it is back", _to(State.INVESTIGATION)),
    Word("mitigate", "advance", "mitigate", _to(State.MITIGATION)),
    Word("monitor", "advance", "monitor", _to(State.MONITORING)),
    Word("assess", "assess", "assess one in five orders fails, Europe only", _all("text", "Say how bad it is.")),
    Word("bridge", "bridge", "bridge https://meet.example/war-room", _all("url", "Give the bridge's address.")),
    Word("rhythm", "rhythm", "rhythm 10m", _rhythm),
    Word("check-in", "check-in", "check-in still comparing the two replicas", _all("text", "Say where you are."), ("checkin",)),
    Word("page", "page", "page @ana because we need a database expert", _page),
    Word("handover", "handover", "handover @bo", lambda line: {"to": line.person("Say to whom.")}),
    Word("shadow", "shadow", "shadow", _nothing),
    Word("sitrep", "sitrep", "sitrep (shows the draft); sitrep post; sitrep <your own words>", _sitrep),
    Word("announce", "announce", "announce", _nothing),
    Word("take-command", "take-command", "take-command", _maybe_because, ("command",)),
    Word("call-off", "call-off", "call-off", _maybe_because),
    Word("update", "update", "update payments time out | 1 in 5 orders fails | rolling back | next 20m", audience(Audience.INTERNAL)),
    Word("exec", "update", "exec checkout is down | sales stopped | a rollback runs | next 30m", audience(Audience.EXECUTIVE)),
    Word("script", "update", "script Please ask customers to try again after 15:00", script),
    Word("public", "update", f"public {PublicStatus.IDENTIFIED} no-cause we know what fails | no cards | we roll back | next 30m", public),
    Word("approve-update", "approve-update", "approve-update 7", lambda line: {"update": line.number("Say which update.")}),
    Word(
        "reject-update",
        "reject-update",
        "reject-update 7 because the second sentence promises too much",
        lambda line: {"update": line.number("Say which update.")} | _reason(line),
    ),
    Word("ask", "ask", "ask when will checkout be back?", _all("text", "Say what you want to know.")),
    Word("note", "note", "note 10:43 OL restarted pod A", _note),
    Word("reply", "note", "reply 12 that was replica 2", _reply),
    Word("correct", "correct", "correct 12 it was pod B", _correct),
    Word("correct-time", "correct-time", "correct-time mitigated 10:43 because the graph shows it", correct_time),
    Word("decide", "decide", "decide fail over to region B because A is lost | options fail over / wait", _decide),
    Word("impact", "impact", "impact end 10:58", _impact),
    Word("tick", "tick", "tick ol gather", _tick),
    Word("hypothesis", "hypothesis", "hypothesis the orders table is locked", _all("text", "Say what you believe."), ("think",)),
    Word("confirm", "verify", "confirm 1 heavy locks in pg_stat_activity", _verdict(Verdict.CONFIRMED)),
    Word("refute", "verify", "refute 1 no locks at all", _verdict(Verdict.REFUTED)),
    Word("propose", "propose", "propose roll back v1.2.3 eta 5m", _propose),
    Word("approve", "approve", "approve 3", _approve),
    Word("reject", "reject", "reject 3 because it loses the carts", _reject),
    Word("execute", "execute", "execute 3", _execute),
    Word("fixed", "verify-fix", "fixed 3 error rate is 0.1 %", _worked(True)),
    Word("failed", "verify-fix", "failed 3 nothing changed", _worked(False)),
    Word("deviation", "deviation", "deviation 10:41 restarted db-2 because it was on fire", _deviation),
    Word("order", "order", "order @ana restart db-2 eta 5m", _order),
    Word("ack", "acknowledge", "ack", _acknowledge, ("copy", "acknowledge")),
    Word("done", "done", "done 3", _done),
    Word("withdraw", "withdraw", "withdraw 3", _withdraw),
    Word("flag", "flag", "flag pii because the export had addresses in it", _flag),
    Word("unflag", "unflag", "unflag pii because the file was test data", _unflag),
    Word("admit", "admit", "admit @ana because she wrote the export", _person_reason),
    Word("remove", "remove", "remove @ana because she is done", _person_reason),
    Word("snapshot", "snapshot", "snapshot the ledger database as of 10:40", _all("what", "Say what to preserve.")),
    Word("fulfil", "fulfil", "fulfil 3 s3://evidence/ledger-1040.dump sha256 <its hash>", _fulfil),
    Word("resolve", "resolve", "resolve a bad deploy, rolled back", _resolve),
    Word("reopen", "reopen", "reopen because it is back", _reason),
    Word("merge", "merge", "merge INC-41", _merge),
    Word("false-positive", "false-positive", "false-positive because the probe was broken", _reason),
    Word("close", "close", "close", _maybe_because),
    Word("feedback", "feedback", "feedback the IC checklist has a step too many", _aside),
    Word("action", "action", "action prevention @jon add a lock timeout (or: action done 3)", _aside),
    Word("help", "help", "help", _aside),
)  # fmt: skip

TABLE: dict[str, Word] = {name: word for word in WORDS for name in (word.word, *word.also)}
