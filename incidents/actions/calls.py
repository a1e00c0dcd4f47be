"""The calls that an incident has out: which of them end with it, and which are waited for however it ends."""

from incidents.models import Flag, Incident
from oncall.actions import end
from oncall.models import Page
from tenants.actors import Actor

DUTY_CALL = "breach.page-privacy-legal"


def end_calls(incident: Incident, *, by: Actor) -> list[Page]:
    """End an incident's open calls, whatever each was about. Returns those that stay open until they are acknowledged.

    Those are the calls of Privacy and Legal while the flag stands that called them (breach.page-privacy-legal): that the outage is
    over does not answer what was exposed.
    """
    keys = Flag.objects.filter(incident=incident, lifted_at=None).values_list("key", flat=True)
    flagged = any(incident.law.flag(key).pages_duties for key in keys)
    stay = []
    for page in Page.objects.filter(incident_id=incident.pk, state=Page.State.OPEN).order_by("id"):
        if flagged and page.clause == DUTY_CALL:
            stay.append(page)
        else:
            end(page, by=by)
    return stay


def call_nobody(incident: Incident, *, by: Actor) -> None:
    """End the open calls of an incident whose severity pages nobody (severity.sev4-ticket); elsewhere they go on."""
    if not incident.law.severity(incident.severity).pages_on_call:
        end_calls(incident, by=by)
