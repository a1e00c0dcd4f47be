"""The API of duties of law: parse, gate, action, respond."""

from typing import Any

from django.urls import reverse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from compliance import duties_gate as gate
from compliance import duties_register as register
from compliance import duties_showing as showing
from compliance.actions.duties import propose_duty
from compliance.actions.duties_rules import load_rules
from compliance.api import duties_bodies as b
from compliance.duties_doors import DOORS, RULE_DOORS, DutyDoor, allowed_actions
from compliance.models import DutyCase, RegulatorRule
from incidents.models import Incident
from ledger.api import CursorPages, FormParser, MusterView, page_of
from tenants.actors import Actor

KEY = OpenApiParameter(
    "Idempotency-Key", str, OpenApiParameter.HEADER, description="Repeating a request with its key does nothing twice."
)


def case_out(case: DutyCase, by: Actor) -> dict[str, Any]:
    """A duty as the API shows it to this actor, with what they may do."""
    return {**b.DutyOut({**showing.shown(case), "allowed_actions": allowed_actions(case, by)}).data}


def rule_out(rule: RegulatorRule, by: Actor) -> dict[str, Any]:
    """A version of a rule as the API shows it to this actor, with what they may do."""
    return {**b.DutyRuleOut({**showing.rule_shown(rule), "allowed_actions": allowed_actions(rule, by)}).data}


class Duties(MusterView):
    """The duties of law of an incident."""

    @extend_schema(operation_id="duties", responses=b.DutyListOut)
    def get(self, request: Request, ref: str) -> Response:
        """The duties of law of an incident, earliest due first, with what you may do (`allowed_actions`)."""
        return Response({"results": self._all(gate.incident_for(self.actor, ref))})

    def _all(self, incident: Incident) -> list[dict[str, Any]]:
        found = showing.cases(incident)
        for case in found:
            case.incident = incident
        return [case_out(case, self.actor) for case in found]

    @extend_schema(operation_id="duty_propose", request=b.DutyProposeBody, responses={201: b.DutyListOut}, parameters=[KEY])
    def post(self, request: Request, ref: str) -> Response:
        """Put a rule that is in force to an incident by hand; with it what waits for its filing."""
        return self.once(request, lambda: self._propose(request, ref))

    def _propose(self, request: Request, ref: str) -> Response:
        incident = gate.incident_for(self.actor, ref)
        rule = gate.rule_for(self.actor, self.body(b.DutyProposeBody, request)["rule"])
        propose_duty(incident, rule, by=self.actor)
        return Response({"results": self._all(incident)}, status=201, headers={"Location": reverse("api-duties", args=[ref])})


class DutyRules(MusterView):
    """Rules of law."""

    @extend_schema(operation_id="duty_rules", responses=b.DutyRuleListOut)
    def get(self, request: Request) -> Response:
        """Every version of every rule of law, with what you may do (`allowed_actions`)."""
        return Response({"results": [rule_out(rule, self.actor) for rule in showing.all_rules()]})

    @extend_schema(
        operation_id="duty_rules_load", request=b.DutyRuleLoadBody, responses={201: b.DutyRuleListOut}, parameters=[KEY]
    )
    def post(self, request: Request) -> Response:
        """Load rules from a file; each is off until counsel approves it. Answers with the versions that were made."""
        return self.once(request, lambda: self._load(request))

    def _load(self, request: Request) -> Response:
        made = load_rules(by=self.actor, content=self.body(b.DutyRuleLoadBody, request).get("content", ""))
        return Response({"results": [rule_out(gate.rule_for(self.actor, rule.pk), self.actor) for rule in made]}, status=201)


class OneDutyRule(MusterView):
    """One version of a rule of law."""

    @extend_schema(operation_id="duty_rule", responses=b.DutyRuleOut)
    def get(self, request: Request, rule: int) -> Response:
        """A version of a rule, by its id."""
        return Response(rule_out(gate.rule_for(self.actor, rule), self.actor))


class Breaches(MusterView):
    """The register of breaches."""

    @extend_schema(operation_id="breaches", responses=page_of(b.BreachOut))
    def get(self, request: Request) -> Response:
        """Every incident that was ever flagged and that you may see, newest first (GDPR art. 33(5))."""
        pages = CursorPages()
        found: Any = pages.paginate_queryset(register.breaches(self.actor), request, view=self)
        return pages.get_paginated_response(b.BreachOut(gate.breaches_for(self.actor, found), many=True).data)


class DutyVerbView(MusterView):
    """One verb of a duty. `duty_view()` makes one for each row of the table of doors."""

    door: DutyDoor

    def perform(self, request: Request, ref: str, duty: int) -> Response:
        """Parse, gate, action, respond."""
        case = gate.case_for(self.actor, ref, duty)
        self.door.act(case, self.actor, self.body(self.door.body, request))
        return Response(case_out(gate.case_for(self.actor, ref, duty), self.actor))


def duty_view(door: DutyDoor) -> Any:
    """The API view of one verb of a duty."""

    @extend_schema(
        operation_id=f"duty_{door.name}", request=door.body, responses=b.DutyOut, parameters=[KEY], description=door.body.__doc__
    )
    def post(self: DutyVerbView, request: Request, ref: str, duty: int) -> Response:
        return self.once(request, lambda: self.perform(request, ref, duty))

    parts: dict[str, Any] = {"door": door, "post": post, "__doc__": door.label}
    if door.multipart:
        parts["parser_classes"] = [FormParser]
    made: Any = type(f"Duty{door.name.title()}View", (DutyVerbView,), parts)
    return made.as_view()


class DutyRuleVerbView(MusterView):
    """One verb of a rule. `rule_view()` makes one for each row of the table of doors."""

    door: DutyDoor

    def perform(self, request: Request, rule: int) -> Response:
        """Parse, gate, action, respond."""
        found = gate.rule_for(self.actor, rule)
        self.door.act(found, self.actor, self.body(self.door.body, request))
        return Response(rule_out(gate.rule_for(self.actor, rule), self.actor))


def rule_view(door: DutyDoor) -> Any:
    """The API view of one verb of a rule."""

    @extend_schema(
        operation_id=f"duty_rule_{door.name}",
        request=door.body,
        responses=b.DutyRuleOut,
        parameters=[KEY],
        description=door.body.__doc__,
    )
    def post(self: DutyRuleVerbView, request: Request, rule: int) -> Response:
        return self.once(request, lambda: self.perform(request, rule))

    made: Any = type(f"DutyRule{door.name.title()}View", (DutyRuleVerbView,), {"door": door, "post": post, "__doc__": door.label})
    return made.as_view()


VERB_VIEWS = {name: duty_view(door) for name, door in DOORS.items()}
RULE_VIEWS = {name: rule_view(door) for name, door in RULE_DOORS.items()}
