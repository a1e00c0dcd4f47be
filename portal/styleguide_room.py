"""The style guide's war room: its parts with invented data, in the shapes that incidents/room passes."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from django import forms

type Row = dict[str, Any]
NOW = datetime(2026, 11, 23, 2, 41, 2, tzinfo=UTC)  # a fixed night, so that two screenshots are alike


def ago(**span: float) -> datetime:
    """A moment before the fixed night."""
    return NOW - timedelta(**span)


class NoteForm(forms.Form):
    """One text."""

    text = forms.CharField(label="Note", widget=forms.Textarea(attrs={"rows": 3}))


class UpdateForm(forms.Form):
    """A structured update, one field with a hint."""

    what = forms.CharField(label="What happens", widget=forms.Textarea(attrs={"rows": 2}))
    impact = forms.CharField(label="Impact", help_text="Who notices, and how many.")
    next_at = forms.ChoiceField(label="Next update", choices=[("15", "in 15 minutes"), ("30", "in 30 minutes")])


class ReasonForm(forms.Form):
    """A reason."""

    reason = forms.CharField(label="Reason", widget=forms.Textarea(attrs={"rows": 2}))


class WordForm(forms.Form):
    """A word that may be said."""

    outcome = forms.CharField(label="What came of it?", required=False, widget=forms.Textarea(attrs={"rows": 2}))


class ImpactForm(forms.Form):
    """A moment."""

    at = forms.DateTimeField(label="Impact ended", widget=forms.DateTimeInput(attrs={"type": "datetime-local"}))


def verb(name: str, label: str, form: forms.Form | None = None, key: str = "", **more: Any) -> Row:
    """A verb as the room's page has it."""
    row_id = f"{name}-{key}" if key else name
    form = form or forms.Form()
    base: Row = {
        "id": row_id, "name": name, "label": label, "url": "#", "allowed": True, "reasons": [], "primary": False, "hidden": [],
        "needs_form": bool(form.fields), "asks": any(field.required for field in form.fields.values()), "open": form.is_bound,
        "more": next((str(field.label) for field in form.fields.values()), ""), "form": form, "overridable": False,
        "multipart": False,
    }  # fmt: skip
    base |= more
    return base | {"possible": base["allowed"] or base["overridable"] or base["open"]}


def _why(code: str, sentence: str, clause: str = "") -> Row:
    return {"code": code, "sentence": sentence, "clause": clause}


def verbs() -> list[Row]:
    """A verb in each of its states."""
    refused = UpdateForm({"what": "", "impact": "all users", "next_at": "15"}, auto_id="update-%s")
    return [
        verb("claim", "Take command", primary=True),
        verb("note", "Post", NoteForm(auto_id="note-%s")),
        verb("update", "Send an update", refused),
        verb("severity", "Change severity", ReasonForm(auto_id="severity-%s")),
        verb("end_impact", "End of impact", ImpactForm(auto_id="end_impact-%s")),
        verb("advance", "Start the investigation", ReasonForm(auto_id="advance-%s"), allowed=False, overridable=True,
             reasons=[_why("roles-open", "Commander and Communications Lead are still open.", "mobilize.roles")]),
        verb("leave", "Leave the room"),
        verb("resolve", "Resolve", allowed=False, reasons=[
            _why("impact-open", "The impact has not ended.", "resolve.impact-ceased"),
            _why("alerts-firing", "1 alert is still firing: CheckoutErrorRate.", "resolve.alerts-cleared"),
        ]),
        verb("close", "Close", allowed=False, reasons=[_why("not-resolved", "It is not resolved yet.")]),
    ]  # fmt: skip


def roles() -> list[Row]:
    """Command open, a role of mine, one offered, one held."""

    def role(key: str, label: str, holder: str = "", minutes: float = 0, **more: Any) -> Row:
        since = ago(minutes=minutes) if holder else None
        base: Row = {"key": key, "label": label, "short": key.upper(), "holder": holder, "email": "", "since": since,
                     "held": f"{minutes} min", "mine": False, "offered_to": "", "offered_at": None, "on_call": [], "verbs": []}  # fmt: skip
        return base | more

    return [
        role("ic", "Incident Commander", on_call=["Mei Tan", "Sam Petrov-Llewellyn"]),
        role("ol", "Operations Lead", "Jon Okafor", 18, mine=True, verbs=[verb("step-down", "Step down", key="ol")]),
        role("cl", "Communications Lead", offered_to="Mei Tan", offered_at=ago(minutes=1)),
        role(
            "scribe",
            "Scribe",
            "Sam Petrov-Llewellyn",
            9,
            verbs=[verb("assign", "Ask somebody else", _reason("assign"), "scribe")],
        ),
    ]


