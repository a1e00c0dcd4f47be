"""Rules of calendar links, and of calendars that are imported."""

from oncall.models import CalendarLink
from oncall.reading import Read
from oncall.rules import schedules
from tenants.actors import Actor, Role
from tenants.refusals import Reason


def why_not_revoke(link: CalendarLink, by: Actor) -> list[Reason]:
    """Its owner and administrators, once."""
    if reasons := schedules.why_not_write(by):
        return reasons
    if link.user_id != by.user_id and not by.has(Role.ADMINISTRATOR):
        return [Reason("not_yours", "A calendar link is its owner's and the administrators' to revoke.", status=403)]
    if link.revoked_at is not None:
        return [Reason("revoked", f"This link was revoked at {link.revoked_at:%Y-%m-%d %H:%M:%S} UTC already.")]
    return []


def none_of(duty: str, others: int) -> Reason:
    """A file without a shift of the duty that it is imported for: taken at its word, it would take back every shift of that duty."""
    said = "1 is" if others == 1 else f"{others} are"
    return Reason("another_duty", f"No event here is for {duty}; {said} for another duty.", field="file", status=422)


def nobody(one: Read, named: int) -> Reason:
    """An event whose person cannot be told: the name is nobody's here, or that of several (`named`)."""
    if named > 1:
        sentence = (
            f"Whose {one.named} is cannot be told: {named} practitioners here have that name. Give it one's e-mail address."
        )
        return Reason("several", sentence, field="file", status=422)
    sentence = f"Nobody can be told from {one.named}: give it one attendee, or the name of a practitioner here."
    return Reason("nobody", sentence, field="file", status=422)
