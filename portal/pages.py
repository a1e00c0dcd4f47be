"""The pages that belong to no room: which organisation, my profile, light or dark."""

from allauth.mfa.models import Authenticator
from django import forms
from django.contrib.auth.decorators import login_required
from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from ledger import people
from tenants import auditor
from tenants.actors import Actor, Duty
from tenants.models import ApiToken, DutyHolder, Organisation, User
from tenants.refusals import NotFound
from tenants.scope import scope


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


class TokenForm(forms.Form):
    """A new API token."""

    name = forms.CharField(label="What is it for?", max_length=80)
    days = forms.IntegerField(label="Good for how many days?", min_value=1, max_value=365, initial=90)
    write = forms.BooleanField(label="It may change things, not only read", required=False)


@require_http_methods(["GET", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    """My roles and duties here, and my API tokens: made here, shown once, revoked here."""
    by: Actor = request.actor  # type: ignore[attr-defined]
    form = TokenForm(request.POST or None)
    credential, status = "", 200
    if request.method == "POST":
        if form.is_valid():
            scopes = ("read", "write") if form.cleaned_data["write"] else ("read",)
            owner = User.objects.get(pk=by.person_id)
            _, credential = people.issue_token(
                owner, form.cleaned_data["name"], by=by, scopes=scopes, days=form.cleaned_data["days"]
            )
            form = TokenForm()
        else:
            status = 422
    context = {
        "duties": [Duty(d.duty).label for d in DutyHolder.objects.filter(user_id=by.person_id).order_by("duty")],
        "tokens": [_token(token) for token in ApiToken.objects.filter(user_id=by.person_id, revoked_at=None).order_by("-id")],
        "new_token": credential,
        "token_form": form,
        "token_url": reverse("profile"),
        "totp_active": _has_totp(by.person_id),
        "totp_url": "/accounts/2fa/",
        "password_url": "/accounts/password/change/",
    }
    return render(request, "portal/profile.html", context, status=status)


def _has_totp(person_id: int) -> bool:
    """A second factor is the person's, whatever the organisation: asked as the serving role for auditors too."""
    with auditor.serving():
        return bool(Authenticator.objects.filter(user_id=person_id, type=Authenticator.Type.TOTP).exists())


def _token(token: ApiToken) -> dict[str, object]:
    return {
        "name": token.name,
        "scopes": token.scopes,
        "expires_at": token.expires_at,
        "last_used_at": token.secrets.order_by("id").values_list("last_used_at", flat=True).first(),  # never the hash beside it
        "revoke_url": reverse("token-revoke", args=[token.pk]),
    }


@require_POST
def token_revoke(request: HttpRequest, token_id: int) -> HttpResponse:
    """Revoke one of my tokens."""
    by: Actor = request.actor  # type: ignore[attr-defined]
    token = ApiToken.objects.filter(pk=token_id, user_id=by.person_id, revoked_at=None).first() if token_id < 2**63 else None
    if token is None:
        raise NotFound("token")
    people.revoke_token(token, by=by)
    return HttpResponseRedirect(reverse("profile"))
