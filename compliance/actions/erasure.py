"""Erasing the personal data of somebody who has left: asked for with its ground, decided by another, done at once.

What is append-only stays: the record says who did what, and that is what it is for. `outcome` of each erasure says so. Of the ledger, the
entries that tell of their contact methods and account lose their bodies; their envelopes, and so every proof, stay (compliance/erasing_sql.py).
"""

from typing import Any

from django.db import connection

from compliance.models import ErasureRequest
from compliance.rules import erasure as rules
from incidents import fields
from ledger.actions import record
from ledger.people import revoke_token
from ledger.verbs import verb
from notifications.models import ContactCode, ContactMethod, ContactSecret
from tenants.actors import Actor
from tenants.models import ApiToken, Membership, User
from tenants.refusals import check, invalid
from tenants.time import now

SUBJECT = "erasure"
ERASED = "erased"
STAYS = "What is append-only stays: events and history name whoever acted, as evidence that the law asks for. Files and raw requests stay too."


@verb("ask", kind="erasure.asked", who="administrator", subject=SUBJECT)
def ask_erasure(member: Membership, *, by: Actor, ground: str) -> ErasureRequest:
    """Ask that the personal data of somebody who has left be erased, with the legal ground. Refused while they are held."""
    why = fields.text("ground", ground, most=fields.REASON_MAX)
    waits = ErasureRequest.objects.filter(person_id=member.user_id, state=ErasureRequest.State.ASKED).exists()
    check(rules.why_not_ask(by, member, held(member.user_id), waits))
    wish = ErasureRequest.objects.create(person_id=member.user_id, ground=why, asked_by_id=by.person_id)
    record("erasure.asked", wish, by=by, person_id=wish.person_id, ground=wish.ground)
    return wish


@verb("decide", kind="erasure.decided", who="Legal Counsel, the Privacy Officer", subject=SUBJECT, sometimes=("token.revoked",))
def decide_erasure(wish: ErasureRequest, *, by: Actor, erase: bool, reason: str) -> ErasureRequest:
    """Erase, or refuse to, with the reason. Erasing is refused while a legal hold keeps the person."""
    wish = ErasureRequest.objects.select_for_update(of=("self",)).select_related("decided_by", "person").get(pk=wish.pk)
    check(rules.why_not_decide(wish, by, held(wish.person_id) if erase else None))
    wish.decision_reason = fields.text("reason", reason, most=fields.REASON_MAX)
    if erase and Membership.objects.filter(user_id=wish.person_id, is_active=True).exists():
        raise invalid("erase", "This person has become a member again: end the membership first.", code="still_a_member")
    wish.outcome = _erase(wish, by) if erase else {}
    wish.state = ErasureRequest.State.DONE if erase else ErasureRequest.State.REFUSED
    wish.decided_by_id, wish.decided_at = by.person_id, now()
    wish.save()
    record("erasure.decided", wish, by=by, person_id=wish.person_id, erased=erase, reason=wish.decision_reason, **wish.outcome)
    return wish


def held(person_id: int) -> int | None:
    """The legal hold that keeps a person's data, or an entry of the ledger that holds some of them; None for none."""
    kept = "SELECT min(hold) FROM muster.personal_entries(%s, muster.elsewhere(%s) IS NULL)"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT coalesce(muster.held(NULL, %s, NULL), ({kept}))", [person_id] * 3)
        (hold,) = cursor.fetchone()
    return None if hold is None else int(hold)


def _erase(wish: ErasureRequest, by: Actor) -> dict[str, Any]:
    """Remove what leads to a person: their ways of being reached, their tokens, and their account where it is nobody else's."""
    person = wish.person
    alone = not _elsewhere(person.pk)
    entries = _redact(wish, account=alone)
    methods = list(ContactMethod.objects.select_for_update(of=("self",)).filter(user_id=person.pk).order_by("id"))
    ContactSecret.objects.filter(method__in=methods).delete()
    codes, _ = ContactCode.objects.filter(method__in=methods).delete()
    for method in methods:
        method.label, method.masked, method.removed_at = ERASED, ERASED, method.removed_at or now()
        method.save()
    tokens = list(ApiToken.objects.filter(user_id=person.pk, revoked_at=None).order_by("id"))
    for token in tokens:
        revoke_token(token, by=by)
    if alone:
        _erase_account(person)
    account = "erased" if alone else "kept: another organisation knows this person too"
    return {
        "methods": len(methods),
        "codes": codes,
        "tokens": len(tokens),
        "account": account,
        "entries": entries,
        "stays": STAYS,
    }


def _redact(wish: ErasureRequest, *, account: bool) -> int:
    """Take the bodies of the person's entries out of the ledger, each with a redaction that is an entry itself. Returns how many."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT muster.redact_person(%s, %s)", [wish.pk, account])
        (count,) = cursor.fetchone()
    return int(count)


def _erase_account(person: User) -> None:
    """The name, the address, what signs them in: nobody can be found or signed in by this row any more."""
    with connection.cursor() as cursor:
        for table in ("account_emailaddress", "mfa_authenticator"):
            cursor.execute(f"DELETE FROM {table} WHERE user_id = %s", [person.pk])
    person.name, person.email = f"Erased person {person.pk}", f"erased-{person.pk}@erased.invalid"
    person.is_active = False
    person.set_unusable_password()
    person.save()


def _elsewhere(person_id: int) -> bool:
    """Whether another organisation knows them, as a member or as one who has left."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT muster.elsewhere(%s) IS NOT NULL", [person_id])
        (found,) = cursor.fetchone()
    return bool(found)
