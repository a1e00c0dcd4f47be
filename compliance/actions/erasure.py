"""Erasing the personal data of somebody who has left: asked for with its ground, decided by another, done at once.

What is append-only stays: the record says who did what, and that is what it is for. `outcome` of each erasure says so. Of the ledger, the
entries that tell of their contact methods and account lose their bodies; their envelopes, and so every proof, stay (compliance/erasing_sql.py).
Of a custodian of a legal hold, of a member and of somebody outside, name and address go once the hold was released, and of somebody outside
all that they typed and attached.
"""

from typing import Any

from django.db import connection

from compliance.models import CustodianTask, ErasureRequest
from compliance.packs.lease import erase_or_finish
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
STAYS = (
    "What is append-only stays: events and history name whoever acted, as evidence that the law asks for. Files and raw requests stay too. "
    "Evidence packs from before that hold what was erased are handed out no more; their files go, but for those that a legal hold keeps."
)
STAYS_OUTSIDE = "What the hold was for, and when they were asked and answered, stays. Copies of packs that were handed out before are out of reach."


@verb("ask", kind="erasure.asked", who="administrator", subject=SUBJECT)
def ask_erasure(of: Membership | CustodianTask, *, by: Actor, ground: str) -> ErasureRequest:
    """Ask that the personal data of somebody who has left be erased, with the legal ground; or of somebody outside, by what a legal hold asked them.

    Refused while they are held.
    """
    why = fields.text("ground", ground, most=fields.REASON_MAX)
    whom: dict[str, int] = {"custodian_id": of.pk} if isinstance(of, CustodianTask) else {"person_id": of.user_id}
    check(rules.why_not_ask(by, of, held(**whom), _waits(of)))
    wish = ErasureRequest.objects.create(ground=why, asked_by_id=by.person_id, **whom)
    record("erasure.asked", wish, by=by, **_whose(wish), ground=wish.ground)
    return wish


@verb("decide", kind="erasure.decided", who="Legal Counsel, the Privacy Officer", subject=SUBJECT, sometimes=("token.revoked",))
def decide_erasure(wish: ErasureRequest, *, by: Actor, erase: bool, reason: str) -> ErasureRequest:
    """Erase, or refuse to, with the reason. Erasing is refused while a legal hold keeps the person."""
    if erase:
        erase_or_finish(by.organisation_id)
    found = ErasureRequest.objects.select_for_update(of=("self",)).select_related("decided_by", "person", "custodian")
    wish = found.get(pk=wish.pk)
    check(rules.why_not_decide(wish, by, held(wish.person_id, wish.custodian_id) if erase else None))
    wish.decision_reason = fields.text("reason", reason, most=fields.REASON_MAX)
    if erase and wish.person_id and Membership.objects.filter(user_id=wish.person_id, is_active=True).exists():
        raise invalid("erase", "This person has become a member again: end the membership first.", code="still_a_member")
    wish.outcome = _erase(wish, by) if erase else {}
    wish.state = ErasureRequest.State.DONE if erase else ErasureRequest.State.REFUSED
    wish.decided_by_id, wish.decided_at = by.person_id, now()
    wish.save()
    record("erasure.decided", wish, by=by, **_whose(wish), erased=erase, reason=wish.decision_reason, **wish.outcome)
    return wish


def held(person_id: int | None = None, custodian_id: int | None = None) -> int | None:
    """The legal hold that keeps the data of a person, or of a custodian outside, or an entry of the ledger that holds some of them.

    A hold keeps its own custodians' as well. None for none.
    """
    asked = "SELECT min(hold) FROM muster.custody_of(%s, %s)"
    kept = "SELECT min(hold) FROM muster.personal_entries(%s, muster.elsewhere(%s) IS NULL, %s)"
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT coalesce(muster.held(NULL, %s, NULL), ({asked}), ({kept}))",
            [person_id, person_id, custodian_id, person_id, person_id, custodian_id],
        )
        (hold,) = cursor.fetchone()
    return None if hold is None else int(hold)


def _whose(wish: ErasureRequest) -> dict[str, Any]:
    """Whom it is about, by number: no event names them."""
    return {"person_id": wish.person_id} | ({"custodian_id": wish.custodian_id} if wish.custodian_id else {})


def _waits(of: Membership | CustodianTask) -> bool:
    """Whether the same was asked for already: of somebody outside, by whichever of their tasks."""
    asked = ErasureRequest.objects.filter(state=ErasureRequest.State.ASKED)
    if isinstance(of, CustodianTask):
        return asked.filter(custodian__email__iexact=of.email).exists()
    return asked.filter(person_id=of.user_id).exists()


def _erase(wish: ErasureRequest, by: Actor) -> dict[str, Any]:
    """Remove what leads to a person: their ways of being reached, tokens, custodies, and their account where it is nobody else's."""
    person = wish.person
    alone = person is not None and not _elsewhere(person.pk)
    asked = _custody(wish)
    entries = _redact(wish, account=alone)
    custodies = _erase_custody(asked)
    if person is None:
        outcome = {"methods": 0, "codes": 0, "tokens": 0, "account": "none: somebody outside", "entries": entries}
        return {**outcome, "custodies": custodies, "stays": STAYS_OUTSIDE}
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
        "custodies": custodies,
        "stays": STAYS,
    }


def _custody(wish: ErasureRequest) -> list[CustodianTask]:
    """What they were asked to keep as custodians, locked; it names them still."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT task FROM muster.custody_of(%s, %s)", [wish.person_id, wish.custodian_id])
        asked = [task for (task,) in cursor.fetchall()]
    return list(CustodianTask.objects.select_for_update(of=("self",)).filter(pk__in=asked).order_by("id"))


def _erase_custody(tasks: list[CustodianTask]) -> int:
    """Name and address of a custodian; of somebody outside what they typed too. The history before was emptied with the ledger's entries."""
    for task in tasks:
        task.name, task.email = f"Erased custodian {task.pk}", f"erased-custodian-{task.pk}@erased.invalid"
        if task.person_id is None:
            task.location, task.said = ERASED if task.location else "", ""
        task.erased_at = now()
        task.save()
    return len(tasks)


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
