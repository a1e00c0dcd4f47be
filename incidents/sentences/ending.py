"""How endings read on the timeline."""

from incidents.sentences.kind import Data, Kind, Pairs


def _despite(data: Data) -> Pairs:
    return [(f"Despite {code.replace('_', ' ')}", why) for code, why in data.get("overrides", {}).items()]


KINDS = {"incident.resolved": Kind("Resolved", lambda data: data["summary"], _despite, written=True)}
