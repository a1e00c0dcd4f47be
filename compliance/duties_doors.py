"""The verbs of duties of law, and of rules, as the doors offer them: one table for pages, API and `allowed_actions`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.urls import reverse

from compliance import duties_forms as f
from compliance.actions import duties, duties_rules
from compliance.api import duties_bodies as b
from compliance.models import DutyCase, RegulatorRule
from compliance.rules import duties as rules
from ledger.api import StrictSerializer
from tenants.actors import Actor
from tenants.refusals import Reason

type Body = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class DutyDoor:
    """One verb at the doors. `rule` is the name of its rule in compliance.rules.duties, looked up each time."""

    name: str
    label: str
    rule: str
    body: type[StrictSerializer]
    form: type[forms.Form]
    act: Callable[[Any, Actor, Body], object]
    multipart: bool = False

    def why_not(self, subject: DutyCase | RegulatorRule, by: Actor) -> list[Reason]:
        """Why the actor cannot do it now; [] if they can."""
        rule: Callable[..., list[Reason]] = getattr(rules, self.rule)
        return rule(subject, by)


def _decide(case: DutyCase, by: Actor, body: Body) -> object:
    return duties.decide_duty(case, by=by, applies=body["applies"] in (True, "yes"), reason=body["reason"])


def _file(case: DutyCase, by: Actor, body: Body) -> object:
    said = {"at": body["at"], "reference": body["reference"], "note": body.get("note", "")}
    return duties.file_duty(case, by=by, name=body["file"].name or "", body=body["file"].read(), **said)


DOORS: dict[str, DutyDoor] = {
    door.name: door
    for door in (
        DutyDoor("decide", "Decide whether it applies", "why_not_decide", b.DutyDecideBody, f.DecideForm, _decide),
        DutyDoor(
            "start",
            "Say when its clock began",
            "why_not_start",
            b.DutyStartBody,
            f.StartForm,
            lambda case, by, body: duties.start_duty(case, by=by, start=body["start"], at=body["at"], reason=body["reason"]),
        ),
        DutyDoor("file", "It was filed", "why_not_file", b.DutyFileBody, f.FileForm, _file, multipart=True),
    )
}

RULE_DOORS: dict[str, DutyDoor] = {
    door.name: door
    for door in (
        DutyDoor(
            "approve",
            "Approve",
            "why_not_approve",
            b.DutyRuleApproveBody,
            f.ApproveForm,
            lambda rule, by, body: duties_rules.approve_rule(rule, by=by),
        ),
        DutyDoor(
            "withdraw",
            "Withdraw",
            "why_not_withdraw",
            b.DutyRuleWithdrawBody,
            f.ReasonForm,
            lambda rule, by, body: duties_rules.withdraw_rule(rule, by=by, reason=body["reason"]),
        ),
    )
}


def allowed_actions(subject: DutyCase | RegulatorRule, by: Actor) -> dict[str, dict[str, Any]]:
    """Each verb with whether the actor may, and if not, why not: the same rules that refuse."""
    found = {}
    for door in (DOORS if isinstance(subject, DutyCase) else RULE_DOORS).values():
        reasons = door.why_not(subject, by)
        told = [{"code": one.code, "sentence": one.sentence} | ({"clause": one.clause} if one.clause else {}) for one in reasons]
        found[door.name] = {"allowed": not reasons, "why_not": told}
    return found


def form_of(door: DutyDoor, subject: DutyCase | RegulatorRule, data: Any = None, files: Any = None) -> forms.Form:
    """A verb's form."""
    if isinstance(subject, DutyCase):
        return f.for_case(door.form, subject, data, files)
    return door.form(data, auto_id=f"{door.name}-%s")


def address(door: DutyDoor, subject: DutyCase | RegulatorRule) -> str:
    """Where a verb's form is sent."""
    if isinstance(subject, DutyCase):
        return reverse("duty-verb", args=[subject.incident.ref, subject.pk, door.name])
    return reverse("duty-rule-verb", args=[subject.pk, door.name])


def offered(
    subject: DutyCase | RegulatorRule, by: Actor, failed: tuple[DutyDoor, int, forms.Form] | None = None
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """(what can be done, what cannot), as templates/components/verb.html and verb_off.html show a verb.

    `failed`: the verb that was just refused, the id of its subject, and its form, which stands open with everything that was typed.
    """
    can: list[dict[str, Any]] = []
    cannot: list[dict[str, Any]] = []
    for door in (DOORS if isinstance(subject, DutyCase) else RULE_DOORS).values():
        reasons = door.why_not(subject, by)
        mine = failed is not None and failed[0] is door and failed[1] == subject.pk
        shown = failed[2] if mine and failed is not None else form_of(door, subject)
        row: dict[str, Any] = {
            "id": f"{door.name}-{subject.pk}",
            "name": door.name,
            "label": door.label,
            "url": address(door, subject),
            "allowed": not reasons,
            "reasons": reasons,
            "form": shown,
            "hidden": [],
            "open": mine,
            "primary": False,
            "needs_form": bool(shown.fields),
            "asks": bool(shown.fields),
            "more": "",
            "overridable": False,
            "multipart": door.multipart,
        }
        (can if not reasons or mine else cannot).append(row)
    return can, cannot
