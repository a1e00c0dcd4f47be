"""Why a verb on one's contact methods is refused now. The same functions refuse and grey out."""

from datetime import timedelta

from notifications import queries
from notifications.models import ContactMethod
from tenants.actors import Actor, Role
from tenants.refusals import Reason
from tenants.time import now

METHODS_MOST = 10
CODES_AN_HOUR = 10
TEST_EVERY = timedelta(minutes=1)


def _reader(by: Actor) -> list[Reason]:
    if by.has(Role.AUDITOR) or "write" not in by.scopes or by.user_id is None:
        return [Reason("read_only", "You may read here, but not change how you are reached.", status=403)]
    return []


def _owner(method: ContactMethod, by: Actor) -> list[Reason]:
    if method.user_id != by.user_id:
        return [Reason("not_yours", "Only its owner changes a contact method.", status=403)]
    return [Reason("removed", "This contact method was removed.")] if method.removed_at is not None else _reader(by)


def why_not_add(by: Actor) -> list[Reason]:
    """A person adds their own, a few of them, and has each prove itself by a code."""
    if refused := _reader(by):
        return refused
    if queries.of_person(by.person_id).count() >= METHODS_MOST:
        return [Reason("too_many", f"You have {METHODS_MOST} contact methods, the most there can be. Remove one first.")]
    return _codes(by)


def _codes(by: Actor) -> list[Reason]:
    if queries.codes_since(by.person_id, now() - timedelta(hours=1)) >= CODES_AN_HOUR:
        return [Reason("too_many_codes", f"{CODES_AN_HOUR} codes were sent within an hour. Try again later.")]
    return []


def why_not_ask_code(method: ContactMethod, by: Actor) -> list[Reason]:
    """Another code for a method that is not verified yet; not without end."""
    if refused := _owner(method, by):
        return refused
    return _verified(method) or _codes(by)


def _verified(method: ContactMethod) -> list[Reason]:
    return [Reason("verified", "This contact method is verified already.")] if method.verified_at is not None else []


def why_not_verify(method: ContactMethod, by: Actor) -> list[Reason]:
    """What is verified needs no code any more."""
    return _owner(method, by) or _verified(method)


def why_not_change(method: ContactMethod, by: Actor) -> list[Reason]:
    """Its owner sets when it is quiet, and removes it."""
    return _owner(method, by)


def why_not_arrange(by: Actor) -> list[Reason]:
    """One's own order."""
    return _reader(by)


def why_not_test(by: Actor) -> list[Reason]:
    """One's own methods, once a minute."""
    if refused := _reader(by):
        return refused
    if queries.tested_since(by.person_id, now() - TEST_EVERY):
        return [Reason("tested_lately", "Your contact methods were tested a moment ago. Wait a minute before the next test.")]
    return []
