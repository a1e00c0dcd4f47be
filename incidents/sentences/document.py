"""How the writing of a post-mortem reads on the timeline."""

from textwrap import shorten

from incidents.sentences.kind import Data, Kind, Pairs, moment, reason

_BRIEF = 300


def _brief(data: Data) -> str:
    return shorten(data["text"], _BRIEF, placeholder=" …")


def _opened(data: Data) -> str:
    if data.get("again"):
        return "The post-mortem is due again: it was resolved anew. What was written stays."
    whose = f" Its author is {data['author']}." if data.get("author") else " It has no author yet."
    return f"The post-mortem is opened, filled from the record.{whose}"


def _facts(data: Data) -> Pairs:
    return [(name.replace("_", " ").capitalize(), _was(*change)) for name, change in data["changes"].items()]


def _was(before: object, after: object) -> str:
    shown = [str(value) if value not in (None, "") else "not said" for value in (before, after)]
    return " → ".join(shown)


def _entry(data: Data) -> str:
    return f"entry {data['entry']}" if data.get("entry") else "an added entry"


def _added(data: Data) -> Pairs:
    return [("Happened", moment(data["happened_at"])), *reason(data)]


def _annotated(data: Data) -> str:
    return f"Beside {_entry(data)}: {_brief(data)}" if data["text"] else f"Took back the annotation of {_entry(data)}."


def _below(data: Data) -> str:
    return f"why {data['parent']}" if data.get("parent") else "the top"


def _few(data: Data) -> str:
    return "Fewer than five whys are enough here." if data["reason"] else "Took back why fewer than five whys are enough."


def _read(data: Data) -> str:
    return "Read the post-mortem: good to publish." if data["verdict"] == "good" else "Read the post-mortem: it needs changes."


def _said(data: Data) -> Pairs:
    return [("Said", _brief(data))] if data.get("text") else []


KINDS = {
    "postmortem.opened": Kind("Post-mortem", _opened),
    "postmortem.section_edited": Kind(
        "Post-mortem", lambda data: f"Wrote “{data['title']}”, version {data['version']} of this section."
    ),
    "postmortem.facts_changed": Kind("Post-mortem", lambda data: "Said what it did to others.", _facts),
    "postmortem.entry_picked": Kind("Post-mortem", lambda data: f"Chose entry {data['entry']} for its timeline."),
    "postmortem.entry_added": Kind("Post-mortem", lambda data: f"Added to its timeline: {_brief(data)}", _added),
    "postmortem.entry_annotated": Kind("Post-mortem", _annotated),
    "postmortem.entry_removed": Kind("Post-mortem", lambda data: f"Took {_entry(data)} out of its timeline."),
    "postmortem.why_added": Kind("Why", lambda data: f"Why {data['why']}, below {_below(data)}: {_brief(data)}"),
    "postmortem.why_changed": Kind("Why", lambda data: f"Why {data['why']} is now: {_brief(data)}"),
    "postmortem.why_moved": Kind("Why", lambda data: f"Moved why {data['why']} below {_below(data)}."),
    "postmortem.why_removed": Kind("Why", lambda data: f"Took back why {data['why']}: {_brief(data)}"),
    "postmortem.whys_explained": Kind("Why", _few, reason),
    "postmortem.commented": Kind("Comment", lambda data: f"On “{data['title']}” of the post-mortem: {_brief(data)}"),
    "postmortem.comment_settled": Kind("Comment", lambda data: f"Settled {data['author']}'s comment: {_brief(data)}"),
    "postmortem.reading_asked": Kind("Post-mortem", lambda data: f"Asks {data['person']} to read it."),
    "postmortem.read": Kind("Post-mortem", _read, _said),
    "postmortem.author_named": Kind("Post-mortem", lambda data: f"{data['person']} is its author from now on."),
    "postmortem.published": Kind("Post-mortem", lambda data: f"Published the post-mortem, version {data['version']}.", reason),
    "postmortem.taken_up": Kind(
        "Post-mortem", lambda data: f"Takes the post-mortem up again, after version {data['version']}.", reason
    ),
}
