"""How break glass and the review of who had access read on the timeline (evidence.access-review, breach.need-to-know)."""

from incidents.sentences.kind import Data, Kind, Pairs, moment, reason


def _broken(data: Data) -> Pairs:
    return [*reason(data), ("Until", moment(data["ends_at"])), ("Called", ", ".join(data["called"]))]


def _judged(data: Data) -> str:
    return f"{data['person']}'s break glass was {'justified' if data['justified'] else 'not justified'}."


def _note(data: Data) -> Pairs:
    return [("Note", data["note"])] if data.get("note") else []


def _opened(data: Data) -> Pairs:
    uncovered = [("Not covered", ", ".join(data["not_covered"]))] if data["not_covered"] else []
    return [("Window", f"{moment(data['starts_at'])} to {moment(data['ends_at'])}"), ("Due", moment(data["due_at"])), *uncovered]


def _decided(data: Data) -> str:
    count = data["count"]
    return f"{count} access{'' if count == 1 else 'es'} judged: {data['decision']}."


KINDS = {
    "incident.glass_broken": Kind(
        "Break glass", lambda data: f"Opened this restricted incident for {data['minutes']} minutes.", _broken
    ),
    "incident.glass_reviewed": Kind("Break glass reviewed", _judged, _note),
    "access_review.opened": Kind(
        "Access review",
        lambda data: f"Who had access to production is checked: {data['privileged']} privileged of {data['facts']}.",
        _opened,
    ),
    "access_review.decided": Kind("Access review", _decided, _note),
    "access_review.signed": Kind(
        "Access review signed",
        lambda data: (
            f"Who had access was checked: {data['appropriate']} appropriate, {data['revoke']} to revoke, "
            f"{data['investigate']} to investigate."
        ),
        lambda data: [("SHA-256", data["sha256"]), *_note(data)],
    ),
}
