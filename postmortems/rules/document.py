"""The document: who writes it, when it can be changed, and what it needs before it is published (clauses postmortem.*)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from incidents.rules.common import reader, stands
from incidents.rules.outside import why_not_enter
from incidents.states import State
from tenants.actors import Actor, Role
from tenants.refusals import Reason

if TYPE_CHECKING:
    from postmortems.models import Comment, ReviewRequest
    from postmortems.standing import Standing

DRAFT, TEMPLATE = "postmortem.draft-24h", "postmortem.template"


def why_not_edit_section(standing: Standing, by: Actor) -> list[Reason]:
    """Its writers write it while it is a draft (postmortem.draft-24h)."""
    return _writing(standing, by)


def why_not_set_facts(standing: Standing, by: Actor) -> list[Reason]:
    """Its writers say how many users it affected and what it cost (postmortem.impact)."""
    return _writing(standing, by)


def why_not_pick(standing: Standing, by: Actor) -> list[Reason]:
    """Its writers choose the entries of the record that tell the story (postmortem.timeline)."""
    return _writing(standing, by)


def why_not_add_entry(standing: Standing, by: Actor) -> list[Reason]:
    """Its writers add what the record lacks (postmortem.timeline)."""
    return _writing(standing, by)


def why_not_annotate(standing: Standing, by: Actor) -> list[Reason]:
    """Its writers say something beside an entry (postmortem.timeline)."""
    return _writing(standing, by)


def why_not_remove_entry(standing: Standing, by: Actor) -> list[Reason]:
    """Its writers take an entry out of its timeline; the record keeps it (postmortem.timeline)."""
    return _writing(standing, by)


def why_not_add_why(standing: Standing, by: Actor) -> list[Reason]:
    """Its writers ask why, and answer (postmortem.five-whys)."""
    return _writing(standing, by)


def why_not_change_why(standing: Standing, by: Actor) -> list[Reason]:
    """Its writers say an answer better (postmortem.five-whys)."""
    return _writing(standing, by)


def why_not_move_why(standing: Standing, by: Actor) -> list[Reason]:
    """Its writers put an answer below another one (postmortem.five-whys)."""
    return _writing(standing, by)


def why_not_remove_why(standing: Standing, by: Actor) -> list[Reason]:
    """Its writers take an answer back (postmortem.five-whys)."""
    return _writing(standing, by)


def why_not_explain_whys(standing: Standing, by: Actor) -> list[Reason]:
    """Its writers say why fewer than five whys are enough (postmortem.five-whys)."""
    return _writing(standing, by)


def why_not_comment(standing: Standing, by: Actor) -> list[Reason]:
    """Whoever reads the draft may remark on it, also after it was published."""
    return reader(by) or why_not_enter(standing.postmortem.incident, by)


def why_not_settle_comment(standing: Standing, by: Actor, comment: Comment | None = None) -> list[Reason]:
    """A writer settles a comment, or whoever wrote it; once."""
    if reasons := why_not_comment(standing, by):
        return reasons
    if comment is not None and comment.settled_at is not None:
        who = comment.settled_by.name if comment.settled_by else "Somebody"
        return [Reason("settled", f"{who} has settled this comment already.")]
    if comment is not None and comment.author_id == by.user_id:
        return []
    return _a_writer(standing, by)


def why_not_ask_reader(standing: Standing, by: Actor) -> list[Reason]:
    """Its writers ask somebody to read it before it is published."""
    return _writing(standing, by)


def why_not_answer_reading(standing: Standing, by: Actor, request: ReviewRequest | None = None) -> list[Reason]:
    """Whoever was asked to read it says what they think of it, once each time they are asked."""
    if reasons := why_not_comment(standing, by):
        return reasons
    if request is None:
        return [Reason("not_asked", "Nobody has asked you to read this post-mortem, or you have answered: write a comment.")]
    return []


def why_not_name_author(standing: Standing, by: Actor) -> list[Reason]:
    """The author's side gives it to another author (postmortem.draft-24h)."""
    return _a_writer(standing, by) or _ended_otherwise(standing) or _waived(standing)


