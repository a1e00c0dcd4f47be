"""Rules of pages."""

from datetime import datetime

from oncall.models import Page
from oncall.queries import times_forgotten
from tenants.actors import Actor, Role
from tenants.refusals import Reason


def why_not_acknowledge(page: Page, by: Actor) -> list[Reason]:
    """The ones paged acknowledge, once (oncall.escalate-15-30). Another team's people do not."""
    return [*_not_called(page, by, "acknowledge"), *_over(page)]


def why_not_decline(page: Page, by: Actor) -> list[Reason]:
    """The ones paged decline, each once, while nobody has acknowledged (oncall.escalate-15-30)."""
    reasons = [*_not_called(page, by, "decline"), *_over(page)]
    if not reasons and by.user_id in {decline.user_id for decline in page.declines.all()}:
        reasons.append(
            Reason(
                "already_declined",
                "You declined this page before. Acknowledge it if you can take it after all.",
            )
        )
    return reasons


def why_not_by_link(page: Page, forgotten: int) -> list[Reason]:
    """A link answers the asking that sent it: not one after that, when whoever had the page had forgotten it."""
    if page.state == Page.State.OPEN and times_forgotten(page) > forgotten:
        sentence = "This page was acknowledged, forgotten and asked again since this link was sent: answer by the newer message, or in your inbox."
        return [Reason("link_outdated", sentence)]
    return []


def declined_since_called(page: Page, user_id: int | None) -> datetime | None:
    """When somebody declined a page that has not called them again since; None otherwise."""
    declined = [decline.declined_at for decline in page.declines.all() if decline.user_id == user_id]
    called = [step.paged_at for step in page.steps.all() if step.user_id == user_id]
    return declined[-1] if declined and not any(at > declined[-1] for at in called) else None


def may_acknowledge(page: Page, by: Actor) -> bool:
    """Whether a page can be acknowledged by them now."""
    return not why_not_acknowledge(page, by)


def may_decline(page: Page, by: Actor) -> bool:
    """Whether a page can be declined by them now."""
    return not why_not_decline(page, by)


def _not_called(page: Page, by: Actor, done: str) -> list[Reason]:
    if by.has(Role.AUDITOR) or "write" not in by.scopes:
        return [Reason("read_only", f"You may read here, but not {done}.", clause="people.auditor", status=403)]
    if by.user_id not in {step.user_id for step in page.steps.all()}:
        return [Reason("not_paged", f"Only somebody who was paged can {done} this page.", status=403)]
    return []


def _over(page: Page) -> list[Reason]:
    if page.state == Page.State.ACKNOWLEDGED:
        who, when = page.acknowledged_by, page.acknowledged_at
        return [Reason("already_acknowledged", f"{who} acknowledged this page at {when:%H:%M:%S} UTC.")]
    if page.state == Page.State.ENDED:
        return [Reason("page_ended", "This page is no longer needed: what it was about has ended.")]
    return []
