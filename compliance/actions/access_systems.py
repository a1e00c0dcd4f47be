"""Production systems, and who has access to them: registered, taken in from sources, recorded by hand (evidence.access-review)."""

import re
from collections.abc import Sequence
from datetime import datetime

from compliance.access import lines as reading
from compliance.access.lines import Line
from compliance.models import AccessFact, AccessRun, AccessSystem, PrincipalName, Way
from compliance.rules import access as rules
from incidents.items import Member
from ledger.actions import record
from ledger.verbs import verb
from tenants.actors import Actor
from tenants.refusals import Reason, Refused, check
from tenants.time import now
from tenants.words import line, text

SUBJECT = "production system"
NAME_MAX, SOURCE_MAX = 80, 60


@verb("register", kind="system.registered", who="administrator", subject=SUBJECT, clauses=(rules.CLAUSE,))
def register_system(*, by: Actor, name: str, note: str = "") -> AccessSystem:
    """Register a production system. Until a source names who has access to it, reviews say that it is not covered."""
    check(rules.why_not_manage_access(by))
    clean = line("name", name, most=NAME_MAX)
    slug = re.sub(r"[^a-z0-9]+", "-", clean.lower()).strip("-")[:40] or "system"
    if AccessSystem.objects.filter(organisation_id=by.organisation_id, slug=slug).exists():
        raise Refused(Reason("taken", "There is a production system of this name already.", field="name"))
    system = AccessSystem.objects.create(
        slug=slug, name=clean, note=text("note", note, most=2_000, required=False), registered_by_id=by.person_id
    )
    record("system.registered", system, by=by, name=system.name)
    return system


@verb("retire", kind="system.retired", who="administrator", subject=SUBJECT, clauses=(rules.CLAUSE,))
def retire_system(system: AccessSystem, *, by: Actor) -> AccessSystem:
    """Say that a system is in production no more: reviews of later incidents leave it out."""
    system = AccessSystem.objects.select_for_update(of=("self",)).get(pk=system.pk)
    check(rules.why_not_retire(system, by))
    system.retired_at, system.retired_by_id = now(), by.person_id
    system.save()
    record("system.retired", system, by=by, name=system.name)
    return system


@verb("take-in", kind="access.taken_in", who="administrator", subject=SUBJECT, clauses=(rules.CLAUSE,))
def take_in(system: AccessSystem, *, by: Actor, source: str, way: Way, lines: Sequence[Line], whole: bool) -> AccessRun:
    """Take in who has access to a system, as one source names them: all of it or nothing.

    Where the list is whole, what the source named before and does not name now has ended. The same list again changes nothing.
    """
    system = AccessSystem.objects.select_for_update(of=("self",)).get(pk=system.pk)
    clean = line("source", source, most=SOURCE_MAX)
    check(rules.why_not_take(system, by) or rules.why_not_source(clean, way))
    changes = reading.compare(system, clean, lines, whole=whole)
    at, since = now(), reading.last_whole(system, clean)
    run = AccessRun.objects.create(
        system=system,
        source=clean,
        way=way,
        whole=whole,
        taken_at=at,
        taken_by_id=by.user_id,
        named=len(lines),
        added=len(changes.added),
        changed=len(changes.changed),
        ended=len(changes.ended),
        sha256=reading.digest(lines),
    )
    for fact in changes.ended:
        _end(fact, run, at)
    for change in changes.changed:
        if change.again:
            _end(change.fact, run, at)
            _begin(system, run, change.line, since)
        else:
            fact = change.fact
            fact.valid_from, fact.valid_until = change.line.valid_from or fact.valid_from, change.line.valid_until
            fact.run = run
            fact.save()
    for one in changes.added:
        _begin(system, run, one, since)
    record(
        "access.taken_in",
        run,
        by=by,
        system=system.name,
        source=clean,
        way=way,
        whole=whole,
        named=run.named,
        added=run.added,
        changed=run.changed,
        ended=run.ended,
        sha256=run.sha256,
    )
    return run


def _begin(system: AccessSystem, run: AccessRun, one: Line, since: datetime | None) -> None:
    began = one.valid_from or since
    if began is not None and one.valid_until is not None and one.valid_until < began:
        began = one.valid_until
    AccessFact.objects.create(
        system=system,
        source=run.source,
        principal=one.principal,
        entitlement=one.entitlement,
        privileged=one.privileged,
        valid_from=began,
        valid_until=one.valid_until,
        run=run,
    )


def _end(fact: AccessFact, run: AccessRun, at: datetime) -> None:
    until = min(fact.valid_until, at) if fact.valid_until else at
    fact.valid_until = max(until, fact.valid_from) if fact.valid_from else until
    fact.ended_run = run
    fact.save()


@verb("end", kind="access.ended", who="administrator", subject="access", clauses=(rules.CLAUSE,))
def end_access(fact: AccessFact, *, by: Actor) -> AccessFact:
    """Say that an access that was recorded by hand has ended."""
    system = AccessSystem.objects.select_for_update(of=("self",)).get(pk=fact.system_id)
    fact = AccessFact.objects.select_for_update(of=("self",)).get(pk=fact.pk)
    fact.system = system
    check(rules.why_not_end_access(fact, by))
    run = AccessRun.objects.create(
        system=system,
        source=fact.source,
        way=Way.HAND,
        whole=False,
        taken_by_id=by.user_id,
        named=0,
        added=0,
        changed=0,
        ended=1,
        sha256=reading.digest([]),
    )
    _end(fact, run, now())
    record("access.ended", fact, by=by, system=system.name, principal=fact.principal, entitlement=fact.entitlement)
    return fact


@verb("name", kind="principal.named", who="administrator", subject="principal", clauses=(rules.CLAUSE,))
def name_principal(principal: str, person: Member | None, *, by: Actor) -> PrincipalName:
    """Say whose a principal is, so that they do not judge their own access; None: it is no member's."""
    check(rules.why_not_manage_access(by))
    clean = line("principal", principal, most=254)
    found, _ = PrincipalName.objects.get_or_create(organisation_id=by.organisation_id, principal=clean)
    found.user_id = person.user_id if person else None
    found.named_at, found.named_by_id = now(), by.person_id
    found.save()
    record("principal.named", found, by=by, principal=clean, person=person.name if person else "")
    return found
