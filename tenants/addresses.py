"""Absolute addresses of an organisation's pages, for messages that leave the portal."""

from django.conf import settings

from tenants.models import Organisation


def page(organisation_id: int, path: str) -> str:
    """The address of a page of the organisation's portal, such as page(1, "incidents/INC-4/")."""
    slug = Organisation.objects.values_list("slug", flat=True).get(pk=organisation_id)
    return f"{settings.BASE_URL}/o/{slug}/{path.lstrip('/')}"
