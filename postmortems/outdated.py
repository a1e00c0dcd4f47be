"""A first summary that was drafted from the record as it was, and that the record contradicts by now: times were corrected since.

Nothing is rewritten: the page and the API say so, with what would be drafted now, and a writer saves that in its place or does not.
"""

from datetime import datetime

from incidents.models import Incident
from postmortems.content import Content
from postmortems.durations import Durations
from postmortems.models import PostMortem, Section
from postmortems.telling import SUMMARY, course_of, summary_of


def fresh(postmortem: PostMortem, document: Content) -> dict[str, str]:
    """Section key -> its whole text as it would be by now, where it still tells the times as Muster drafted them once.

    What nobody has edited is offered anew as a whole; of what somebody has, that paragraph alone, and only where it stands there
    unchanged. One query for each section that somebody has edited.
    """
    found = {}
    for row in document["sections"]:
        if row["clause"] == SUMMARY and row["text"]:
            text = _fresh(postmortem, row, document)
            if text != row["text"]:
                found[row["key"]] = text
    return found


def _fresh(postmortem: PostMortem, row: Content, document: Content) -> str:
    incident = document["incident"]
    detected_at = datetime.fromisoformat(incident["detected_at"])
    took = Durations(**document["durations"])
    now_says = course_of(incident["detected_by"], detected_at, took)
    text: str = row["text"]
    if now_says in text:
        return text
    if not row["version"]:
        return summary_of(postmortem.incident, incident["worst"], incident["services"], now_says)
    then = _drafted_course(postmortem.incident, row["key"])
    return text.replace(then, now_says) if then else text


def _drafted_course(incident: Incident, key: str) -> str:
    """The paragraph of times as Muster drafted it, from the guarded history; "" where there was none."""
    history = Section.history.filter(incident_id=incident.pk, key=key, version=0).order_by("-history_id")
    text: str = history.values_list("text", flat=True).first() or ""
    return next((part for part in text.split("\n\n") if part.startswith("It was detected by ")), "")
