"""What is filed with the record, and the steps of the checklists that are ticked by hand."""

import hashlib

from incidents import fields
from incidents.actions.base import enter, lock, tell
from incidents.actions.parts import next_number
from incidents.facts import Facts
from incidents.items import StepItem
from incidents.models import Attachment, ChecklistTick, Incident
from incidents.rules import record as rules
from incidents.sniffing import content_type, safe_name
from ledger.verbs import verb
from tenants.actors import Actor, Role
from tenants.refusals import check, invalid

FILE_MAX = 8 * 1024 * 1024


@verb("attach", kind="incident.file_attached", who="anyone in the room", clauses=("roles.scribe",))
def attach_file(incident: Incident, *, by: Actor, name: str, body: bytes, caption: str = "") -> Attachment:
    """File something with the record: its type by what is in it, its SHA-256 in the event. Written once, served as a download only."""
    incident, facts = lock(incident)
    check(rules.why_not_attach(incident, facts, by))
    return keep_file(incident, facts, by=by, name=name, body=body, caption=caption)


def keep_file(incident: Incident, facts: Facts, *, by: Actor, name: str, body: bytes, caption: str = "") -> Attachment:
    """Keep a file with a locked incident's record, whoever may do that: the verb has asked. Refuses (422) an empty or too large one."""
    check_size(body)
    words = fields.text("caption", caption, most=fields.REASON_MAX, required=False)
    filed = Attachment.objects.create(
        incident=incident,
        number=next_number(facts.files),
        name=safe_name(name),
        content_type=content_type(body),
        size=len(body),
        sha256=hashlib.sha256(body).hexdigest(),
        uploaded_by_id=by.person_id,
        body=body,
    )
    if by.has(Role.PRACTITIONER):
        enter(incident, facts, by)
    tell(
        incident,
        "incident.file_attached",
        by=by,
        number=filed.number,
        name=filed.name,
        content_type=filed.content_type,
        size=filed.size,
        sha256=filed.sha256,
        text=words,
    )
    return filed


def check_size(body: bytes) -> None:
    """Refuse (422) a file that is empty, or larger than one may be."""
    if not body:
        raise invalid("file", "This file is empty.", code="empty")
    if len(body) > FILE_MAX:
        raise invalid("file", f"This file has {len(body):,} bytes; at most {FILE_MAX:,} (8 MiB) fit.", code="too_large")


@verb(
    "tick",
    kind="incident.step_ticked",
    who="the role's holder, IC",
    clauses=("checklist.ic", "checklist.ol", "checklist.cl"),
)
def tick(incident: Incident, *, by: Actor, role: str, key: str) -> ChecklistTick:
    """Tick a step of a role's checklist by hand: it was done where Muster cannot see it. Who and when are kept."""
    incident, facts = lock(incident)
    lists = {name: getattr(incident.law.checklists, name) for name in ("ic", "ol", "cl")}
    if role not in lists:
        raise invalid("role", "Checklists belong to ic, ol and cl.", code="no_such_role")
    item = next((item for item in lists[role] if item.key == key), None)
    if item is None:
        check(rules.why_not_tick(incident, facts, by))
        named = ", ".join(item.key for item in lists[role])
        raise invalid("key", f"This role's checklist has no such step; its steps are: {named}.", code="no_such_step")
    check(rules.why_not_tick(incident, facts, by, StepItem(role, item.key, item.text)))
    done = ChecklistTick.objects.create(
        incident=incident, role=role, key=item.key, ticked_by_id=by.person_id, ticked_by_name=by.name
    )
    enter(incident, facts, by)
    tell(incident, "incident.step_ticked", by=by, role=role, key=item.key, text=item.text)
    return done
