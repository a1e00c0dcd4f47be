"""How legal holds read on the timeline of the incident that they keep."""

from incidents.sentences.kind import Data, Kind, Pairs, reason


def _named(data: Data) -> str:
    return f"Legal hold {data['hold']} ({data['matter']})"


def _released(data: Data) -> Pairs:
    return [("Asked for by", data["asked_by"]), *reason(data)]


KINDS = {
    "hold.placed": Kind("Legal hold", lambda data: f"{_named(data)} keeps everything of it.", reason),
    "hold.release_asked": Kind("Release asked for", lambda data: f"{_named(data)} stands until a second person agrees.", reason),
    "hold.kept": Kind("Legal hold stays", lambda data: f"{_named(data)} is not released.", reason),
    "hold.released": Kind("Legal hold released", lambda data: f"{_named(data)} is over: two people have released it.", _released),
}
