"""Routing rules and maintenance windows: setting them, trying them against past alerts, and following them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.core.exceptions import ValidationError
from django.db import transaction

from incidents import actions, fields
from incidents.models import Alert, Incident, MaintenanceService, MaintenanceWindow, RoutingRule, Signal
from incidents.quieting import reconsider
from incidents.routing import Attach, Outcome, Route, Router
from incidents.rules.configuring import why_not_configure
from incidents.states import OPEN, AlertState, Severity, SignalState, State
from ledger.actions import configure, record
from ledger.verbs import verb
from oncall.models import Service
from standard.queries import in_force_id, law
from tenants.actors import Actor
from tenants.refusals import Reason, Refused, check
from tenants.time import now

log = structlog.get_logger(__name__)

PAST_MOST = 200
TEXTS = {"name": 80, "title": 200, "attach_label": 200}  # of a rule, with their lengths
FAR = timedelta(days=3653)
_BRACES = re.compile(r"\{([^{}]{1,200})\}")


@verb("set-rule", kind="configuration.changed", who="administrator", subject="routing rule", clauses=("detection.automated",))
def set_rule(rule: RoutingRule, changes: Mapping[str, Any], *, by: Actor) -> RoutingRule:
    """Make or change a routing rule. A new one without a position goes last; at one that is taken, the others move down.

    Refuses (422) what cannot be a rule, naming the fields. What is suppressed now is looked at again at once.
    """
    check(why_not_configure(by))
    wanted = dict(changes)
    wanted |= {name: _line(name, wanted[name]) for name in TEXTS if name in wanted}
    others = RoutingRule.objects.exclude(pk=rule.pk).order_by("-position")
    if rule.pk is None and wanted.get("position") is None:
        wanted["position"] = (others.values_list("position", flat=True).first() or 0) + 1
    place = wanted.get("position")
    if place is not None and others.filter(position=place).exists():
        for other in others.filter(position__gte=place):
            configure(other, {"position": other.position + 1}, by=by)
    made = configure(rule, wanted, by=by)
    reconsider()
    return made


@verb("remove-rule", kind="configuration.changed", who="administrator", subject="routing rule")
def remove_rule(rule: RoutingRule, *, by: Actor) -> None:
    """Remove a routing rule; its history stays. What it suppressed is looked at again at once."""
    check(why_not_configure(by))
    configure(rule, {}, by=by, delete=True)
    reconsider()


@verb("plan-maintenance", kind="configuration.changed", who="administrator", subject="maintenance window")
def plan_maintenance(
    name: str, starts_at: datetime, ends_at: datetime, services: Sequence[Service], *, by: Actor
) -> MaintenanceWindow:
    """Plan work on services: what fires on them from its start to its end is kept and shown, and pages nobody.

    Refuses (422) one without services, without a length, or whose end is past.
    """
    check(why_not_configure(by))
    clean_name, moment = fields.line("name", name, most=80), now()
    reasons = [
        Reason("far", "This lies more than ten years away.", field=field, status=422)
        for field, at in (("starts_at", starts_at), ("ends_at", ends_at))
        if abs(at - moment) > FAR
    ]
    if not services:
        reasons.append(Reason("required", "Say which services are worked on.", field="services", status=422))
    if ends_at <= max(starts_at, moment):
        reasons.append(Reason("invalid", "It ends before it starts, or has ended already.", field="ends_at", status=422))
    check(reasons)
    window = MaintenanceWindow(name=clean_name, starts_at=starts_at, ends_at=ends_at)
    named = [service.name for service in dict.fromkeys(services)]
    window.save()
    for service in dict.fromkeys(services):
        MaintenanceService.objects.create(window=window, service=service)
    _tell(
        window,
        "created",
        by,
        services=[None, named],
        starts_at=[None, starts_at.isoformat()],
        ends_at=[None, ends_at.isoformat()],
    )
    return window


@verb("end-maintenance", kind="configuration.changed", who="administrator", subject="maintenance window")
def end_maintenance(window: MaintenanceWindow, *, by: Actor) -> MaintenanceWindow:
    """End a window now (or call off one that has not begun). What still fires is asked about at once."""
    check(why_not_configure(by))
    window = MaintenanceWindow.objects.select_for_update().get(pk=window.pk)
    moment = now()
    if window.ends_at <= moment:
        raise Refused(Reason("over", f"{window.name} has ended already."))
    before, window.ends_at = window.ends_at, moment
    window.starts_at = min(window.starts_at, moment)
    window.save()
    _tell(window, "changed", by, ends_at=[before.isoformat(), moment.isoformat()])
    reconsider()
    return window


def _tell(window: MaintenanceWindow, what: str, by: Actor, **changes: Any) -> None:
    model = str(window._meta.verbose_name)
    record("configuration.changed", window, by=by, what=what, name=window.name, model=model, changes=changes)


# --- Following a rule -----------------------------------------------------------------------------------------------------------


def hold_what_it_joins(signal: Signal, rule_id: int | None) -> None:
    """Lock the running incident that a signal's rule would make it join: before the signal itself, in the order of every verb."""
    rule = RoutingRule.objects.filter(pk=rule_id, is_active=True).first() if rule_id is not None else None
    if rule is not None and (incident := _running_for(signal, rule)) is not None:
        Incident.objects.select_for_update(of=("self",)).get(pk=incident.pk)


