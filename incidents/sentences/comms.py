"""How communication reads on the timeline."""

from incidents.sentences.kind import Data, Kind, Pairs


def _updated(data: Data) -> Pairs:
    facts = [("Impact", data["impact"]), ("Being done", data["doing"])]
    if data.get("next_update_at"):
        facts.append(("Next update", f"{data['next_update_at'][11:16]} UTC"))
    return facts


KINDS = {"incident.updated": Kind("Update", lambda data: data["known"], _updated, written=True)}
