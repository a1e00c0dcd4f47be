"""A war room as its page shows it, put together from queries and the doors."""

from typing import Any

from django.urls import reverse

from incidents import queries
from incidents.doors import DOORS, Door
from incidents.facts import Facts, gather
from incidents.models import Incident
from incidents.states import DetectedBy, Severity
from tenants.actors import Actor
from tenants.refusals import Reason


def context(
    incident: Incident, by: Actor, *, failed: Door | None = None, form: Any = None, refusals: list[Reason] | None = None
) -> dict[str, Any]:
    """The page's context. `failed`, `form` and `refusals` are those of a verb that was just refused: nothing typed is lost."""
    alerts = queries.alerts(incident)
    facts = gather(incident)
    running = queries.clocks(incident)
    return {
        "incident": {
            **_head(incident, facts),
            "services": incident.service_names,  # type: ignore[attr-defined]
        },
        "entries": sorted(queries.entries(incident), key=lambda entry: (entry.at, entry.seq), reverse=True),
        "roles": queries.roles(incident, facts),
        "clocks": [queries.clock_row(clock) for clock in running],
        "late": queries.late(running),
        "verbs": [_verb(door, incident, facts, by, failed, form, refusals or []) for door in DOORS.values()],
        "law": queries.law(incident, facts),
        "alerts": alerts,
        "pages": queries.pages(incident),
        "participants": [person.name for person in facts.people],
    }


def _head(incident: Incident, facts: Facts) -> dict[str, Any]:
    return {
        "ref": incident.ref,
        "title": incident.title,
        "severity": incident.severity,
        "severity_label": Severity(incident.severity).label,
        "state": incident.state,
        "state_label": incident.get_state_display(),
        "exercise": incident.exercise,
        "is_open": incident.is_open,
        "mobilises": incident.mobilises,
        "declared_at": incident.declared_at,
        "detected_at": incident.detected_at,
        "detected_by_label": DetectedBy(incident.detected_by).label,
        "impact_start": incident.impact_start,
        "impact_end": incident.impact_end,
        "resolved_at": incident.resolved_at,
        "summary": incident.summary,
        "ic_name": facts.commander,
        "url": reverse("incident", args=[incident.ref]),
    }


def _verb(
    door: Door, incident: Incident, facts: Facts, by: Actor, failed: Door | None, form: Any, refusals: list[Reason]
) -> dict[str, Any]:
    reasons = door.why_not(incident, facts, by)
    mine = failed is door
    return {
        "name": door.name,
        "label": door.label,
        "url": reverse("incident-verb", args=[incident.ref, door.name]),
        "allowed": not reasons,
        "reasons": reasons,
        "refusals": refusals if mine else [],
        "form": form if mine and form is not None else blank(door, incident),
        "open": mine,
        "primary": door.primary,
        "needs_form": door.needs_form,
        "overridable": bool(reasons) and all(reason.overridable for reason in reasons),
    }


def blank(door: Door, incident: Incident, data: Any = None) -> Any:
    """A verb's form, for this incident."""
    options: dict[str, Any] = {"prefix": None, "auto_id": f"{door.name}-%s"}
    if door.name == "advance":
        options["state"] = incident.state
    if door.name == "severity" and data is None:
        options["initial"] = {"severity": incident.severity}
    return door.form(data, **options)


def allowed_actions(incident: Incident, facts: Facts, by: Actor) -> dict[str, dict[str, Any]]:
    """Each verb with whether the actor may, and if not, why not: the same rules that refuse."""
    out = {}
    for door in DOORS.values():
        reasons = door.why_not(incident, facts, by)
        out[door.name] = {
            "allowed": not reasons,
            "why_not": [_reason(reason) for reason in reasons],
        }
    return out


def _reason(reason: Reason) -> dict[str, Any]:
    found: dict[str, Any] = {"code": reason.code, "sentence": reason.sentence}
    for name in ("clause", "field", "overridable"):
        if value := getattr(reason, name):
            found[name] = value
    return found
