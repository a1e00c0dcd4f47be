"""How endings read on the timeline."""

from incidents.sentences.kind import Data, Kind, Pairs, reason, state


def _despite(data: Data) -> Pairs:
    return [(f"Despite {code.replace('_', ' ')}", why) for code, why in data.get("overrides", {}).items()]


def _absorbed(data: Data) -> str:
    signals = f" {data['signals']} signal{'s' if data['signals'] > 1 else ''} came along." if data["signals"] else ""
    services = f" New here: {', '.join(data['services'])}." if data["services"] else ""
    return f"{data['ref']} was merged into this: {data['title']}.{signals}{services}"


def _reopened(data: Data) -> str:
    times = "" if data["times"] == 1 else f" for the {data['times']}. time"
    return f"Reopened{times}: back to {state(data['after'])}."


KINDS = {
    "incident.resolved": Kind("Resolved", lambda data: data["summary"], _despite, written=True),
    "incident.reopened": Kind("Reopened", _reopened, reason),
    "incident.false_positive": Kind("False positive", lambda data: "It was none after all; declaring it was right.", reason),
    "incident.merged": Kind("Merged", lambda data: f"Merged into {data['into']}: the work goes on there.", reason),
    "incident.absorbed": Kind("Merged", _absorbed, reason),
    "incident.closed": Kind("Closed", lambda data: "Closed.", reason),
}
