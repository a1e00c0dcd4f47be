"""The checklists of the roles, with what is done of them (clauses checklist.ic, checklist.ol, checklist.cl)."""

from typing import Any

from incidents.facts import Facts
from incidents.models import Incident
from incidents.states import RoomRole

ROLES = (RoomRole.IC, RoomRole.OL, RoomRole.CL)


def steps(incident: Incident, facts: Facts) -> list[dict[str, Any]]:
    """Every step of every role, in the standard's order.

    Each is `{role, key, text, by_itself, ticked_at, ticked_by, seq}`: `by_itself` says that Muster ticks it when it happens in the
    portal; `seq` is the entry that ticked it, None where a person did or nobody has.
    """
    done = {(tick.role, tick.key): tick for tick in facts.ticks}
    found = []
    for role in ROLES:
        for item in getattr(incident.law.checklists, role):
            tick = done.get((role.value, item.key))
            found.append(
                {
                    "role": role.value,
                    "key": item.key,
                    "text": item.text,
                    "by_itself": item.ticks_on is not None,
                    "ticked_at": tick.ticked_at if tick else None,
                    "ticked_by": tick.ticked_by_name if tick else "",
                    "seq": tick.seq if tick else None,
                }
            )
    return found


def by_role(incident: Incident, facts: Facts) -> list[dict[str, Any]]:
    """The same, a role at a time, with how many steps are done: `{role, label, done, steps}`."""
    every = steps(incident, facts)
    lists = []
    for role in ROLES:
        own = [step for step in every if step["role"] == role.value]
        lists.append({"role": role.value, "label": role.label, "done": sum(bool(s["ticked_at"]) for s in own), "steps": own})
    return lists
