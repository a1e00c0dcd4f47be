"""The doors of the record."""

from incidents import actions
from incidents.api.bodies import record as b
from incidents.doors.door import Door
from incidents.forms import record as f

DOORS = (
    Door(
        "note",
        "Note",
        "record.why_not_note",
        b.NoteBody,
        f.NoteForm,
        lambda incident, by, body: actions.note(incident, by=by, text=body["text"], occurred_at=body.get("occurred_at")),
    ),
    Door(
        "impact",
        "Set impact",
        "record.why_not_set_impact",
        b.ImpactBody,
        f.ImpactForm,
        lambda incident, by, body: actions.set_impact(incident, by=by, start=body.get("start"), end=body.get("end")),
    ),
)
