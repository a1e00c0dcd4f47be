"""What customers see of the components because of an incident: set by public updates, ended by the one that says resolved.

What an update that was struck said of them holds no more, as if it had never been said.
"""

from collections.abc import Mapping, Sequence

from incidents.facts import Facts
from incidents.models import Component, ComponentState, Incident, StatusUpdate
from incidents.states import Audience, Condition, PublicStatus, UpdateState
from ledger.models import Event
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


def struck(incident: Incident) -> set[int]:
    """The updates of an incident that a correction has struck: what is right instead was written for the room, and stays there."""
    of_it = Event.objects.filter(incident_id=incident.pk)
    entries = list(of_it.filter(kind="incident.corrected").values_list("data__entry", flat=True))
    if not entries:
        return set()
    return set(of_it.filter(kind="incident.updated", seq__in=entries).values_list("data__update_id", flat=True))


def take_back(incident: Incident, update: StatusUpdate) -> None:
    """Let what a struck update said of components hold no more, and again what the others say.

    What another said too, while it held, was so by that one's word. What has ended breaks nothing again: who would restore it?
    """
    gone = struck(incident)
    public = StatusUpdate.objects.filter(incident=incident, audience=Audience.PUBLIC, state=UpdateState.PUBLISHED)
    standing = list(public.exclude(pk__in=gone).order_by("published_at", "id"))
    for state in ComponentState.objects.filter(incident=incident, update=update).select_related("component"):
        if other := _said_too(state, update, standing):
            state.update, state.since = other, other.published_at or other.posted_at
            state.save()
    if incident.is_open:
        _hold_again(incident, standing, gone)


def _said_too(state: ComponentState, update: StatusUpdate, standing: Sequence[StatusUpdate]) -> StatusUpdate | None:
    """The first update after the one that set a condition which said the same while it held: it left no state of its own."""
    for one in standing:
        at, own = one.published_at or one.posted_at, update.published_at or update.posted_at
        later = (at, one.pk) > (own, update.pk) and (state.until is None or at <= state.until)
        if later and one.components.get(state.component.slug) == state.condition:
            return one
    return None


def _hold_again(incident: Incident, standing: Sequence[StatusUpdate], gone: set[int]) -> None:
    """Make the open conditions what the updates that stand say, one after the other. What was said before a reopening holds no more."""
    back = Event.objects.filter(incident_id=incident.pk, kind="incident.reopened").order_by("-seq")
    since = back.values_list("occurred_at", flat=True).first()
    wanted: dict[str, StatusUpdate] = {}
    for one in standing:
        if since is not None and (one.published_at or one.posted_at) < since:
            continue
        if one.status == PublicStatus.RESOLVED:
            wanted.clear()
        for slug, condition in one.components.items():
            if condition == Condition.OPERATIONAL:
                wanted.pop(slug, None)
            elif slug not in wanted or wanted[slug].components[slug] != condition:
                wanted[slug] = one
    for state in ComponentState.objects.filter(incident=incident, until__isnull=True).select_related("component"):
        slug = state.component.slug
        if slug in wanted and wanted[slug].components[slug] == state.condition and state.update_id not in gone:
            del wanted[slug]
        else:
            state.until = now()
            state.save()
    for component in Component.objects.filter(slug__in=wanted):
        by = wanted[component.slug]
        ComponentState.objects.create(incident=incident, component=component, condition=by.components[component.slug], update=by)
