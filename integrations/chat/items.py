"""Lines about action items: filed, and what is done with them (clauses postmortem.action-items, actions.tags)."""

from collections.abc import Callable, Mapping

from incidents.members import member_for
from integrations.chat.bodies import valid
from integrations.chat.line import Line
from integrations.chat.rooms import Said, meant
from postmortems.actions import items, reminding
from postmortems.api import item_bodies as b
from postmortems.item_gate import item_for
from postmortems.models import ActionItem
from postmortems.states import ItemKind

_WHAT = "Say prevention or detection to file one, or start, done, drop, again, give or remind with its number."


def action(line: Line) -> Said:
    """`prevention @jon Add a lock timeout`, or `done 3 [what came of it]` and its like; 3 is the incident's third, INC-42-3 anybody's."""
    word = line.token(_WHAT).lower()
    if word in ItemKind:
        return _file(line, word)
    act = _ACTS.get(word)
    if act is None:
        line.teach(_WHAT)
    item = _which(line)
    told = act(line, item)
    return Said(f"{item.ref} · {told}", "action", item.incident.ref)


def _file(line: Line, kind: str) -> Said:
    incident = meant(line.by, line.ref)
    typed = {
        "incident": incident.ref,
        "kind": kind,
        "owner": line.person("Say who does it."),
        "title": line.text("Say what is to be done."),
    }
    body = valid(b.ItemFileBody, typed)
    owner = member_for(line.by, body["owner"], field="owner")
    item = items.file_item(incident, by=line.by, title=body["title"], kind=body["kind"], owner=owner)
    due = f", due {item.due_at:%Y-%m-%d %H:%M} UTC" if item.due_at else ""
    return Said(f"{item.ref} · {item.title}: {owner.name} does it{due}.", "action", incident.ref)


def _which(line: Line) -> ActionItem:
    """The item that is named: by its number within the incident that is meant, or by its whole reference."""
    number = line.maybe_number()
    if number is None:
        return item_for(line.by, line.token("Say which action item, by its number."))
    return item_for(line.by, f"{meant(line.by, line.ref).ref}-{number}")


def _start(line: Line, item: ActionItem) -> str:
    line.end()
    items.start_item(item, by=line.by)
    return "started."


def _done(line: Line, item: ActionItem) -> str:
    body = valid(b.ItemFinishBody, {"outcome": line.text("") if line.rest else ""})
    items.finish_item(item, by=line.by, outcome=body["outcome"])
    return "done."


def _drop(line: Line, item: ActionItem) -> str:
    items.drop_item(item, by=line.by, reason=valid(b.ItemReasonBody, {"reason": line.reason("Say why.")})["reason"])
    return "dropped."


def _again(line: Line, item: ActionItem) -> str:
    items.take_up_item(item, by=line.by, reason=valid(b.ItemReasonBody, {"reason": line.reason("Say why.")})["reason"])
    return "taken up again."


def _give(line: Line, item: ActionItem) -> str:
    owner = member_for(line.by, line.person("Say to whom."), field="owner")
    line.end()
    items.change_item(item, by=line.by, changes={"owner": owner})
    return f"given to {owner.name}."


def _remind(line: Line, item: ActionItem) -> str:
    line.end()
    reminding.remind(item, by=line.by)
    return f"{item.owner.name} is reminded."


_ACTS: Mapping[str, Callable[[Line, ActionItem], str]] = {
    "start": _start,
    "done": _done,
    "drop": _drop,
    "again": _again,
    "give": _give,
    "remind": _remind,
}
