"""/styleguide: every component in all of its states, with invented data. What axe and the screenshots look at.

The data has the shape that the real views pass (docs of each partial are in its first comment)."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import get_template
from django.utils.safestring import mark_safe

from portal.styleguide_room import NOW, ReasonForm, Row, ago, room

SEVERITIES: list[Row] = [
    {
        "level": 1,
        "name": "Critical",
        "definition": [
            "Everything is down for all users",
            "Data is lost or corrupted",
            "A breach is being exploited",
            "A law is being broken",
        ],
        "examples": ["“Site can't be reached”", "“Checkout fails for all users”"],
    },
    {
        "level": 2,
        "name": "Major",
        "definition": [
            "A core feature is broken for more than 10 % of users",
            "So slow that it cannot be used",
            "Engineers are blocked",
        ],
        "examples": ["“Search is down, checkout works”", "“API latency over 5 s”"],
    },
    {
        "level": 3,
        "name": "Minor",
        "definition": ["A minor fault", "There is a workaround", "Fewer than 1 % of users see it"],
        "examples": ["“Avatar upload fails”", "“Broken link in the footer”"],
    },
    {
        "level": 4,
        "name": "Trivial",
        "definition": ["Cosmetic, or advice", "Nobody is paged"],
        "examples": ["“Wrong shade of blue”", "“Typo in the docs”"],
    },
]
STATES = [
    ("mobilization", "Mobilisation"),
    ("investigation", "Investigation"),
    ("mitigation", "Mitigation"),
    ("monitoring", "Monitoring"),
    ("resolved", "Resolved"),
    ("closed", "Closed"),
    ("backlog", "Backlog"),
    ("merged", "Merged"),
    ("false_positive", "False positive"),
]
SERVICES = [("checkout", "Checkout"), ("payments", "Payments"), ("search", "Search"), ("accounts", "Accounts")]


class DeclareForm(forms.Form):
    """Every kind of field: text, radio cards, checkboxes, radios, moment, long text."""

    title = forms.CharField(label="What is wrong?", help_text="As a user would say it.")
    severity = forms.ChoiceField(
        label="Severity", choices=[(str(s["level"]), s["name"]) for s in SEVERITIES], widget=forms.RadioSelect
    )
    services = forms.MultipleChoiceField(label="Services", choices=SERVICES, widget=forms.CheckboxSelectMultiple)
    detected_by = forms.ChoiceField(
        label="Detected by", choices=[("monitoring", "Monitoring"), ("user", "A user")], widget=forms.RadioSelect
    )
    impact_start = forms.DateTimeField(
        label="Impact began", required=False, widget=forms.DateTimeInput(attrs={"type": "datetime-local"})
    )
    summary = forms.CharField(label="Summary for customers", required=False, widget=forms.Textarea(attrs={"rows": 2}))


class AttachForm(forms.Form):
    """A choice."""

    incident = forms.ChoiceField(label="Incident", choices=[("INC-142", "INC-142 Checkout fails for all users")])


class FilterForm(forms.Form):
    """What a list filters by."""

    q = forms.CharField(label="Words", required=False)
    severity = forms.ChoiceField(label="Severity", required=False, choices=[("", "Any"), ("1", "SEV 1"), ("2", "SEV 2")])
    state = forms.ChoiceField(label="State", required=False, choices=[("", "Any"), *STATES])
    late = forms.BooleanField(label="Late only", required=False)


def clocks() -> list[Row]:
    """One clock in each state."""

    def clock(label: str, clause: str, minutes: float, state: str, owner: str) -> Row:
        due = NOW + timedelta(minutes=minutes)
        prompt = due - timedelta(minutes=15)
        row = {"label": label, "clause": clause, "prompt_at": prompt, "due_at": due, "state": state, "owner": owner}
        return row | {"why": "it was waived" if state == "fell_away" else ""}

    return [
        clock("Update", "severity.sev1-cadence", -3, "broken", "Comms Lead"),
        clock("Roles filled", "roles.filled", 2.2, "prompted", "Incident Commander"),
        clock("Command", "handover.four-hours", 94, "running", "Incident Commander"),
        clock("Page acknowledged", "oncall.escalate-15-30", -20, "kept", "On-call"),
        clock("Post-mortem draft", "postmortem.draft-24h", 400, "fell_away", "Author"),
    ]


def incidents() -> list[Row]:
    """One incident of each severity, and a drill."""
    late, soon, due, _kept, _waived = clocks()

    def incident(ref: int, title: str, severity: int, state: str, minutes: float, **more: Any) -> Row:
        base: Row = {
            "ref": f"INC-{ref}",
            "title": title,
            "severity": severity,
            "severity_label": f"SEV {severity}",
            "state": state,
            "state_label": dict(STATES)[state],
            "exercise": False,
            "declared_at": ago(minutes=minutes),
            "services": ["Checkout"],
            "ic_name": "",
            "restricted": False,
            "roles": [],
            "next_clock": None,
            "url": "#",
        }
        return base | more

    return [
        incident(142, "Checkout fails for all users", 1, "mobilization", 27, next_clock=late),
        incident(
            141,
            "Search answers after more than 5 seconds",
            2,
            "monitoring",
            140,
            ic_name="Jon Okafor",
            roles=[
                {"short": "OL", "label": "Operations Lead", "holder": "Mei Tan"},
                {"short": "CL", "label": "Communications Lead", "holder": ""},
            ],
            restricted=True,
            next_clock=soon,
            services=["Search", "API"],
        ),
        incident(140, "Failover drill, region B", 2, "mitigation", 50, ic_name="Mei Tan", exercise=True, next_clock=due),
        incident(139, "Avatar upload fails for some", 3, "backlog", 1700, services=["Accounts"]),
        incident(138, "Wrong shade of blue on the buy button", 4, "resolved", 4100, services=[]),
    ]


def entries() -> list[Row]:
    """A timeline, newest first: each tone, one late, one corrected."""

    def entry(seq: int, at: datetime, kind: str, label: str, actor: str, html: str = "", **more: Any) -> Row:
        base: Row = {
            "seq": seq, "anchor": f"ev-{seq}", "kind": kind, "label": label, "at": at, "recorded_at": at,
            "late": False, "actor": actor, "via": "web", "html": mark_safe(html), "facts": [], "groups": "notes", "corrected_by": None, "replies": (),  # noqa: S308 (constants of this file)
        }  # fmt: skip
        return base | more

    return [
        entry(9, ago(minutes=1), "note", "Note", "Jon Okafor",
              "<p>Lock on <code>orders</code> is gone, error rate falls. Rolling back <code>v1.2.3</code> helped.</p>"),
        entry(8, ago(minutes=4), "clock.broken", "Update late", "Muster",
              "<p>No update for 30 minutes. The Comms Lead owes one.</p>", via="clock"),
        entry(7, ago(minutes=6), "incident.advanced", "Mitigation", "Amira Haddad", "<p>Rollback approved.</p>",
              facts=[("From", "Investigation"), ("To", "Mitigation")]),
        entry(6, ago(minutes=11), "note", "Note", "Mei Tan", "<p>Support has 41 tickets, all at payment.</p>",
              recorded_at=ago(minutes=8), late=True),
        entry(5, ago(minutes=13), "note", "Note", "Jon Okafor", "<p>It is the cache.</p>", corrected_by=9),
        entry(4, ago(minutes=21), "incident.claimed", "Took command", "Amira Haddad", "<p>“I have command.”</p>", via="API"),
        entry(3, ago(minutes=24), "page.acknowledged", "Acknowledged", "Jon Okafor", via="e-mail",
              facts=[("After", "1 min 12 s")]),
        entry(2, ago(minutes=25), "page.sent", "Paged", "Muster", via="rule",
              facts=[("Whom", "Jon Okafor"), ("Channel", "e-mail")]),
        entry(1, ago(minutes=27), "incident.declared", "Declared", "Amira Haddad",
              "<p>Nobody can pay. Error rate of <strong>checkout</strong> is 100 %.</p>",
              facts=[("Severity", "SEV 1"), ("Detected by", "Monitoring")]),
    ]  # fmt: skip


def _line(entry: Row) -> str:
    return get_template("components/timeline_entry.html").render({"entry": entry})


def alerts() -> list[Row]:
    """One firing, one resolved."""
    return [
        {
            "name": "CheckoutErrorRate", "summary": "Error rate is 98.7 % (threshold 1 %)", "state": "firing",
            "started_at": ago(minutes=29), "ended_at": None,
            "labels": {"service": "checkout", "severity": "critical", "region": "eu-1",
                       "instance": "checkout-7f9c4d.internal:9090"},
        },
        {
            "name": "CheckoutLatencyP99", "summary": "p99 is over 5 s", "state": "resolved",
            "started_at": ago(minutes=31), "ended_at": ago(minutes=3), "labels": {"service": "checkout"},
        },
    ]  # fmt: skip


def pages() -> list[Row]:
    """One page acknowledged, one that failed and climbs."""

    def attempt(number: int, minutes: float, outcome: str, detail: str = "") -> Row:
        return {"number": number, "at": ago(minutes=minutes), "outcome": outcome, "detail": detail}

    answered = {
        "summary": "CheckoutErrorRate fires on Checkout", "state": "acknowledged",
        "acknowledged_by": "Jon Okafor", "acknowledged_at": ago(minutes=24),
        "people": [{"name": "Jon Okafor", "at": ago(minutes=25), "channel": "e-mail", "attempts": [attempt(1, 25, "Handed over")]}],
    }  # fmt: skip
    waiting = {
        "summary": "SEV 1 declared: Checkout fails for all users", "state": "open",
        "acknowledged_by": "", "acknowledged_at": None,
        "people": [
            {"name": "Mei Tan", "at": ago(minutes=16), "channel": "e-mail",
             "attempts": [attempt(1, 16, "Failed", "mailbox full"), attempt(2, 15, "Handed over", "accepted by the push service push.example (201)")],
             "declined": {"at": ago(minutes=14), "reason": "On a plane"}},
            {"name": "Li Wei (manager)", "at": None, "channel": "e-mail", "attempts": []},
        ],
        "next": {"at": ago(minutes=-14), "people": ["Jon Okafor"]},
    }  # fmt: skip
    return [answered, waiting]


def notices() -> list[Row]:
    """Who was told: one who looked since, and one whom no e-mail reached."""

    def way(channel: str, minutes: float, *tries: tuple[str, str], gave_up: bool = False) -> Row:
        at = ago(minutes=minutes)
        said = [{"number": n, "at": at, "outcome": outcome, "detail": detail} for n, (outcome, detail) in enumerate(tries, 1)]
        return {"channel": channel, "at": at, "gave_up": gave_up, "attempts": said}

    inbox = way("inbox", 26, ("Handed over", "in the portal's inbox"))
    told: Row = {"because": "Declared as SEV 1", "at": ago(minutes=26), "gave_up": False, "looked_at": None, "in_the_room": False}
    mail = way("email", 26, ("Handed over", "accepted by mail.example"))
    lost = way("email", 26, ("Failed", "550 no such mailbox"), ("Gave up", "after 10 attempts"), gave_up=True)
    return [
        told | {"name": "Eve Laurent", "duty": "Executive team", "looked_at": ago(minutes=11), "ways": [mail, inbox]},
        told | {"name": "Carl Finn", "duty": "CFO", "because": "Flagged: Money lost or wrongly moved", "gave_up": True, "ways": [lost, inbox]},
    ]  # fmt: skip


def signals() -> list[Row]:
    """An alert and a report that wait in triage."""
    return [
        {
            "id": 7, "kind_label": "Alert", "title": "CheckoutErrorRate, CheckoutLatencyP99", "service": "Checkout",
            "since": ago(minutes=29), "firing": 1, "resolved": 1, "alerts": alerts(), "reporter": "", "text": "",
            "page": pages()[1], "declare_url": "#", "attach_form": AttachForm(auto_id="attach-7-%s"), "attach_url": "#",
            "dismiss_form": ReasonForm(auto_id="dismiss-7-%s"), "dismiss_url": "#",
        },
        {
            "id": 6, "kind_label": "Report", "title": "Customers cannot pay with gift cards", "service": "Payments",
            "since": ago(minutes=12), "firing": 0, "resolved": 0, "alerts": [], "reporter": "Nadia Rahman (Support)",
            "text": "Three tickets since 02:20, all with gift cards.\nTicket 88121 has a screenshot.", "page": None,
            "declare_url": "#", "attach_form": AttachForm(auto_id="attach-6-%s"), "attach_url": "#",
            "dismiss_form": ReasonForm({"reason": ""}, auto_id="dismiss-6-%s"), "dismiss_url": "#",
        },
    ]  # fmt: skip


def recent() -> list[Row]:
    """What triage decided lately."""
    return [
        {"title": "DiskAlmostFull on log-3", "decision_label": "Dismissed", "by": "Jon Okafor", "at": ago(minutes=90),
         "reason": "Log rotation runs at 03:00; watched until then.", "incident_ref": "", "incident_url": ""},
        {"title": "SearchLatencyP99", "decision_label": "Declared", "by": "Mei Tan", "at": ago(minutes=140),
         "reason": "", "incident_ref": "INC-141", "incident_url": "#"},
    ]  # fmt: skip


def sample() -> dict[str, Any]:
    """Everything that portal/styleguide.html shows."""
    rows = incidents()
    return room(rows[0]) | {
        "lines": [("" if number else "Monday 23 November 2026", _line(entry)) for number, entry in enumerate(entries())],
        "clocks": clocks(),
        "alerts": alerts(),
        "pages": pages(),
        "notices": notices(),
        "now": NOW,
        "severities": SEVERITIES,
        "states": [{"state": state, "label": label} for state, label in STATES],
        "incidents": rows,
        "listing": Paginator(rows * 6, 5).page(2),
        "views": [
            {"label": "Open", "url": "#", "count": 3, "current": True},
            {"label": "Late", "url": "#", "count": 1, "current": False},
            {"label": "All", "url": "#", "count": 142, "current": False},
        ],
        "filters": FilterForm(auto_id="filter-%s"),
        "declare_form": DeclareForm(
            {"title": "", "severity": "1", "services": ["checkout"], "detected_by": "user"}, auto_id="declare-%s"
        ),
        "signals": signals(),
        "recent": recent(),
        "facts": [("Impact began", "23 Nov, 02:09"), ("Impact ended", ""), ("Services", "Checkout, Payments")],
        "flashes": [
            {"level_tag": "success", "tags": "success", "text": "Posted."},
            {"level_tag": "info", "tags": "info", "text": "Jon Okafor took command a moment ago."},
            {"level_tag": "warning", "tags": "warning", "text": "No one is on call for Payments."},
            {"level_tag": "error", "tags": "error", "text": "Not resolved: the impact has not ended."},
        ],
    }


def styleguide(request: HttpRequest) -> HttpResponse:
    """Show the style guide."""
    return render(request, "portal/styleguide.html", sample())
