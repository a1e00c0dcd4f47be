"""How evidence packs read on the timeline."""

from incidents.sentences.kind import Data, Kind, Pairs

_CAUSES = {
    "asked": "asked for",
    "ended": "asked for by itself, at the incident's end",
    "closed": "asked for by itself, at the closing",
}


def _made(data: Data) -> Pairs:
    return [("Size", f"{data['size']:,} bytes"), ("SHA-256", data["sha256"]), ("Checkpoint", f"{data['checkpoint']:,} entries")]


KINDS = {
    "pack.asked": Kind("Evidence pack", lambda data: f"{data['name']}: {_CAUSES[data['cause']]}."),
    "pack.made": Kind("Evidence pack", lambda data: f"{data['name']} is made.", _made),
    "pack.failed": Kind("Evidence pack", lambda data: f"{data['name']} could not be made: {data['why']}"),
    "pack.handed_out": Kind(
        "Evidence pack", lambda data: f"{data['name']} is downloaded.", lambda data: [("SHA-256", data["sha256"])]
    ),
}
