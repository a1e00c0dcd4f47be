"""The doors of the record."""

from incidents import actions
from incidents.api.bodies import record as b
from incidents.doors.door import Body, Door
from incidents.forms import record as f
from incidents.models import Incident
from incidents.states import KeyTime
from tenants.actors import Actor


def _note(incident: Incident, by: Actor, body: Body) -> object:
    return actions.note(incident, by=by, text=body["text"], occurred_at=body.get("occurred_at"), thread=body.get("thread"))


def _decide(incident: Incident, by: Actor, body: Body) -> object:
    return actions.decide(incident, by=by, text=body["text"], reason=body["reason"], options=body.get("options", []))


def _correct_time(incident: Incident, by: Actor, body: Body) -> object:
    which, at = KeyTime(body["which"]), body["occurred_at"]
    return actions.correct_time(incident, by=by, which=which, occurred_at=at, reason=body["reason"])


def _attach(incident: Incident, by: Actor, body: Body) -> object:
    file = body["file"]
    return actions.attach_file(incident, by=by, name=file.name or "", body=file.read(), caption=body.get("caption", ""))


DOORS = (
    Door(
        "note",
        "Note",
        "record.why_not_note",
        b.NoteBody,
        f.NoteForm,
        _note,
    ),
    Door(
        "impact",
        "Set impact",
        "record.why_not_set_impact",
        b.ImpactBody,
        f.ImpactForm,
        lambda incident, by, body: actions.set_impact(incident, by=by, start=body.get("start"), end=body.get("end")),
    ),
    Door(
        "correct",
        "Correct",
        "record.why_not_correct",
        b.CorrectBody,
        f.CorrectForm,
        lambda incident, by, body: actions.correct(incident, by=by, entry=body["entry"], text=body["text"]),
        part="entry",
    ),
    Door("correct-time", "Correct a time", "times.why_not_correct_time", b.CorrectTimeBody, f.CorrectTimeForm, _correct_time),
    Door("decide", "Decide", "record.why_not_decide", b.DecideBody, f.DecideForm, _decide),
    Door("attach", "Attach a file", "record.why_not_attach", b.AttachFileBody, f.AttachFileForm, _attach),
    Door(
        "tick",
        "Tick a step",
        "record.why_not_tick",
        b.TickBody,
        f.TickForm,
        lambda incident, by, body: actions.tick(incident, by=by, role=body["role"], key=body["key"]),
        part="step",
    ),
)
