"""What a SEV 1/2 needs before it is closed belongs to a room above; it is asked by name, so that imports run one way."""

from collections.abc import Callable

from django.conf import settings
from django.utils.module_loading import import_string

from incidents.gravity import counting
from incidents.models import Incident


def what_is_missing(incident: Incident) -> str:
    """What still stands between a resolved incident and its close, as a sentence, or "".

    MUSTER_CLOSING names a table of questions by their dotted names; each takes the incident's id. Where nobody there can answer
    for a post-mortem, there is none.
    """
    table: dict[str, str] = import_string(settings.MUSTER_CLOSING)
    if "postmortem" not in table:
        return f"{incident.ref} has no post-mortem: a {counting(incident).label} is closed once that is published and reviewed."
    for name in table.values():
        question: Callable[[int], str] = import_string(name)
        if missing := question(incident.pk):
            return missing
    return ""
