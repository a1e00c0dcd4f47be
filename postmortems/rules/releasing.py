"""Who lets the public rendering of a post-mortem out, and what must not be in it."""

from collections.abc import Collection, Iterable, Sequence

from incidents.facts import Facts
from incidents.rules.common import reader
from incidents.rules.comms import APPROVAL, APPROVING_DUTIES
from incidents.states import Audience, RoomRole
from postmortems.models import PostMortem, Release
from postmortems.people import last_holders
from postmortems.public import SAID, Kind, Leak
from postmortems.rules.common import process_owner
from tenants.actors import Actor, Role
from tenants.refusals import Reason

GIVES_AWAY = "gives_away"
NO_REASON = "No reason lets it out here: the process owner decided so."


def why_not_release(postmortem: PostMortem, facts: Facts, by: Actor) -> list[Reason]:
    """The last IC or CL, or the process owner, releases what was published; where the public's updates need Legal or PR, only those."""
    if reasons := reader(by) or _whose(postmortem, facts, by):
        return reasons
    if postmortem.incident.restricted:
        sentence = f"{postmortem.incident.ref} is restricted to those who must know: nothing of it goes out."
        return [Reason("restricted", sentence, clause="breach.need-to-know")]
    if postmortem.incident.exercise:
        return [Reason("exercise", f"{postmortem.incident.ref} was an exercise: the public is told of what happened.")]
    if postmortem.incident.is_open:
        return [
            Reason("open_again", f"{postmortem.incident.ref} is open again: what was published of its end does not hold now.")
        ]
    if postmortem.version == 0:
        return [Reason("not_published", "It is not published yet: what goes out is made of what was published.")]
    return []


def why_not_withdraw(postmortem: PostMortem, facts: Facts, by: Actor, standing: Release | None) -> list[Reason]:
    """Who may release it takes it back."""
    reasons = reader(by) or _whose(postmortem, facts, by)
    if not reasons and standing is None:
        reasons = [Reason("not_released", "No public rendering is out.")]
    return reasons


def why_not_text(found: Sequence[Leak], field: str, *, overridable: bool) -> list[Reason]:
    """What goes out names nobody, and shows nothing of the inside of the house.

    Who may release it may say why it must stay, where the organisation lets them (`overridable`).
    """
    way_out = "Say the role, leave it out, or say why it stays." if overridable else f"Say the role, or leave it out. {NO_REASON}"
    return [
        Reason(
            GIVES_AWAY,
            f"“{quote}” is {SAID[kind]}: it does not go out. {way_out}",
            field=field,
            overridable=overridable,
            status=422,
        )
        for kind, quote in each(found)
    ]


def why_not_set_policy(present: bool, by: Actor, wanted: bool | None = None) -> list[Reason]:
    """The process owner says whether a reason lets out what is found. With what is `wanted`: whether that is other than it is."""
    reasons = process_owner(by, "What may go out of a post-mortem")
    if not reasons and wanted is not None and wanted == present:
        reasons = [Reason("unchanged", "It is so already.", field="overrides_allowed", status=422)]
    return reasons


def besides(found: Iterable[Leak], covers: Collection[str]) -> list[Leak]:
    """What was found of which no reason speaks: not among the quotes that one `covers`."""
    return [leak for leak in found if leak.quote not in covers]


def each(found: Iterable[Leak]) -> list[tuple[Kind, str]]:
    """What was found, each once, in the order in which it stands there."""
    return list(dict.fromkeys((leak.kind, leak.quote) for leak in found))


def _whose(postmortem: PostMortem, facts: Facts, by: Actor) -> list[Reason]:
    if Audience.PUBLIC in facts.approved_audiences:
        seated = facts.on_duty(*APPROVING_DUTIES)
        if by.user_id in seated:
            return []
        names = " or ".join(sorted(set(seated.values())))
        sentence = f"What the public is told is released by Legal Counsel or PR{f' ({names})' if names else ''} here."
        return [Reason("not_approver", sentence, clause=APPROVAL, status=403)]
    if by.has(Role.PROCESS_OWNER):
        return []
    held = last_holders(postmortem.incident_id)
    seats = [held[role].user for role in (RoomRole.IC, RoomRole.CL) if role in held]
    if by.user_id in {user.pk for user in seats}:
        return []
    names = " or ".join(dict.fromkeys(user.name for user in seats)) or "nobody yet"
    sentence = f"Releasing it is for the last Incident Commander or Communications Lead ({names}), or the process owner."
    return [Reason("not_a_releaser", sentence, status=403)]
