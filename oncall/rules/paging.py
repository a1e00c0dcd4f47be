"""Rules of pages."""

from oncall.models import Page
from tenants.actors import Actor, Role
from tenants.refusals import Reason


def why_not_acknowledge(page: Page, by: Actor) -> list[Reason]:
    """The ones paged acknowledge, once (oncall.escalate-15-30). Another team's people do not."""
    reasons = []
    if by.has(Role.AUDITOR) or "write" not in by.scopes:
        reasons.append(Reason("read_only", "You may read here, but not acknowledge.", clause="people.auditor", status=403))
    elif by.user_id not in {step.user_id for step in page.steps.all()}:
        reasons.append(Reason("not_paged", "Only somebody who was paged can acknowledge this page.", status=403))
    if page.state == Page.State.ACKNOWLEDGED:
        who, when = page.acknowledged_by, page.acknowledged_at
        reasons.append(Reason("already_acknowledged", f"{who} acknowledged this page at {when:%H:%M:%S} UTC."))
    elif page.state == Page.State.ENDED:
        reasons.append(Reason("page_ended", "This page is no longer needed: what it was about has ended."))
    return reasons
