"""The link in a page's e-mail: it opens a page that acknowledges by a button. Opening it changes nothing.

Signed, for one person and one page, good for a day. It names its organisation, so that the walls are up before anything is read.
"""

from dataclasses import dataclass

from django.conf import settings
from django.core import signing

from oncall.models import Page
from tenants import credentials
from tenants.walled import tenant_of

SALT = "muster.acknowledge"
MAX_AGE_SECONDS = 24 * 3600


@dataclass(frozen=True, slots=True)
class Claim:
    """What a link says: the organisation (by public id), the page and the person."""

    organisation: str
    page_id: int
    user_id: int


def make(page: Page, user_id: int) -> str:
    """The absolute address that acknowledges `page` as this person."""
    token = signing.dumps([credentials.public_id_of(tenant_of(page)), page.pk, user_id], salt=SALT)
    return f"{settings.BASE_URL}/ack/{token}/"


def read(token: str) -> Claim | None:
    """What a link says, or None where it is forged, broken or older than a day."""
    try:
        organisation, page_id, user_id = signing.loads(token, salt=SALT, max_age=MAX_AGE_SECONDS)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return Claim(organisation, page_id, user_id)