def _reason(name: str) -> ReasonForm:
    return ReasonForm(auto_id=f"{name}-%s")


def _word(name: str) -> WordForm:
    return WordForm(auto_id=f"{name}-%s")


def handover() -> Row:
    """The third step of five, and it is my turn."""
    done = [("Offered", 16, "Amira Haddad"), ("Shadowing", 15, "Jon Okafor")]
    steps = [{"label": label, "done_at": ago(minutes=minutes), "who": who, "now": False} for label, minutes, who in done]
    steps.append({"label": "Situation report", "done_at": None, "who": "Amira Haddad", "now": True})
    steps += [
        {"label": label, "done_at": None, "who": who, "now": False}
        for label, who in (("Announced", "Amira Haddad"), ("“I have command”", "Jon Okafor"))
    ]
    return {
        "outgoing": "Amira Haddad", "incoming": "Jon Okafor", "steps": steps, "turn": "You", "mine": True, "sitrep": "",
        "next_label": "Situation report", "shadow_ends": NOW + timedelta(minutes=2), "shadowing": True,
        "verbs": [verb("sitrep", "Post the situation report", _reason("sitrep")), verb("call-off", "Call the handover off")],
    }  # fmt: skip


def order(number: int, text: str, **more: Any) -> Row:
    """An order that waits."""
    base: Row = {
        "number": number, "text": text, "from": "Amira Haddad", "to": "Jon Okafor", "mine": False, "issued_at": ago(minutes=2.7),
        "waits": True, "is_open": True, "age": "2 min 40 s", "acknowledged": "", "done": "", "outcome": "", "withdrawn": False,
        "chased": False, "expected_at": None, "late": False, "verbs": [],
    }  # fmt: skip
    return base | more


def orders() -> Row:
    """One that waits for me, one of mine that is late, one that somebody lets wait, and what is over."""
    mine = [verb("acknowledge", "Acknowledge", key="1"), verb("done", "Done", _word("done-1"), "1")]
    at_it = {"waits": False, "acknowledged": "13 s"}
    return {
        "now": [order(1, "Roll back v1.2.3", mine=True, expected_at=NOW + timedelta(minutes=5), verbs=mine)],
        "mine": [order(2, "Count the failed orders", mine=True, expected_at=ago(minutes=1), late=True, **at_it,
                       verbs=[verb("done", "Done", _word("done-2"), "2")])],
        "others": [order(3, "Draft the public update", to="Mei Tan", chased=True,
                         verbs=[verb("withdraw", "Withdraw", _word("withdraw-3"), "3")])],
        "over": [order(4, "Open the bridge", to="Sam Petrov-Llewellyn", is_open=False, done="1 min 2 s", outcome="It is open.", **at_it),
                 order(5, "Restart the cache", is_open=False, withdrawn=True, waits=False)],
        "more": 2, "waiting": 2,
    }  # fmt: skip


def changes() -> Row:
    """One that waits for the IC, one approved, and one that was a deviation."""

    def change(number: int, text: str, state: str, tone: str, **more: Any) -> Row:
        base: Row = {
            "number": number, "text": text, "by": "Jon Okafor", "at": ago(minutes=3), "age": "3 min 0 s", "eta": 5,
            "hypothesis": None, "waits": False, "state_label": state, "tone": tone, "decided_by": "", "decision_reason": "",
            "executed_by": "", "executed_at": None, "outcome": "", "deviation": False, "deviation_reason": "", "verified_by": "",
            "seen": "", "verbs": [],
        }  # fmt: skip
        return base | more

    return {
        "live": [
            change(1, "Roll back v1.2.3 in both regions", "Waits for approval", "soon", waits=True, hypothesis=1,
                   verbs=[verb("approve", "Approve", key="1"), verb("reject", "Reject", _reason("reject-1"), "1")]),
            change(2, "Add a lock timeout", "Approved", "told", verbs=[verb("execute", "Execute", _word("execute-2"), "2")]),
        ],
        "over": [change(3, "Killed the migration", "Executed", "told", deviation=True, deviation_reason="It held every order.",
                        executed_by="Jon Okafor", outcome="Locks are gone.", verified_by="Mei Tan", seen="Orders go through.")],
        "more": 0, "waiting": 1,
    }  # fmt: skip


