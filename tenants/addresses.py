"""Absolute addresses of an organisation's pages, for messages that leave the portal."""

from django.conf import settings
from django.urls import reverse

from tenants.models import Organisation


def page(organisation_id: int, path: str) -> str:
    """The address of a page of the organisation's portal, such as page(1, "incidents/INC-4/")."""
    slug = Organisation.objects.values_list("slug", flat=True).get(pk=organisation_id)
    return f"{settings.BASE_URL}/o/{slug}/{path.lstrip('/')}"


def inside(name: str, *args: object) -> str:
    """The address of a page of the portal, below the open organisation's prefix where there is one; asked from any door."""
    return reverse(name, args=args, urlconf=settings.PORTAL_URLCONF)
