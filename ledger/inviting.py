"""How somebody becomes a member: an administrator names their e-mail address and roles, and they are written to.

They are a member from then on: they can be put on a schedule and be paged before they have ever signed in. How they sign in is
theirs alone: whoever has no password yet is sent a link to choose one, to that address and nowhere else.

These verbs stand here, as those of ledger/people.py, because a verb leaves an event and their rows are the lowest room's.
"""

from collections.abc import Sequence
from datetime import timedelta

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, connection, transaction

from ledger.actions import record
from ledger.models import Event
from ledger.verbs import verb
from tenants import words
from tenants.actors import Actor, Role, Via
from tenants.models import AN_AUDITOR_ONLY_AUDITS, Membership
from tenants.refusals import Reason, Refused, check
from tenants.time import now

INVITED, INVITED_AGAIN = "member.invited", "member.invited_again"
NAME_MAX, EMAIL_MAX = 120, 254  # characters, as the account's
MOST_AN_HOUR = 200
"""People of an organisation: who is invited is written to, and a mail server that writes to strangers without end is soon believed by nobody."""

BETWEEN = timedelta(minutes=10)
"""Two invitations of one person are at least this far apart."""


def why_not_invite(by: Actor, email: str, name: str, roles: Sequence[Role]) -> list[Reason]:
    """Reasons that keep somebody from being made a member with these roles (clause people.auditor)."""
    reasons = _may_not(by)
    try:
        _line(name)
    except Refused as refused:
        reasons += refused.reasons
    if not roles:
        reasons.append(Reason("no_role", "Give at least one role.", field="roles", status=422))
    if Role.AUDITOR in roles and len(set(roles)) > 1:
        reasons.append(Reason("only_auditor", AN_AUDITOR_ONLY_AUDITS, clause="people.auditor", field="roles", status=422))
    if not _is_address(email):
        reasons.append(Reason("invalid", "This is no e-mail address that can be written to.", field="email", status=422))
    own = {"organisation_id": by.organisation_id}  # said, since the operator's command sees through the walls
    lately = Event.objects.filter(**own, kind=INVITED, recorded_at__gt=now() - timedelta(hours=1)).count()
    if lately >= MOST_AN_HOUR and not _operates(by):
        sentence = f"{lately} people were invited within an hour, which is as many as may be. Go on later."
        reasons.append(Reason("too_many", sentence, status=429))
    there = Membership.objects.filter(**own, user__email__iexact=email).select_related("user").first()
    if there is not None:
        off = "" if there.is_active else " Their membership is switched off: switch it on again."
        reasons.append(Reason("already_member", f"{there.user.name} is a member already.{off}", field="email", status=409))
    return reasons


def why_not_invite_again(by: Actor, membership: Membership) -> list[Reason]:
    """Reasons that keep a member from being sent their invitation once more."""
    reasons = _may_not(by)
    if not membership.is_active:
        reasons.append(Reason("off", f"The membership of {membership.user.name} is switched off."))
    if not membership.user.is_active:
        reasons.append(Reason("account_off", f"The account of {membership.user.name} is switched off."))
    elif membership.user.has_usable_password():
        reasons.append(Reason("has_password", f"{membership.user.name} has chosen a password already."))
    of_theirs = Event.objects.filter(kind__in=(INVITED, INVITED_AGAIN), subject_id=membership.pk)
    if of_theirs.filter(recorded_at__gt=now() - BETWEEN).exists():
        minutes = int(BETWEEN.total_seconds() // 60)
        sentence = f"{membership.user.name} was written to within the last {minutes} minutes."
        reasons.append(Reason("just_invited", sentence, status=429))
    return reasons


def _is_address(email: str) -> bool:
    """Whether a mail server takes it and a reader can tell it from another: no quoted part, no letter that only looks like one of ours."""
    try:
        validate_email(email)
    except ValidationError:
        return False
    return len(email) <= EMAIL_MAX and email.isascii() and email.isprintable() and '"' not in email


def _line(name: str) -> str:
    return words.line("name", name, most=NAME_MAX, required=False)


def _may_not(by: Actor) -> list[Reason]:
    if by.has(Role.ADMINISTRATOR) or _operates(by):
        return []
    return [Reason("not_an_administrator", "Members are invited by an administrator of the organisation.", status=403)]


def _operates(by: Actor) -> bool:
    """Whether it is whoever runs Muster, on its server (`manage.py organisation`)."""
    return by.is_system and by.via == Via.COMMAND


@verb("invite", kind=INVITED, who="administrator, platform command", subject="membership", clauses=("people.auditor",))
def invite(email: str, name: str, roles: Sequence[Role], *, by: Actor) -> Membership:
    """Make somebody a member by their e-mail address, with roles; they are written to, with a link to choose a password if they have none.

    `name` is of an account that is made now: an account's own name stays. Refuses what `why_not_invite` says (403, 409, 422), and an
    account that is switched off (409).
    """
    email = email.strip()
    check(why_not_invite(by, email, name, roles))
    called = _line(name) or email.partition("@")[0][:NAME_MAX]
    with connection.cursor() as cursor:
        cursor.execute("SELECT muster.account_for(%s, %s)", [email, called])
        ((account,),) = cursor.fetchall()
    if account is None:
        sentence = "The account with this e-mail address is switched off: ask whoever runs Muster."
        raise Refused(Reason("account_off", sentence, field="email", status=409))
    membership = Membership(user_id=account, roles=[role.value for role in roles])
    try:
        with transaction.atomic():
            membership.save()
    except IntegrityError:  # two administrators at once
        raise Refused(Reason("already_member", "They are a member already.", field="email", status=409)) from None
    record(INVITED, membership, by=by, roles=membership.roles)
    return membership


@verb("invite-again", kind=INVITED_AGAIN, who="administrator", subject="membership")
def invite_again(membership: Membership, *, by: Actor) -> Membership:
    """Send a member who has not chosen a password their invitation once more: its link is good for some days only."""
    membership = Membership.objects.select_related("user").select_for_update(of=("self",)).get(pk=membership.pk)
    check(why_not_invite_again(by, membership))
    record(INVITED_AGAIN, membership, by=by)
    return membership
