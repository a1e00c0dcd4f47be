"""How duties of law read on the timeline."""

from incidents.sentences.kind import Data, Kind, Pairs, moment, reason


def _named(data: Data) -> str:
    return f"{data['regime']}, {data['stage'][:1].lower()}{data['stage'][1:]}"


def _cited(data: Data) -> Pairs:
    return [("Citation", data["citation"]), *reason(data)]


def _started(data: Data) -> str:
    corrected = f" (corrected; before: {moment(data['before'])})" if data.get("before") else ""
    return f"{_named(data)}: {data['start']} at {moment(data['at'])}{corrected}."


def _filed(data: Data) -> str:
    return f"{_named(data)}: filed{' again' if data.get('again') else ''} at {moment(data['at'])}."


def _proof(data: Data) -> Pairs:
    late = [("Late", "after its time")] if data.get("late") else []
    if data.get("clock_righted"):
        late = [("In time", "filed before it was due, put on record after that")]
    return [("Reference", data["reference"]), ("Proof", f"File {data['file']}"), ("SHA-256", data["sha256"]), *late]


KINDS = {
    "duty.proposed": Kind("Duty of law", lambda data: f"{_named(data)}: to be decided whether it applies.", _cited),
    "duty.decided": Kind(
        "Duty of law", lambda data: f"{_named(data)}: {'applies' if data['applies'] else 'does not apply'}.", _cited
    ),
    "duty.started": Kind("Duty of law", _started, _cited),
    "duty.due_moved": Kind("Duty of law", lambda data: f"{_named(data)}: due at {moment(data['due_at'])}.", _cited),
    "duty.filed": Kind("Filed", _filed, _proof),
}
