"""What every page's frame shows: the organisation, who is signed in, where one can go, how many pages wait."""

import re
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from standard.models import Feedback
from tenants.actors import Actor, Role
from tenants.time import now

_POSTMORTEM = re.compile(r"^/incidents/[^/]+/postmortem/")  # it stands below its incident, and in the navigation by itself

# The pages of the process whose frame asks what one thinks of it (clause improve.feedback), by the names of their addresses.
# The standard, its reviews and the conformance reports have the form in their own place.
_ASKS = {
    **dict.fromkeys(
        ("standard-versions", "standard-compare", "standard-draft", "standard-draft-whole", "standard-draft-part"),
        Feedback.About.STANDARD,
    ),
    **dict.fromkeys(("actions", "action-item", "action-item-verb", "action-items-of", "similar"), Feedback.About.ACTION_ITEMS),
}
_ASKS_BELOW = {"postmortem": Feedback.About.POSTMORTEM, "metrics": Feedback.About.METRICS}


def process_page(request: HttpRequest) -> dict[str, str] | None:
    """What feedback from this page is about, and where it leads back to: {about, next}; None where the frame does not ask.

    A page that answers a form cannot be gone back to: from there it leads to the feedback itself.
    """
    match = request.resolver_match
    name = (match.url_name if match else "") or ""
    about = _ASKS.get(name) or _ASKS_BELOW.get(name.partition("-")[0])
    return {"about": about.value, "next": request.path if request.method == "GET" else ""} if about else None


def shell(request: HttpRequest) -> dict[str, Any]:
    """Context of base.html. Outside an organisation there is no navigation."""
    theme = request.COOKIES.get("theme", "")
    context: dict[str, Any] = {
        "organisation": getattr(request, "organisation", None),
        "me": None,
        "nav": [],
        "nav_more": [],
        "inbox_count": 0,
        "process_page": None,
        "theme": theme if theme in ("light", "dark") else "",
        "theme_url": "/theme/",
        "request_id": getattr(request, "request_id", ""),
        "sign_out_url": "/accounts/logout/",
        "now": now(),
    }
    actor: Actor | None = getattr(request, "actor", None)
    if actor is None or context["organisation"] is None:
        if getattr(request, "user", None) is not None and request.user.is_authenticated:
            context["me"] = {"name": request.user.name, "email": request.user.email, "roles": []}
        return context
    context["process_page"] = process_page(request)
    context["me"] = {"name": actor.name, "email": actor.email, "roles": [role.label for role in sorted(actor.roles)]}
    where = "/postmortems/" if _POSTMORTEM.match(request.path_info) else request.path_info
    nav, more = (
        [{"label": label, "url": _url(name), "current": where.startswith(prefix)} for label, name, prefix in places]
        for places in _places(actor)
    )
    return context | {
        "nav": nav,
        "nav_more": more,
        "is_in_more": any(place["current"] for place in more),
        "inbox_count": request.pages_waiting,  # type: ignore[attr-defined]
        "home_url": _url("incident-list"),
        "inbox_url": _url("inbox"),
        "profile_url": _url("profile"),
        "contact_url": _url("contact-methods"),
        "choose_url": "/",
    }


type _Place = tuple[str, str, str]  # label, the address' name, what the paths below it begin with


def _places(actor: Actor) -> tuple[list[_Place], list[_Place]]:
    """Where somebody can go: what the bar shows, and what is one step further, under "More". All of it fits at 70rem."""
    nav = [
        ("Incidents", "incident-list", "/incidents/"),
        ("Triage", "triage", "/triage/"),
        ("On call", "oncall", "/oncall/"),
        ("Post-mortems", "postmortem-list", "/postmortems/"),
        ("Actions", "actions", "/actions/"),
        ("Metrics", "metrics-home", "/metrics/"),
    ]
    more = [
        ("Readiness", "readiness", "/readiness/"),
        ("Standard", "standard", "/standard/"),
        ("Status page", "status-page", "/status-page/"),
    ]
    if actor.has(Role.AUDITOR):
        nav.insert(0, ("Audit", "audit", "/audit/"))
    elif actor.has(Role.ADMINISTRATOR):
        more.append(("Audit", "audit", "/audit/"))
    # Legal is a duty, mostly an executive's; the page says whose it is.
    if actor.has(Role.ADMINISTRATOR, Role.EXECUTIVE, Role.AUDITOR):
        more.append(("Holds", "hold-list", "/holds/"))
    if actor.has(Role.ADMINISTRATOR, Role.AUDITOR, Role.PROCESS_OWNER):
        more.append(("Sealed log", "evidence-log", "/evidence/log/"))
    if actor.has(Role.ADMINISTRATOR):
        more += [("Integrations", "integration-list", "/integrations/"), ("Admin", "admin:index", "/admin/")]
    return nav, more


def _url(name: str) -> str:
    return reverse(name, urlconf=settings.PORTAL_URLCONF)