def follow(signal: Signal, rule_id: int | None, *, by: Actor) -> bool:
    """Do what a signal's rule does by itself: join a running incident, or declare one. Returns whether the question is answered.

    Where it cannot be done the question waits, and pages as any other: a rule never hides an alert by failing.
    """
    if rule_id is None or signal.state != SignalState.WAITING:
        return False
    rule = RoutingRule.objects.filter(pk=rule_id, is_active=True).first()
    if rule is None:
        return False
    acting = replace(by, name=f"Rule: {rule.name}")
    try:
        with transaction.atomic():
            return _join_running(signal, rule, acting) or _declare(signal, rule, acting)
    except Refused as refused:
        log.warning("rule.refused", rule=rule.pk, signal=signal.pk, why=str(refused))
        return False
    except Exception:  # whatever breaks in it, somebody is asked
        log.exception("rule.failed", rule=rule.pk, signal=signal.pk)
        return False


def _join_running(signal: Signal, rule: RoutingRule, by: Actor) -> bool:
    incident = _running_for(signal, rule)
    if incident is None:
        return False
    actions.attach(signal, incident, by=by)
    return True


def _running_for(signal: Signal, rule: RoutingRule) -> Incident | None:
    """The newest running incident that the rule puts such a signal to, or None.

    A small one, which has woken nobody, takes no more than is small itself: what may be worse is asked about, or declared.
    """
    since = now() - timedelta(minutes=rule.attach_minutes)
    running = Incident.objects.filter(state__in=OPEN, exercise=False)
    believed = rule.suggested_severity or signal.suggested_severity
    if believed is None or law(in_force_id()).severity(believed).mobilises:
        running = running.exclude(state=State.BACKLOG)
    if rule.attach == Attach.SERVICE and signal.service_id is not None:
        found = running.filter(declared_at__gte=since, affected__service_id=signal.service_id)
    elif rule.attach == Attach.GROUP and (value := _labels(signal).get(rule.attach_label)):
        alike = Alert.objects.filter(
            incident_id__isnull=False, last_seen_at__gte=since, labels__contains={rule.attach_label: value}
        )
        found = running.filter(pk__in=alike.values("incident_id"))
    else:
        return None
    return found.order_by("-number").first()


def _declare(signal: Signal, rule: RoutingRule, by: Actor) -> bool:
    if rule.outcome != Outcome.DECLARE or rule.suggested_severity is None:
        return False
    title = titled(rule.title, _labels(signal)) or signal.title
    actions.declare_from([signal], by=by, title=title[:200], severity=Severity(rule.suggested_severity))
    return True


def titled(template: str, labels: Mapping[str, str]) -> str:
    """A title with its labels filled in: `{alertname} on {service}`. One that is missing is left out; nothing is computed."""
    return " ".join(_BRACES.sub(lambda match: labels.get(match[1].strip(), ""), template).split())


def _labels(signal: Signal) -> Mapping[str, str]:
    firing = Alert.objects.filter(signal=signal, state=AlertState.FIRING).order_by("id").values_list("labels", flat=True)
    return firing.first() or {}


# --- Trying one -----------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Tried:
    """What would have become of one past alert. `matched`: by the rule that is tried; `other` is the rule that came before it."""

    alert: Alert
    matched: bool
    service: str
    severity: int | None
    outcome: str
    other: str


def try_rule(rule: RoutingRule, *, most: int = PAST_MOST) -> list[Tried]:
    """What would have become of the last alerts with this rule among the others, newest first. Nothing is changed.

    Raises Refused (422) for what cannot be a rule. Windows of now count, past ones do not.
    """
    judge(rule)
    others = RoutingRule.objects.filter(is_active=True).exclude(pk=rule.pk).order_by("position")
    before = [one for one in others if rule.position is None or one.position < rule.position] if rule.position else list(others)
    order = [*before, *([rule] if rule.is_active else []), *[one for one in others if one not in before]]
    router = Router.load(order)
    own = next((one for one in router.rules if one.pk == (rule.pk or 0)), None)
    names = {pk: slug for slug, pk in router.services.items()}
    past = Alert.objects.order_by("-id")[: min(most, PAST_MOST)]
    found: list[Tried] = []
    for alert in past:
        route = router.route(alert.labels, alert.integration_id)
        matched = own is not None and route.rule is own
        found.append(
            Tried(
                alert=alert,
                matched=matched,
                service=names.get(route.service_id or 0, ""),
                severity=route.severity,
                outcome=_outcome(route, rule, alert) if matched else "",
                other=route.rule.name if route.rule is not None and not matched else "",
            )
        )
    return found


def _line(name: str, value: str) -> str:
    """One of a rule's texts, without what deceives. Refuses (422) a rule without a name."""
    return fields.line(name, value, most=TEXTS[name], required=name == "name")


def judge(rule: RoutingRule) -> None:
    """Refuse (422) a rule that could not be kept, naming its fields."""
    for name in TEXTS:
        if getattr(rule, name):
            setattr(rule, name, _line(name, getattr(rule, name)))
    try:
        rule.clean_fields(exclude={"position", "organisation"})
        rule.validate_constraints(exclude={"position"})
    except ValidationError as error:
        told = error.message_dict
        raise Refused(
            *(
                Reason("invalid", sentence, field="" if name == "__all__" else name, status=422)
                for name, sentences in told.items()
                for sentence in sentences
            )
        ) from error


def _outcome(route: Route, rule: RoutingRule, alert: Alert) -> str:
    """In a few words."""
    if route.quiet is not None:
        return f"Suppressed. {route.quiet.reason}"
    joins = {
        Attach.SERVICE: "Joins an incident of the service where one runs; or else: ",
        Attach.GROUP: f"Joins an incident with the same {rule.attach_label} where one runs; or else: ",
    }.get(Attach(rule.attach), "")
    if rule.outcome == Outcome.DECLARE and rule.suggested_severity:
        title = titled(rule.title, alert.labels) or alert.summary or alert.name
        return f"{joins}{Severity(rule.suggested_severity).label} declared: {title}"
    return f"{joins}asked in triage, and pages"
