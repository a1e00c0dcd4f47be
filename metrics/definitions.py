"""What each figure means, as data: pages, API, CSV and the guide show these words, and the queries follow them."""

from dataclasses import dataclass
from datetime import time

from incidents.states import CADENCES


@dataclass(frozen=True, slots=True)
class Definition:
    """A figure: its key in addresses and the API, the column it is read from, its names, its words, and why it may be missing."""

    key: str
    column: str
    short: str
    label: str
    says: str
    missing: str


TIMES: tuple[Definition, ...] = (
    Definition(
        "mttd",
        "to_detect",
        "MTTD",
        "Time to detect",
        "From the start of the impact to its detection: the receipt of the first alert or report. Where it was detected before the "
        "harm began, it is 0.",
        "nobody recorded when the impact began",
    ),
    Definition(
        "mtta",
        "to_acknowledge",
        "MTTA",
        "Time to acknowledge",
        "From detection to the first acknowledgement of a page of the incident.",
        "no page of it was acknowledged",
    ),
    Definition(
        "ttm",
        "to_mitigate",
        "TTM",
        "Time to mitigate",
        "From detection to monitoring: the harm has stopped. After a relapse the last time counts.",
        "it is not in monitoring yet, or never was (SEV 3 and 4 need not be)",
    ),
    Definition(
        "mttr",
        "to_resolve",
        "MTTR",
        "Time to resolve",
        "From detection to its resolution. After a reopening the last one counts.",
        "it is not resolved yet",
    ),
)
BY_KEY = {definition.key: definition for definition in TIMES}

NOT_KNOWN_YET = "not known yet"  # where incidents are there and what a figure needs of them is not
NO_INCIDENTS = "no incidents"  # where there is nothing that could be known
NULL = (
    "A figure that is null (in a file: empty) is not known yet: no incident of those that count has both times, no clock has come to its "
    "end, or nothing was done that had a due date. It is never 0 instead."
)

NO_SLI = (
    "An SLI that is null is not known yet: nothing of the period has been, so there is no share of it. An SLO or SLA that is null is none that "
    "was set: nothing was aimed at, or promised, and there is no error budget. It is never 0 instead."
)

COUNTED = (
    "Incidents count by the moment of their detection, on the organisation's calendar, at the severity they had last. Exercises, false "
    "positives and incidents merged into others are in no figure. Restricted incidents count only for those who may see them. A time "
    "that was corrected counts as corrected; what was recorded before stays in the record."
)
STATISTICS = (
    "n is the number of incidents that have both times. The mean is their sum divided by n. The median is the middle one, and p90 the one "
    "below which nine in ten lie; between two values the line from one to the other is followed (linear interpolation at (n - 1) times "
    "the share). An incident that affects several services counts for each of them, and for each of their teams once: the teams that "
    "answered for them when it was measured last."
)
CLOCKS = (
    "Every “within” of the standard is a clock. It is kept when what it asks for was done in its time, and broken when its time passed first. What "
    "ended before its time because nothing was owed any more (a waiver, the end of the incident, another severity) counts neither way; "
    "one that still runs is in neither. The clocks of the incidents of the period count, whenever they ended."
)
UPDATES = "The share of the clocks of updates, internal and public, that an update stopped in time."
CADENCE_CLAUSES = CADENCES

NIGHT_FROM, NIGHT_UNTIL = time(22), time(7)
PAGES = (
    "Each time a person was called counts once, when it happened in the period, whether an incident came of it or not. At night is "
    f"from {NIGHT_FROM:%H:%M} to {NIGHT_UNTIL:%H:%M} by the person's own time zone. Calls of an exercise count for nobody. With a severity, a "
    "service or a team chosen, only calls about the incidents of the period that fit are left."
)
AVAILABILITY = (
    "The SLI is the share of the period in which a component was available. It was not while an incident that took it down had its "
    "impact: from the impact's start (where nobody recorded one, the detection) to its end (where nobody recorded one, the mitigation, or "
    "else the resolution), as those times are in force, whenever customers were told. An incident took down each component of which a "
    "public update said a condition that counts as down (its administrators say which; a partial and a major outage unless they "
    "changed that); of those that no public update of it speaks of, what was a SEV 1 or SEV 2 at its worst, whatever it was lowered to, "
    "took down the ones that its services are noticed by, unless it was flagged for personal data. An incident that came back has one "
    "impact, from its first start to its last end. Incidents that overlap count once, and so do those that were merged. The SLO is what "
    "we aim at, the SLA what customers were promised. The error budget is the time that a target leaves to be down."
)
AGEING = (
    "Action items count by themselves, however old their incident is. Those waiting were filed by the end of the period (or by now, where "
    "it goes on) and not done or dropped by then; they are counted by how long they had waited, and are past due where their due date had passed. "
    "Done and dropped are those that ended in the period. In time is the share of those done by their due date among the done that had "
    "one. The median to done is of the done ones, from filing. Severity, service and team are the incident's, and items of exercises, "
    "false positives and merged incidents count nowhere."
)
