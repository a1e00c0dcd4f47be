"""The link by which somebody outside answers what a legal hold asks them to keep. Opening it changes nothing.

Signed, for one custodian's task of one organisation, which it names so that the walls are up before anything is read. It is kept
nowhere: it is computed when a message is sent. Which link of a task is good, and until when, stands on the task (`link_number`,
`link_until`), so that a newer one, a withdrawal and a release end those that were sent (docs/decisions/0025).
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core import signing

from compliance.models import CustodianTask
from tenants import credentials
from tenants.actors import Actor, Via
from tenants.walled import tenant_of

SALT = "muster.custody"
LIFE = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Claim:
    """What a link says: the organisation (by public id), the task, and the number of the link."""

    organisation: str
    task_id: int
    number: int


@dataclass(frozen=True, slots=True)
class Sent:
    """A file as it came in."""

    name: str
    body: bytes


def sent(upload: Any) -> Sent | None:
    """A file as a form or a request brought it; None for none."""
    return Sent(upload.name or "", upload.read()) if upload is not None else None


def make(task: CustodianTask) -> str:
    """The absolute address of the good link of a task of somebody outside: the same on every attempt to send it."""
    said = [credentials.public_id_of(tenant_of(task)), task.pk, task.link_number]
    return f"{settings.BASE_URL}/custody/{signing.Signer(salt=SALT).sign_object(said)}/"


def read(token: str) -> Claim | None:
    """What a link says, or None where it is forged or broken."""
    try:
        organisation, task_id, number = signing.Signer(salt=SALT).unsign_object(token)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return Claim(organisation, task_id, number)


def custodian(task: CustodianTask, request_id: str = "") -> Actor:
    """Somebody outside, acting by their link: named in events as they were when they were asked, with no account behind the name."""
    return Actor(
        organisation_id=tenant_of(task), name=task.name, via=Via.EMAIL, kind="custodian", email=task.email, request_id=request_id
    )
