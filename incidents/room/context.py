"""The context of a war room's page: facts, clocks and record, and what the person who looks can do about them."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.module_loading import import_string

from incidents import comms, notices, queries, swoop
from incidents.announcements import before_other_work
from incidents.doors import Door
from incidents.facts import Facts, gather
from incidents.items import Named
from incidents.lines import lines
from incidents.models import Incident
from incidents.room import feed, panels
from incidents.room.choices import choices
from incidents.room.late import TOLD_BY_PART, late
from incidents.room.places import actions, kinds, now_to_do
from incidents.room.verbs import Failure, Offered
from incidents.states import DetectedBy, KeyTime, RoomRole, Severity
from incidents.timeline import FILTERS, Entry
from incidents.times import corrected, in_force
from oncall.queries import Calls
from tenants.actors import Actor
from tenants.refusals import Reason


def context(
    incident: Incident,
    by: Actor,
    *,
    failed: Door | None = None,
    form: Any = None,
    refusals: list[Reason] | None = None,
    record: bool = True,
    asked: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """The page's context. `failed`, `form` and `refusals` are those of a verb that was just refused: nothing typed is lost.

    Without `record` it has no entries: for the panels, which are asked for while the live feed brings the record. `asked` is what
    the address says: `show` names a filter of the timeline, `entry` an entry to answer or correct, `audience` that of an update.
    """
    asked = asked or {}
    facts = gather(incident)
    failure = Failure(failed, form, refusals or []) if failed else None
    offered = Offered(incident, facts, by, choices(facts), failure, {"update": {"audience": asked.get("audience", "")}})
    entries = queries.entries(incident) if record else []
    seats_open = incident.is_open and any(facts.vacant(role) for role in RoomRole)
    calls = queries.calls(incident, on_call=seats_open)
    parts = _parts(incident, facts, by, offered, calls)  # before all verbs: they say whether a refused verb has its place
    parts["chosen"] = panels.chosen(entries, failure.part("thread", "entry") if failure else asked.get("entry", ""), offered)
    verbs = offered.all()
    press = now_to_do(incident, verbs)
    claims = press is not None and press["name"] == "claim"
    can = {verb["name"].replace("-", "_") for verb in verbs if verb["possible"]}
    return {
        "incident": {
            **head(incident, facts),
            "services": incident.service_names,  # type: ignore[attr-defined]
        },
        **parts,
        "mine": _mine(facts, by),
        "clocks": [queries.clock_row(clock) for clock in facts.clocks if clock.clause not in TOLD_BY_PART and not clock.at_least],
        "update_clock": next(
            (queries.clock_row(c) for c in facts.clocks if queries.CLOCK_LABELS.get(c.clause) == "Update"), None
        ),
        "late": late(incident, facts) if incident.is_open else [],
        "verbs": verbs,
        "severities": incident.law.severities,
        "authority": before_other_work(incident),
        "failed": offered.failed,
        "press": press,
        "shows_roles": incident.is_open and (incident.mobilises or claims),
        "roles_first": bool(facts.open_roles),  # an open role is the first thing in the room (mobilize.roles-assigned)
        "kinds": kinds(incident, facts, by, verbs),
        "actions": actions(incident, verbs, parts["handover"]),
        "alerts": queries.alerts(incident),
        "pages": calls.ladders,
        "notices": notices.told(incident, facts, calls.beside),
        "sitrep_url": reverse("sitrep-text", args=[incident.ref]) if incident.mobilises else "",
        "commands_url": reverse("commands"),
        "record": entries,
        "can": dict.fromkeys(can, True),
        "afterwards": afterwards(incident, by),
        "beside": _beside(incident, facts, by),
        **_feed(entries, asked.get("show", "")),
    }


def afterwards(incident: Incident, by: Actor) -> list[dict[str, Any]]:
    """What comes after an incident that is over, such as its post-mortem (portal/reactions.py, AFTERWARDS)."""
    if incident.is_open:
        return []
    functions: tuple[str, ...] = import_string(settings.MUSTER_AFTERWARDS)
    return [found for name in functions if (found := import_string(name)(incident, by)) is not None]


def _beside(incident: Incident, facts: Facts, by: Actor) -> list[dict[str, Any]]:
    """What the rooms above put beside the room's facts, each with its template's name: MUSTER_BESIDE_THE_ROOM names them."""
    table: tuple[str, ...] = import_string(settings.MUSTER_BESIDE_THE_ROOM)
    return [import_string(name)(incident, facts, by) for name in table]


def _parts(incident: Incident, facts: Facts, by: Actor, offered: Offered, calls: Calls) -> dict[str, Any]:
    return {
        "offers": panels.offers_to_me(facts, by, offered),
        "roles": panels.roles(incident, facts, by, offered, [Named(who.pk, who.name, who.email) for who in calls.on_call]),
        "handover": panels.handover(incident, facts, by, offered),
        "orders": panels.orders(facts, by, offered),
        "changes": panels.changes(facts, offered),
        "hypotheses": panels.hypotheses(facts, offered),
        "checklists": panels.checklists(incident, facts, by, offered),
        "audiences": panels.audiences(incident, facts, offered),
        "customers": {"conditions": comms.conditions(facts)},
        "swoop": swoop.panel(incident, facts, by),
        "law": queries.law(incident, facts) | {"copies": panels.copies(facts, offered)},
        "files": [(file, reverse("incident-file", args=[incident.ref, file.number])) for file in facts.files],
        "people": panels.people(facts),
        "times": corrected(incident, facts),
    }


def _feed(entries: list[Entry], show: str) -> dict[str, Any]:
    chosen = show if show in FILTERS else ""
    labels = {"": "All"} | {name: label for name, (label, _) in FILTERS.items()}
    return {
        "lines": list(lines(feed.arranged(entries, chosen))),
        "show": chosen,
        "filters": [
            {"label": label, "url": f"?show={name}#timeline" if name else "?#timeline", "current": name == chosen}
            for name, label in labels.items()
        ],
    }


def _mine(facts: Facts, by: Actor) -> dict[str, Any]:
    """Which roles the person who looks holds: some panels come first, or folded, for them."""
    return {
        "roles": [role.value for role in RoomRole if facts.holds(by, role)],
        "commands": facts.holds(by, RoomRole.IC),
        "operates": facts.holds(by, RoomRole.OL),
        "present": by.user_id in facts.room,
    }


def head(incident: Incident, facts: Facts) -> dict[str, Any]:
    """What every page of an incident has on top. Its times are those in force."""
    times = in_force(incident, facts)
    return {
        "ref": incident.ref,
        "title": incident.title,
        "severity": incident.severity,
        "severity_label": Severity(incident.severity).label,
        "state": incident.state,
        "state_label": incident.get_state_display(),
        "exercise": incident.exercise,
        "restricted": incident.restricted,
        "is_open": incident.is_open,
        "mobilises": incident.mobilises,
        "declared_at": incident.declared_at,
        "detected_at": times[KeyTime.DETECTED],
        "detected_by_label": DetectedBy(incident.detected_by).label,
        "impact_start": times[KeyTime.IMPACT_START],
        "impact_end": times[KeyTime.IMPACT_END],
        "resolved_at": times[KeyTime.RESOLVED],
        "elapsed": panels.since(incident.declared_at, times[KeyTime.RESOLVED]),
        "summary": incident.summary,
        "ic_name": "" if incident.is_open and facts.vacant(RoomRole.IC) else facts.commander,
        "bridge_url": incident.bridge_url,
        "channel": incident.channel,
        "check_in_minutes": incident.check_in_minutes,
        "url": reverse("incident", args=[incident.ref]),
    }
