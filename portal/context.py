"""What every page's frame shows: the organisation, who is signed in, where one can go, how many pages wait."""

from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from tenants.actors import Actor, Role


def shell(request: HttpRequest) -> dict[str, Any]:
    """Context of base.html. Outside an organisation there is no navigation."""
    theme = request.COOKIES.get("theme", "")
    context: dict[str, Any] = {
        "organisation": getattr(request, "organisation", None),
        "me": None,
        "nav": [],
        "inbox_count": 0,
        "theme": theme if theme in ("light", "dark") else "",
        "theme_url": "/theme/",
        "request_id": getattr(request, "request_id", ""),
    }
    actor: Actor | None = getattr(request, "actor", None)
    if actor is None or context["organisation"] is None:
        if getattr(request, "user", None) is not None and request.user.is_authenticated:
            context["me"] = {"name": request.user.name, "email": request.user.email, "role_labels": []}
        return context
    from oncall.queries import waiting_for

    context["me"] = {"name": actor.name, "email": actor.email, "role_labels": [role.label for role in sorted(actor.roles)]}
    context["inbox_count"] = waiting_for(actor.person_id)
    places = [
        ("Incidents", "incident-list", "/incidents/"),
        ("Triage", "triage", "/triage/"),
        ("Inbox", "inbox", "/inbox/"),
    ]
    if actor.has(Role.ADMINISTRATOR):
        places.append(("Integrations", "integration-list", "/integrations/"))
        places.append(("Admin", "admin:index", "/admin/"))
    context["nav"] = [
        {
            "label": label,
            "url": reverse(name, urlconf="portal.urls_organisation"),
            "current": request.path_info.startswith(prefix),
            "count": context["inbox_count"] if name == "inbox" else 0,
        }
        for label, name, prefix in places
    ]
    return context
