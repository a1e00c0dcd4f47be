"""How evidence packs, and other files that leave the portal, read on the timeline."""

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
    "pack.superseded": Kind(
        "Evidence pack",
        lambda data: f"{data['name']} is not handed out any more. {data['why']}",
        lambda data: [("SHA-256", data["sha256"])],
    ),
    "pack.removed": Kind(
        "Evidence pack",
        lambda data: f"The file of {data['name']}, which a legal hold had kept, is removed.",
        lambda data: [("SHA-256", data["sha256"])],
    ),
    "export.given": Kind(
        "Export",
        lambda data: f"{data['name']} is downloaded.",
        lambda data: [("Size", f"{data['size']:,} bytes"), ("SHA-256", data["sha256"])],
    ),
    "pack.handed_out": Kind(
        "Evidence pack", lambda data: f"{data['name']} is downloaded.", lambda data: [("SHA-256", data["sha256"])]
    ),
}