def hypotheses() -> list[Row]:
    """One to test, one that was refuted."""
    base: Row = {"by": "Jon Okafor", "at": ago(minutes=9), "seen": "", "verified_by": "", "verbs": []}
    return [
        base | {"number": 1, "text": "v1.2.3 takes a table lock on orders", "is_open": True, "verdict_label": "Not tested yet",
                "tone": "soon", "verbs": [verb("verify", "Verify", _reason("verify-1"), "1")]},
        base | {"number": 2, "text": "The cache is cold", "is_open": False, "verdict_label": "Refuted", "tone": "quiet",
                "seen": "Hit rate is 98 %.", "verified_by": "Mei Tan"},
    ]  # fmt: skip


def checklist() -> Row:
    """One step that ticked itself, one by hand, one to do."""
    done = {"go": "", "verb": None, "by": "Amira Haddad", "done_at": ago(minutes=21)}
    open_ = {"done_at": None, "by": "", "seq": None}
    return {
        "role": "ic", "label": "Incident Commander", "mine": True, "done": 2, "count": 4,
        "steps": [
            {"text": "Take command", "seq": 4, **done},
            {"text": "Open the video bridge", "seq": None, **done},
            {"text": "Judge severity and impact", "go": "actions", "verb": None, **open_},
            {"text": "Look at metrics and logs", "go": "", "verb": verb("tick", "Tick a step", key="ol-gather"), **open_},
        ],
    }  # fmt: skip


def audiences() -> list[Row]:
    """An audience that was told, one whose word is overdue with a draft that waits, one that was told nothing."""
    told = SimpleNamespace(
        author="Mei Tan", known="Nobody can pay. We roll back v1.2.3.", id=1, impact="All users", doing="A rollback"
    )
    base: Row = {"update": None, "at": None, "age": "", "next_at": None, "next_today": True, "next_late": False, "drafts": []}
    draft = {"update": told, "verbs": [verb("approve-update", "Approve the update", key="1")]}
    last = {"update": told, "at": ago(minutes=9), "age": "9 min 0 s"}
    return [
        base | last | {"audience": "internal", "label": "Internal"},
        base | last | {"audience": "public", "label": "Public", "next_at": ago(minutes=3), "next_late": True, "drafts": [draft]},
        base | {"audience": "executive", "label": "Executives"},
    ]


def room(incident: Row) -> Row:
    """What the parts of a room are shown with."""
    shown = verbs()
    groups = [{"label": "Incident", "verbs": [v for v in shown if v["possible"] and not v["primary"] and v["name"] != "note"]}]
    return {
        "incident": incident,
        "roles": roles(),
        "press": shown[0],
        "shown_verb": verb("resume", "Resolve", primary=True),
        "offers": [{"role": "cl", "label": "Communications Lead", "at": ago(minutes=1), "reason": "You know the customers",
                    "verbs": [verb("accept", "Accept the role", key="cl"), verb("decline", "Decline the role", _word("decline-cl"), "cl")]}],
        "handover": handover(),
        "orders": orders(),
        "authority": "Over the incident, the commander's word is final and goes before any other work.",
        "changes": changes(),
        "hypotheses": hypotheses(),
        "list": checklist(),
        "audiences": audiences(),
        "kinds": [shown[1] | {"tab": "Note", "shown": True},
                  verb("order", "Give an order", ReasonForm(auto_id="order-%s"), tab="Order", shown=False)],
        "actions": {"groups": groups, "off": [v for v in shown if not v["possible"]]},
        "feed_filters": [{"label": "All", "url": "#", "current": True}, {"label": "Orders", "url": "#", "current": False}],
        "people": [{"name": "Amira Haddad", "email": "", "roles": ["IC"]}, {"name": "Mei Tan", "email": "", "roles": []}],
        "files": [(SimpleNamespace(number=1, name="locks.txt", size=2140, sha256="9f3c2a" * 10, uploaded_by="Jon Okafor",
                                   uploaded_at=ago(minutes=8)), "#")],
        "late": ["Update was due at 02:38:02 UTC, 3 min 0 s ago (severity.sev1-cadence). CL owes it."],
        "commands_url": "#",
        "idempotency_key": "styleguide",
    }  # fmt: skip
