"""What others say of a draft: comments on a section, and the word of whoever is asked to read it; and whose draft it is."""

from incidents.facts import gather
from incidents.fields import TEXT_MAX
from incidents.fields import text as checked
from incidents.items import Member
from incidents.rules.common import fits
from ledger.verbs import verb
from postmortems.actions.base import lock, tell
from postmortems.models import Comment, PostMortem, ReviewRequest, Section
from postmortems.rules import document as rules
from postmortems.standing import Standing
from postmortems.states import Verdict
from tenants.actors import Actor
from tenants.refusals import NotFound, Reason, Refused, check, invalid
from tenants.time import now

WHO = "author, IC, OL, process owner"
COMMENT_MAX = 5_000


@verb("comment", kind="postmortem.commented", who="whoever reads the draft", subject="postmortem")
def comment(postmortem: PostMortem, *, by: Actor, section: str, text: str) -> Comment:
    """Remark on a section. It stands beside it until somebody settles it."""
    postmortem = lock(postmortem)
    check(rules.why_not_comment(Standing(postmortem), by))
    part = Section.objects.filter(postmortem=postmortem, key=section).first()
    if part is None:
        raise invalid("section", "There is no such section in this post-mortem.", code="no_such_section")
    clean = checked("text", text, most=COMMENT_MAX)
    written = Comment.objects.create(
        incident=postmortem.incident, postmortem=postmortem, section=section, text=clean, author_id=by.person_id
    )
    tell(written, "postmortem.commented", incident=postmortem.incident, by=by, section=section, title=part.title, text=clean)
    return written


@verb("settle-comment", kind="postmortem.comment_settled", who=f"{WHO}, its own author", subject="postmortem")
def settle_comment(postmortem: PostMortem, number: int, *, by: Actor) -> Comment:
    """Say that a comment is dealt with. It stays readable."""
    postmortem = lock(postmortem)
    rows = Comment.objects.filter(postmortem=postmortem, pk=number).select_related("settled_by", "author")
    found = rows.first() if 0 < number < 2**63 else None
    check(rules.why_not_settle_comment(Standing(postmortem), by, found))
    if found is None:
        raise NotFound("comment")
    found.settled_at, found.settled_by_id = now(), by.person_id
    found.save()
    told = {"section": found.section, "author": found.author.name, "text": found.text}
    tell(found, "postmortem.comment_settled", incident=postmortem.incident, by=by, **told)
    return found


@verb("ask-reader", kind="postmortem.reading_asked", who=WHO, subject="postmortem")
def ask_reader(postmortem: PostMortem, person: Member, *, by: Actor) -> ReviewRequest:
    """Ask somebody to read the draft and to say whether it is good. They are told, and it waits in their work."""
    postmortem = lock(postmortem)
    check(rules.why_not_ask_reader(Standing(postmortem), by))
    check(fits(postmortem.incident, gather(postmortem.incident), person, "person"))
    if person.user_id == by.user_id:
        raise invalid("person", "You have read it: ask somebody else.", code="oneself")
    if ReviewRequest.objects.filter(postmortem=postmortem, reader_id=person.user_id, answered_at=None).exists():
        raise Refused(Reason("asked", f"{person.name} is asked already, and has not answered yet.", field="person"))
    asked = ReviewRequest.objects.create(
        incident=postmortem.incident, postmortem=postmortem, reader_id=person.user_id, asked_by_id=by.user_id
    )
    told = {"user_id": person.user_id, "person": person.name}
    tell(asked, "postmortem.reading_asked", incident=postmortem.incident, by=by, **told)
    return asked


@verb("answer-reading", kind="postmortem.read", who="whoever was asked to read it", subject="postmortem")
def answer_reading(postmortem: PostMortem, *, by: Actor, verdict: Verdict, text: str = "") -> ReviewRequest:
    """Say what one thinks of the draft: good to publish, or it needs changes, and then which."""
    postmortem = lock(postmortem)
    found = ReviewRequest.objects.filter(postmortem=postmortem, reader_id=by.user_id, answered_at=None).first()
    check(rules.why_not_answer_reading(Standing(postmortem), by, found))
    if found is None:
        raise NotFound("request")
    found.text = checked("text", text, most=TEXT_MAX, required=verdict == Verdict.CHANGES)
    found.verdict, found.answered_at = verdict, now()
    found.save()
    tell(found, "postmortem.read", incident=postmortem.incident, by=by, verdict=verdict.value, text=found.text)
    return found


@verb("name-author", kind="postmortem.author_named", who=WHO, subject="postmortem", clauses=("postmortem.draft-24h",))
def name_author(postmortem: PostMortem, person: Member, *, by: Actor) -> PostMortem:
    """Give the draft to another author, who answers for its time from then on. They are told."""
    postmortem = lock(postmortem)
    check(rules.why_not_name_author(Standing(postmortem), by))
    check(fits(postmortem.incident, gather(postmortem.incident), person, "person"))
    if postmortem.author_id == person.user_id:
        raise Refused(Reason("is_author", f"{person.name} is its author already.", field="person"))
    before, postmortem.author_id = postmortem.author.name if postmortem.author else "", person.user_id
    postmortem.save()
    told = {"user_id": person.user_id, "person": person.name, "before": before}
    tell(postmortem, "postmortem.author_named", incident=postmortem.incident, by=by, **told)
    return postmortem
