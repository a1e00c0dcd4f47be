"""What happens after X? This page answers it, and nothing else does: event kind -> the reactions that follow from it.

Each reaction runs once an event, in a transaction of its own, after the verb's. There are no model signals.
"""

from ledger.relay import Reaction

PAGE_FOR_SIGNAL = Reaction("page-for-signal", "incidents.reactions.page_for_signal")
MOBILISE = Reaction("mobilise", "incidents.reactions.mobilise")
DELIVER_PAGE = Reaction("deliver-page", "oncall.announcements.deliver_page")
CALL_FOR_FLAG = Reaction("call-for-flag", "incidents.reactions.call_for_flag")
TELL_ADMINISTRATORS = Reaction("tell-administrators", "incidents.announcements.tell_administrators")
PROMPT_OWNER = Reaction("prompt-owner", "incidents.announcements.prompt_owner")
TELL_UPDATE = Reaction("tell-update", "incidents.announcements.tell_update")

REACTIONS: dict[str, tuple[Reaction, ...]] = {
    "signal.opened": (PAGE_FOR_SIGNAL,),
    "incident.declared": (MOBILISE,),
    "incident.severity_changed": (MOBILISE,),
    "incident.flagged": (CALL_FOR_FLAG,),
    "incident.duty_unfilled": (TELL_ADMINISTRATORS,),
    "incident.updated": (TELL_UPDATE,),
    "page.person_paged": (DELIVER_PAGE,),
    "clock.prompted": (PROMPT_OWNER,),
    "clock.broken": (PROMPT_OWNER,),
}

# Subject of a clock -> what follows when it breaks. (The sweep records the break itself, whatever the subject.)
CLOCK_SUBJECTS: dict[str, str] = {
    "oncall.page": "oncall.actions.on_clock_broken",
}

# Subject of a page -> the function that says in one line what it is about.
PAGE_SUBJECTS: dict[str, str] = {
    "incidents.signal": "incidents.announcements.signal_line",
    "incidents.incident": "incidents.announcements.incident_line",
}

# The same, and where it is seen in the portal.
PAGE_ADDRESSES: dict[str, str] = {
    "incidents.signal": "incidents.announcements.signal_address",
    "incidents.incident": "incidents.announcements.incident_address",
}

# The same, and whether it must not be said.
PAGE_RESTRICTIONS: dict[str, str] = {
    "incidents.signal": "incidents.announcements.signal_restricted",
    "incidents.incident": "incidents.announcements.incident_restricted",
}

# Before a person is called to an incident: on a restricted one they are named first, or they could not see what they are called to.
BEFORE_A_CALL = "incidents.actions.naming.admit_called"

# Template of a delivery -> the function that renders it when it is sent.
RENDERERS: dict[str, str] = {
    "page": "oncall.announcements.render_page",
    "notice": "incidents.announcements.render_notice",
    "flag": "incidents.announcements.render_flag",
    "unfilled": "incidents.announcements.render_unfilled",
    "prompt": "incidents.announcements.render_prompt",
    "update": "incidents.announcements.render_update",
}
