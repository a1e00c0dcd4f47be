"""The link in a page's e-mail: it opens a page that acknowledges by a button. Opening it changes nothing.

Signed, for one person, one page and one asking of it, good for a day. Once the page was acknowledged and forgotten it is asked again,
and what was sent before that answers no more: a replayed link would silence the second asking. It names its organisation, so that the
walls are up before anything is read.
"""

from dataclasses import dataclass

from django.conf import settings
from django.core import signing

from oncall.models import Page
from oncall.queries import times_forgotten
from tenants import credentials
from tenants.walled import tenant_of

SALT = "muster.acknowledge"
MAX_AGE_SECONDS = 24 * 3600


@dataclass(frozen=True, slots=True)
class Claim:
    """What a link says: the organisation (by public id), the page, the person, and how often it had been forgotten when it was sent."""

    organisation: str
    page_id: int
    user_id: int
    forgotten: int


def make(page: Page, user_id: int) -> str:
    """The absolute address that acknowledges `page` as this person."""
    claim = [credentials.public_id_of(tenant_of(page)), page.pk, user_id, times_forgotten(page)]
    token = signing.dumps(claim, salt=SALT)
    return f"{settings.BASE_URL}/ack/{token}/"


def read(token: str) -> Claim | None:
    """What a link says, or None where it is forged, broken or older than a day.

    One that was sent before links named their asking is of the first.
    """
    try:
        organisation, page_id, user_id, *rest = signing.loads(token, salt=SALT, max_age=MAX_AGE_SECONDS)
        (forgotten,) = rest or [0]
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return Claim(organisation, page_id, user_id, forgotten)
