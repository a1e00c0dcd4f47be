"""A person's contact methods: added, proved by a code that went through them, ordered, quieted, tested, removed. Only by their owner."""

from collections.abc import Sequence
from datetime import timedelta

from ledger.actions import record
from ledger.verbs import verb
from notifications import codes, kinds, queries, rules
from notifications.models import ContactCode, ContactMethod, ContactSecret
from notifications.sealed import seal
from tenants.actors import Actor, Via, system
from tenants.models import Membership
from tenants.refusals import Reason, Refused, check, invalid
from tenants.scope import scope
from tenants.time import now

CODE_GOOD_FOR = timedelta(minutes=15)
Kind, Quiet = ContactMethod.Kind, ContactMethod.Quiet


@verb("add", kind="contact.added", who="any member, their own", subject="contact method")
def add(*, by: Actor, kind: str, address: str, label: str = "", quiet: str = "") -> ContactMethod:
    """Add a way to reach oneself; it is used once it is verified, by the code that is sent through it.

    Refuses (422) an address that is none of its kind, a scheme that the installation does not allow, and a host that is not on the
    public internet. Without `quiet`, what can wait goes by e-mail only: a phone rings for pages.
    """
    check(rules.why_not_add(by))
    if len(label) > 60 or not label.isprintable():
        raise invalid("label", "Give a name of up to 60 printable characters.")
    given = kinds.check(kind, address)
    last = queries.of_person(by.person_id).last()
    method = ContactMethod.objects.create(
        user_id=by.person_id,
        kind=kind,
        label=label.strip() or Kind(kind).label,
        masked=given.masked,
        position=last.position + 1 if last else 1,
        quiet=quiet or (Quiet.ALWAYS if kind == Kind.EMAIL else Quiet.NEVER),
    )
    ContactSecret.objects.create(method=method, sealed=seal(given.address))
    code = _issue(method)
    record("contact.added", method, by=by, contact=method.kind, label=method.label, masked=method.masked, code_id=code.pk)
    return method


@verb("ask-code", kind="contact.code_asked", who="its owner", subject="contact method")
def ask_code(method: ContactMethod, *, by: Actor) -> None:
    """Have another code sent through a method; the ones before it are good no more."""
    method = _locked(method)
    check(rules.why_not_ask_code(method, by))
    record("contact.code_asked", method, by=by, label=method.label, code_id=_issue(method).pk)


def _issue(method: ContactMethod) -> ContactCode:
    return ContactCode.objects.create(method=method, issued_at=now(), expires_at=now() + CODE_GOOD_FOR)


@verb("verify", kind="contact.verified", who="its owner", subject="contact method")
def verify(method: ContactMethod, *, by: Actor, code: str) -> ContactMethod:
    """Prove a method by the code that came through it. Refuses (422) a wrong or expired one; a code takes five tries."""
    method = _locked(method)
    check(rules.why_not_verify(method, by))
    row = ContactCode.objects.filter(method=method).order_by("-id").first()
    if row is None or row.expires_at <= now():
        raise invalid("code", "This code has expired. Have another one sent.", code="code_expired")
    if not codes.may_try(row):
        raise invalid("code", "This code was tried too often. Have another one sent.", code="code_spent")
    if not codes.is_right(row, code):
        raise invalid("code", "This is not the code that was sent.", code="code_wrong")
    method.verified_at = now()
    method.save()
    record("contact.verified", method, by=by, label=method.label)
    return method


@verb("quiet", kind="contact.quieted", who="its owner", subject="contact method")
def set_quiet(method: ContactMethod, *, by: Actor, quiet: str) -> ContactMethod:
    """Say when a method brings what can wait. Pages of high urgency come at any time."""
    method = _locked(method)
    check(rules.why_not_change(method, by))
    before, method.quiet = method.quiet, Quiet(quiet)
    method.save()
    record("contact.quieted", method, by=by, label=method.label, before=before, after=method.quiet)
    return method


@verb("arrange", kind="contact.arranged", who="any member, their own", subject="contact method")
def arrange(order: Sequence[int], *, by: Actor) -> None:
    """Put one's methods into an order, by their ids: that in which they are tried. All of them have to be named, each once."""
    check(rules.why_not_arrange(by))
    own = {method.pk: method for method in queries.of_person(by.person_id).select_for_update(of=("self",))}
    if sorted(order) != sorted(own):
        raise invalid("order", "Name each of your contact methods once, by its id.")
    if not own:
        raise Refused(Reason("none", "There is nothing to arrange: you have no contact method of your own."))
    for position, pk in enumerate(order, 1):
        if own[pk].position != position:
            own[pk].position = position
            own[pk].save()
    record("contact.arranged", own[order[0]], by=by, order=[own[pk].label for pk in order])


@verb("remove", kind="contact.removed", who="its owner", subject="contact method")
def remove(method: ContactMethod, *, by: Actor) -> None:
    """Use a method no more, and forget where it led."""
    method = _locked(method)
    check(rules.why_not_change(method, by))
    _end(method)
    record("contact.removed", method, by=by, label=method.label)


@verb("lose", kind="contact.lost", who="the far side: nobody is at the address any more", subject="contact method")
def lose(organisation_id: int, method_id: int, reason: str) -> None:
    """Remove a method whose far side says that it has ended, such as a browser that is not subscribed any more."""
    with scope(organisation_id, surface=Via.RELAY):
        method = ContactMethod.objects.select_for_update(of=("self",)).get(pk=method_id)
        if method.removed_at is None:
            _end(method)
            record("contact.lost", method, by=system(organisation_id, Via.RELAY), label=method.label, reason=reason[:500])


def _end(method: ContactMethod) -> None:
    method.removed_at = now()
    method.save()
    ContactSecret.objects.filter(method=method).delete()


@verb("test", kind="contact.tested", who="any member, their own", subject="contact method")
def test(*, by: Actor) -> None:
    """Send a message through each of one's verified methods, and to the account's e-mail; what became of each is shown."""
    check(rules.why_not_test(by))
    record("contact.tested", Membership.objects.get(user_id=by.person_id), by=by)


def _locked(method: ContactMethod) -> ContactMethod:
    return ContactMethod.objects.select_for_update(of=("self",)).get(pk=method.pk)
