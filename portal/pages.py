"""The pages that belong to no room: which organisation, my profile, light or dark."""

from django.contrib.auth.decorators import login_required
from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_POST

from tenants.actors import Actor, Duty
from tenants.models import ApiToken, DutyHolder, Organisation
from tenants.scope import scope

THEMES = ("light", "dark", "system")


@login_required
@require_GET
def choose(request: HttpRequest) -> HttpResponse:
    """Where to? Somebody of one organisation is led straight to it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT muster.organisations_of(%s)", [request.user.pk])
        ids = [row[0] for row in cursor.fetchall()]
    found = []
    for organisation_id in ids:
        with scope(organisation_id, surface="web", user_id=request.user.pk):
            found.append(Organisation.objects.get(pk=organisation_id))
    if len(found) == 1:
        return HttpResponseRedirect(f"/o/{found[0].slug}/")
    rows = [{"name": o.name, "url": f"/o/{o.slug}/"} for o in sorted(found, key=lambda o: o.name)]
    return render(request, "portal/choose.html", {"organisations": rows})


@require_POST
def theme(request: HttpRequest) -> HttpResponse:
    """Light, dark, or as the system says; kept in a cookie so that the first paint is right."""
    wanted = request.POST.get("theme", "")
    target = request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(target, allowed_hosts={request.get_host()}, require_https=request.is_secure()):
        target = "/"
    response = HttpResponseRedirect(target)
    if wanted in ("light", "dark"):
        response.set_cookie("theme", wanted, max_age=31536000, samesite="Lax", secure=request.is_secure(), httponly=True)
    else:
        response.delete_cookie("theme", samesite="Lax")
    return response


@require_GET
def profile(request: HttpRequest) -> HttpResponse:
    """My roles, duties and tokens here."""
    actor: Actor = request.actor  # type: ignore[attr-defined]
    context = {
        "roles": [role.label for role in sorted(actor.roles)],
        "duties": [Duty(d.duty).label for d in DutyHolder.objects.filter(user_id=actor.person_id).order_by("duty")],
        "tokens": list(ApiToken.objects.filter(user_id=actor.person_id).order_by("-id")),
        "themes": THEMES,
        "mfa_url": "/accounts/2fa/",
    }
    return render(request, "portal/profile.html", context)
