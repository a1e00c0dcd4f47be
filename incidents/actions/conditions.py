"""What customers see of the components because of an incident: set by public updates, ended by the one that says resolved."""

from collections.abc import Mapping

from incidents.facts import Facts
from incidents.models import Component, ComponentState, Incident, StatusUpdate
from incidents.states import Condition, PublicStatus
from tenants.refusals import invalid
from tenants.time import now


def parse_conditions(facts: Facts, given: Mapping[str, str], *, resolved: bool) -> dict[str, str]:
    """{slug: condition} as a public update carries it. Refuses (422) an unknown slug or condition; a resolved one leaves nothing broken."""
    known = {component.slug: component for component in facts.components}
    for slug, condition in given.items():
        if slug not in known:
            raise invalid("components", f"There is no component {slug[:40]}; they are: {', '.join(known) or 'none yet'}.")
        if condition not in Condition.values:
            raise invalid("components", f"{known[slug].name}: choose one of {', '.join(Condition.values)}.")
        if resolved and condition != Condition.OPERATIONAL:
            raise invalid("components", f"{known[slug].name} cannot be {Condition(condition).label.lower()} once it is resolved.")
    return dict(given)


def set_conditions(incident: Incident, update: StatusUpdate) -> None:
    """Let the conditions of a public update hold from now on; "operational" ends one, and a resolved update ends all.

    One that goes out after the incident ended (it waited for its approval) breaks nothing: who would restore it?
    """
    if not incident.is_open:
        return
    open_states = {
        state.component.slug: state
        for state in ComponentState.objects.filter(incident=incident, until__isnull=True).select_related("component")
    }
    wanted = dict(update.components)
    if update.status == PublicStatus.RESOLVED:
        wanted = dict.fromkeys(open_states, Condition.OPERATIONAL)
    found = {component.slug: component for component in Component.objects.filter(slug__in=wanted)}
    for slug, condition in wanted.items():
        state = open_states.get(slug)
        if state is not None and state.condition != condition:
            state.until = now()
            state.save()
        if slug in found and condition != Condition.OPERATIONAL and (state is None or state.condition != condition):
            ComponentState.objects.create(incident=incident, component=found[slug], condition=condition, update=update)


def restore(incident: Incident) -> list[str]:
    """End every condition that holds because of an incident: it is over, or it was none. Returns the components' slugs."""
    held = list(ComponentState.objects.filter(incident=incident, until__isnull=True).select_related("component"))
    for state in held:
        state.until = now()
        state.save()
    return sorted(state.component.slug for state in held)
