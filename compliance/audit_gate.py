"""Fetch or refuse, for audit engagements; and whether an auditor may read at all."""

from collections.abc import Sequence

from compliance.audit_controls import BY_KEY, Control
from compliance.audit_population import SAMPLE_MOST
from compliance.models import AuditEngagement
from compliance.rules import engagements as rules
from tenants.actors import Actor, Role
from tenants.refusals import NotFound, check, invalid
from tenants.time import now

# What an auditor may open without an engagement: what they have, and who they are.
ALWAYS = frozenset({"/audit/", "/me/", "/api/v1/me/", "/api/v1/audit/engagements/"})
SEED_MOST = 64


def known(by: Actor) -> Sequence[AuditEngagement]:
    """The engagements that the actor may know of, the newest first: an auditor's own, all for administrators. Refuses (403) others."""
    check(rules.why_not_know(by))
    rows = AuditEngagement.objects.select_related("auditor", "made_by", "ended_by").order_by("-id")
    return list(rows.filter(auditor_id=by.user_id) if by.has(Role.AUDITOR) else rows)


def engagement_for(by: Actor, engagement_id: int) -> AuditEngagement:
    """The engagement with this id, if the actor may know of it. Raises NotFound where there is none, or it is another auditor's.

    Refuses (403) whoever has to do with no engagement, whether there is this one or not.
    """
    check(rules.why_not_know(by))
    rows = AuditEngagement.objects.filter(organisation_id=by.organisation_id, pk=engagement_id) if engagement_id < 2**63 else None
    found = rows.select_related("auditor", "made_by", "ended_by").first() if rows is not None else None
    if found is None or (by.has(Role.AUDITOR) and found.auditor_id != by.user_id):
        raise NotFound("engagement")
    return found


def audit_for(by: Actor, engagement_id: int) -> AuditEngagement:
    """The same, to look at what it shows: its auditor's, while it is open. Refuses (403) others."""
    found = engagement_for(by, engagement_id)
    check(rules.why_not_look(by, found, now=now()))
    return found


def check_audit(by: Actor, path: str) -> None:
    """Refuse (403) an auditor whose engagement is over, or who has none, whatever they ask for but that itself."""
    if by.has(Role.AUDITOR) and path not in ALWAYS:
        check(rules.why_not_audit(by, list(AuditEngagement.objects.filter(auditor_id=by.user_id)), now=now()))


def control_for(key: str) -> Control:
    """The control of this key. Raises NotFound."""
    if key not in BY_KEY:
        raise NotFound("control")
    return BY_KEY[key]


def drawn(seed: str, size: str) -> tuple[str, int]:
    """The seed and the size of a sample, as somebody typed them. Refuses (422) what cannot be."""
    if not seed or len(seed) > SEED_MOST or not (seed.isascii() and seed.isprintable()):
        raise invalid("seed", f"A seed is 1 to {SEED_MOST} plain characters.")
    if not (size.isascii() and size.isdigit()) or not 1 <= int(size[:9]) <= SAMPLE_MOST:
        raise invalid("size", f"A sample has 1 to {SAMPLE_MOST} incidents.")
    return seed, int(size)
