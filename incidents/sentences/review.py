"""How the review of a post-mortem, its wording, waivers and releases read on the timeline."""

from incidents.sentences.kind import Data, Kind, Pairs, moment, reason


def _when(data: Data) -> Pairs:
    rows = [("When", f"{moment(data['starts_at'])}, {data['minutes']} min"), ("Where", data["place"])]
    return [(name, value) for name, value in rows if value]


def _called(data: Data) -> Pairs:
    vacant = data.get("vacant")
    return _when(data) + ([("Nobody on the seat of", ", ".join(vacant))] if vacant else [])


def _cancelled(data: Data) -> Pairs:
    return [*_when(data), *reason(data)]


def _held(data: Data) -> Pairs:
    rows = [
        ("Took place", moment(data["held_at"]) if data.get("held_at") else ""),
        ("Written down", "more than a day later" if data.get("recorded_late") else ""),
        ("Why only then", data.get("reason", "")),
        ("Called", "by nobody beforehand" if data.get("uncalled") else ""),
        ("The slot it was called for", "was called off" if data.get("slot_freed") else ""),
        ("Its clock", "had been broken for want of word, and was kept" if data.get("clock_righted") else ""),
        ("Came", ", ".join(data["came"])),
        ("Missing", ", ".join(data["missing"])),
        ("Nobody on the seat of", ", ".join(data["vacant"])),
    ]
    return [(name, value) for name, value in rows if value]


_JUDGED = {"righted": "had been broken, and was kept", "broken": "had counted as kept, and was broken"}


def _time_corrected(data: Data) -> str:
    before = moment(data["before"]) if data["before"] else "no time"
    return f"Corrected when the review took place: {moment(data['after'])} in place of {before}."


def _judged(data: Data) -> Pairs:
    clock = _JUDGED.get(data["clock"], "")
    return [*reason(data), *([("Its clock", clock)] if clock else [])]


def _wording(data: Data) -> Pairs:
    return [("Where", data["place"]), *reason(data)]


def _released(data: Data) -> Pairs:
    """The title; and where names or internals went out with it, which, and why. (Before it could be so, events said nothing of it.)"""
    quotes = ", ".join(f"“{one['quote']}”" for one in data.get("found", []))
    let_out = [("Let out with it", quotes)] if quotes else []
    return [("Title", data["title"]), *let_out, *(("Why it stays", why) for why in data.get("overrides", {}).values())]


KINDS = {
    "review.called": Kind("Review", lambda data: "Called the review of the post-mortem.", _called),
    "review.moved": Kind("Review", lambda data: "Moved the review of the post-mortem.", _called),
    "review.cancelled": Kind("Review", lambda data: "Cancelled the review of the post-mortem.", _cancelled),
    "review.held": Kind("Review", lambda data: data["decisions"], _held, written=True),
    "review.time_corrected": Kind("Review", _time_corrected, _judged),
    "postmortem.waived": Kind("Post-mortem", lambda data: "Waived the post-mortem.", reason),
    "postmortem.waiver_lifted": Kind("Post-mortem", lambda data: "Lifted the waiver of the post-mortem.", reason),
    "postmortem.items_not_needed": Kind("Post-mortem", lambda data: "Nothing is to be done after this incident.", reason),
    "postmortem.wording_kept": Kind("Post-mortem", lambda data: f"Kept the wording “{data['quote']}”.", _wording),
    "postmortem.wording_taken_back": Kind(
        "Post-mortem", lambda data: f"No longer keeps the wording “{data['quote']}”.", _wording
    ),
    "postmortem.released": Kind("Post-mortem", lambda data: "Released the public rendering of the post-mortem.", _released),
    "postmortem.withdrawn": Kind("Post-mortem", lambda data: "Withdrew the public rendering of the post-mortem.", reason),
}
