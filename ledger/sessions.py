"""Sign-ins, and those that were refused, and sign-outs, in the ledger of each organisation of which somebody is a member.

A person signs in before any organisation is known, and may belong to several: each of them has what happened at the door that leads to it.
Of an address that is nobody's, no ledger has anything; nor of somebody who is a member nowhere.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from django.db import connection

from ledger.actions import record
from ledger.verbs import verb
from tenants.actors import Actor, Via, system
from tenants.models import User
from tenants.scope import scope

SUBJECT = "session"


@verb("open", kind="session.opened", who="whoever signs in, in each organisation of theirs", subject=SUBJECT)
def open_session(user: User, *, by: Actor, ways: Sequence[str]) -> None:
    """Put on record that a person signed in, and by which ways (a password, a second factor), before their session is theirs."""
    record("session.opened", user, by=by, ways=list(ways))


@verb(
    "refuse",
    kind="session.refused",
    who="Muster, of an account that is a member's; whoever is signed in and is asked again",
    subject=SUBJECT,
)
def refuse_session(user: User, *, by: Actor, step: str) -> None:
    """Put on record that somebody was not let in as this member, and at which step. Who it was is not known, so Muster says it.

    Within a session it is known whose that is: what they are asked again (a password, a second factor) and get wrong is said by them.
    """
    record("session.refused", user, by=by, step=step)


@verb("end", kind="session.ended", who="whoever signs out, in each organisation of theirs", subject=SUBJECT)
def end_session(user: User, *, by: Actor) -> None:
    """Put on record that a person signed out. (A session that runs out ends without anybody's doing.)"""
    record("session.ended", user, by=by)


def as_themselves(user: User, request_id: str, act: Callable[[Actor], None]) -> None:
    """Act as this person in each of their organisations, one after the other; each is committed by itself."""
    for organisation_id in _organisations_of(user):
        by = Actor(organisation_id, user.name, Via.WEB, user_id=user.pk, email=user.email, request_id=request_id)
        with scope(organisation_id, surface=Via.WEB, user_id=user.pk, actor=by):
            act(by)


def as_muster(user: User, request_id: str, act: Callable[[Actor], None]) -> None:
    """Act as Muster in each organisation of this person."""
    for organisation_id in _organisations_of(user):
        with scope(organisation_id, surface=Via.WEB):
            act(replace(system(organisation_id, Via.WEB), request_id=request_id))


def _organisations_of(user: User) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT muster.organisations_of(%s)", [user.pk])
        return sorted(row[0] for row in cursor.fetchall())