def why_not_publish(standing: Standing, by: Actor) -> list[Reason]:
    """A writer publishes a complete draft of an incident that is over: each section filled, and nothing else objected to.

    A next version says something that the last one does not.
    """
    if reasons := _writing(standing, by):
        return reasons
    incident = standing.postmortem.incident
    if incident.is_open:
        sentence = f"{incident.ref} was reopened: its post-mortem is published once it is resolved again."
        return [Reason("running", sentence, clause="lifecycle.phases")]
    lacks = [reason for chapter in standing.chapters for reason in chapter.lacks]
    return [*lacks, *_unwritten(standing), *standing.objections]


def why_not_take_up(standing: Standing, by: Actor) -> list[Reason]:
    """A writer takes up again what was published, to make its next version; what was published stays as it is."""
    if reasons := _a_writer(standing, by) or _ended_otherwise(standing) or _waived(standing):
        return reasons
    if standing.postmortem.is_draft:
        return [Reason("a_draft", "It is a draft: it is written already.", clause=TEMPLATE)]
    return []


def _unwritten(standing: Standing) -> list[Reason]:
    """Why a version would tell nobody anything new: of what came after the last one, nobody wrote a word."""
    last = standing.unwritten_since if standing.postmortem.version else None
    if last is None:
        return []
    incident = standing.postmortem.incident
    if incident.resolved_at is not None and last.published_at < incident.resolved_at:
        again = f"{incident.ref} was reopened and resolved again since version {last.number}"
        sentence = f"{again}, and nothing was written since: say what happened, then publish it."
    else:
        sentence = f"It says what version {last.number} says: there is nothing new to publish."
    return [Reason("unwritten", sentence, clause=TEMPLATE)]


def _writing(standing: Standing, by: Actor) -> list[Reason]:
    """Why the actor may not write it now."""
    return _a_writer(standing, by) or _ended_otherwise(standing) or _waived(standing) or _published(standing)


def _a_writer(standing: Standing, by: Actor) -> list[Reason]:
    if reasons := reader(by) or why_not_enter(standing.postmortem.incident, by):
        return reasons
    if by.is_system or by.has(Role.PROCESS_OWNER) or standing.writes(by):
        return []
    names = _listed([writer.name for writer in standing.writers])
    whose = f"{names} write{'s' if len(standing.writers) == 1 else ''} it" if names else "It has no author yet"
    sentence = f"{whose}: a post-mortem is its author's, the last commander's and the last Operations Lead's. They can name you."
    return [Reason("not_a_writer", sentence, clause=DRAFT, status=403)]


def _listed(names: list[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else "".join(names)


def _ended_otherwise(standing: Standing) -> list[Reason]:
    """What was no incident after all, or went on in another one, has no post-mortem of its own."""
    incident = standing.postmortem.incident
    if incident.state in (State.FALSE_POSITIVE, State.MERGED):
        sentence = f"{incident.ref} is {stands(incident)}: it has no post-mortem of its own."
        return [Reason("no_postmortem", sentence, clause="lifecycle.phases")]
    return []


def _waived(standing: Standing) -> list[Reason]:
    postmortem = standing.postmortem
    if not postmortem.is_waived:
        return []
    who = f" {postmortem.waived_by.name} waived it." if postmortem.waived_by else ""
    return [Reason("waived", f"No post-mortem is asked for.{who}", clause=DRAFT)]


def _published(standing: Standing) -> list[Reason]:
    postmortem = standing.postmortem
    if postmortem.is_draft:
        return []
    sentence = f"It is published, version {postmortem.version}: take it up again, with a reason, to change it."
    return [Reason("published", sentence, clause=TEMPLATE)]
