"""What customers see of the components because of an incident: set by public updates, ended by the one that says resolved.

What an update that was struck said of them holds no more, as if it had never been said; what was merged lasts with the other.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from django.db.models import QuerySet

from incidents.facts import Facts
from incidents.models import Component, ComponentState, Incident, StatusUpdate
from incidents.states import Audience, Condition, PublicStatus, UpdateState
from ledger.models import Event
from tenants.refusals import invalid
from tenants.time import now

FROM_WELL_TO_WORST = (Condition.OPERATIONAL, Condition.MAINTENANCE, Condition.DEGRADED, Condition.PARTIAL, Condition.MAJOR)


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
    open_states = {state.component.slug: state for state in _open(incident)}
    wanted = dict(update.components)
    if update.status == PublicStatus.RESOLVED:
        wanted = dict.fromkeys(open_states, Condition.OPERATIONAL)
    found = {component.slug: component for component in Component.objects.filter(slug__in=wanted)}
    for slug, condition in wanted.items():
        state = open_states.get(slug)
        if state is not None and state.condition == condition and not _taken_over(state):
            continue
        if state is not None:
            _end(state)
        if slug in found and condition != Condition.OPERATIONAL:
            ComponentState.objects.create(incident=incident, component=found[slug], condition=condition, update=update)


def restore(incident: Incident) -> list[str]:
    """End every condition that holds because of an incident: it is over, or it was none. Returns the components' slugs."""
    held = list(_open(incident))
    for state in held:
        _end(state)
    return sorted(state.component.slug for state in held)


def carry_over(incident: Incident, into: Incident) -> list[str]:
    """Let what an incident broke that is merged go on as the other's, until that one says otherwise or ends. Returns the components' slugs.

    Merging heals nothing: customers go on seeing it as down. Where the other broke the same, the worse of both holds, as they see it now.
    """
    there = {state.component_id: state for state in _open(into)}
    carried: list[str] = []
    for state in _open(incident):
        _end(state)
        held = there.get(state.component_id)
        if held is not None and _how_bad(held.condition) >= _how_bad(state.condition):
            continue
        if held is not None:
            _end(held)
        ComponentState.objects.create(incident=into, component=state.component, condition=state.condition, update=state.update)
        carried.append(state.component.slug)
    return sorted(carried)


def struck(*incidents: int) -> set[int]:
    """The updates of incidents that a correction has struck: what is right instead was written for the room, and stays there."""
    of_them = Event.objects.filter(incident_id__in=incidents)
    entries = set(of_them.filter(kind="incident.corrected").values_list("incident_id", "data__entry"))
    if not entries:
        return set()
    said = of_them.filter(kind="incident.updated", seq__in={seq for _, seq in entries})
    return {update for of, seq, update in said.values_list("incident_id", "seq", "data__update_id") if (of, seq) in entries}


def take_back(incident: Incident, update: StatusUpdate) -> None:
    """Let what a struck update said of components hold no more, and again what the others say, also where another incident took it over.

    What another said too, while it held, was so by that one's word. What has ended breaks nothing again: who would restore it?
    """
    standing = _standing(incident, struck(incident.pk))
    here = {incident.pk: incident}
    for state in ComponentState.objects.filter(update=update).select_related("component").order_by("id"):
        if other := _said_too(state, update, standing):
            state.update, state.since = other, max(state.since, _out(other))
            state.save()
        elif state.until is None and state.incident_id not in here:
            here[state.incident_id] = Incident.objects.select_for_update(of=("self",)).get(pk=state.incident_id)
    for one in here.values():
        if one.is_open:
            _hold_again(one)


def _open(incident: Incident) -> QuerySet[ComponentState]:
    return (
        ComponentState.objects.filter(incident=incident, until__isnull=True).select_related("component", "update").order_by("id")
    )


def _end(state: ComponentState) -> None:
    state.until = now()
    state.save()


def _taken_over(state: ComponentState) -> bool:
    """Whether it came with what was merged: an update of that one said it."""
    return bool(state.update.incident_id != state.incident_id)


def _how_bad(condition: str) -> int:
    return FROM_WELL_TO_WORST.index(Condition(condition))


def _out(update: StatusUpdate) -> datetime:
    """When it went out."""
    return update.published_at or update.posted_at


def _standing(incident: Incident, gone: set[int]) -> list[StatusUpdate]:
    """The public updates of an incident that went out and were not struck, in their order."""
    public = StatusUpdate.objects.filter(incident=incident, audience=Audience.PUBLIC, state=UpdateState.PUBLISHED)
    return list(public.exclude(pk__in=gone).order_by("published_at", "id"))


def _said_too(state: ComponentState, update: StatusUpdate, standing: Sequence[StatusUpdate]) -> StatusUpdate | None:
    """The first update after the one that set a condition which said the same while it held: it left no state of its own."""
    for one in standing:
        later = (_out(one), one.pk) > (_out(update), update.pk) and (state.until is None or _out(one) <= state.until)
        if later and one.components.get(state.component.slug) == state.condition:
            return one
    return None


def _hold_again(incident: Incident) -> None:
    """Make the open conditions what was said that stands, one after the other. What was said before a reopening holds no more."""
    every = ComponentState.objects.filter(incident=incident).exclude(update__incident=incident)
    came = list(every.select_related("component", "update").order_by("id"))
    gone = struck(incident.pk, *{state.update.incident_id for state in came})
    words: list[tuple[datetime, int, StatusUpdate, dict[str, str]]] = [
        *((_out(one), 0, one, one.components) for one in _standing(incident, gone)),
        *((one.since, 1, one.update, {one.component.slug: one.condition}) for one in came if one.update_id not in gone),
    ]
    back = Event.objects.filter(incident_id=incident.pk, kind="incident.reopened").order_by("-seq")
    since = back.values_list("occurred_at", flat=True).first()
    wanted: dict[str, tuple[str, StatusUpdate]] = {}
    for at, _, update, said in sorted(words, key=lambda word: word[:2]):
        if since is not None and at < since:
            continue
        if update.status == PublicStatus.RESOLVED:
            wanted.clear()
        for slug, condition in said.items():
            if condition == Condition.OPERATIONAL:
                wanted.pop(slug, None)
            elif slug not in wanted or wanted[slug][0] != condition:
                wanted[slug] = (condition, update)
    for state in _open(incident):
        slug = state.component.slug
        if slug in wanted and wanted[slug][0] == state.condition and state.update_id not in gone:
            del wanted[slug]
        else:
            _end(state)
    for component in Component.objects.filter(slug__in=wanted):
        condition, by = wanted[component.slug]
        ComponentState.objects.create(incident=incident, component=component, condition=condition, update=by)
