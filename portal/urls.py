"""The addresses that belong to no organisation."""

from django.urls import include, path

from compliance.custody_views import custody
from oncall.calendar_views import calendar_feed
from oncall.views import acknowledge_by_link
from portal import health, pages, styleguide
from portal.urls_api import documentation

urlpatterns = [
    path("", pages.choose, name="choose"),
    path("theme/", pages.theme, name="theme"),
    path("styleguide/", styleguide.styleguide, name="styleguide"),
    path("accounts/", include("allauth.account.urls")),
    path("accounts/2fa/", include("allauth.mfa.urls")),
    path("ack/<str:token>/", acknowledge_by_link, name="acknowledge-by-link"),
    path("custody/<str:custody>/", custody, name="custody"),
    path("oncall/<str:credential>/<str:name>.ics", calendar_feed, name="calendar-feed"),
    path("api/v1/", include(documentation)),
    path("api/v1/", include("portal.urls_api")),
    path("status/", include("status.urls")),
    path("status/", include("postmortems.public_urls")),
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("metrics", health.metrics, name="metrics"),
]
handler403 = "portal.errors.denied"
handler404 = "portal.errors.not_found"
handler500 = "portal.errors.broken"
