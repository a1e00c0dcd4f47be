"""Five whys: why it happened, why that was so, and so on, as a chain or a tree (clause postmortem.five-whys)."""

from django.db.models import Max

from incidents.fields import BRIEF_MAX
from incidents.fields import text as checked
from ledger.verbs import verb
from postmortems import whys
from postmortems.actions.base import lock, tell, written_over
from postmortems.models import PostMortem, Why
from postmortems.rules import document as rules
from postmortems.standing import Standing
from tenants.actors import Actor
from tenants.refusals import Reason, Refused, check, invalid
from tenants.time import now

WHO = "author, IC, OL, process owner"
CLAUSE = "postmortem.five-whys"
MOST = 100


@verb("add-why", kind="postmortem.why_added", who=WHO, subject="postmortem", clauses=(CLAUSE,))
def add_why(postmortem: PostMortem, *, by: Actor, text: str, parent: int | None = None) -> Why:
    """Answer why: why the incident happened, or (`parent` is a why's number) why that was so."""
    postmortem = lock(postmortem)
    check(rules.why_not_add_why(Standing(postmortem), by))
    clean = checked("text", text, most=BRIEF_MAX)
    above = _standing(postmortem, parent, "below") if parent is not None else None
    rows = Why.objects.filter(postmortem=postmortem)
    if rows.filter(removed_at=None).count() >= MOST:
        raise Refused(Reason("too_many", f"A post-mortem has at most {MOST} whys.", clause=CLAUSE))
    last = rows.aggregate(last=Max("number"))["last"] or 0
    added = Why.objects.create(incident=postmortem.incident, postmortem=postmortem, number=last + 1, parent=above, text=clean)
    tell(added, "postmortem.why_added", incident=postmortem.incident, by=by, why=added.number, parent=parent, text=clean)
    return added


@verb("change-why", kind="postmortem.why_changed", who=WHO, subject="postmortem", clauses=(CLAUSE,))
def change_why(postmortem: PostMortem, number: int, *, by: Actor, text: str, over: str | None = None) -> Why:
    """Say an answer better. Its history keeps how it was said before. Refuses (409) one that was written `over` another text."""
    postmortem = lock(postmortem)
    check(rules.why_not_change_why(Standing(postmortem), by))
    found = _standing(postmortem, number, "why")
    before, clean = found.text, checked("text", text, most=BRIEF_MAX)
    written_over(before, clean, over, f"why {number}")
    found.text = clean
    found.save()
    tell(found, "postmortem.why_changed", incident=postmortem.incident, by=by, why=number, before=before, text=found.text)
    return found


@verb("move-why", kind="postmortem.why_moved", who=WHO, subject="postmortem", clauses=(CLAUSE,))
def move_why(postmortem: PostMortem, number: int, *, by: Actor, parent: int | None = None) -> Why:
    """Put an answer, with all below it, below another one, or (without `parent`) at the top. Never below itself: whys do not loop."""
    postmortem = lock(postmortem)
    check(rules.why_not_move_why(Standing(postmortem), by))
    found = _standing(postmortem, number, "why")
    above = _standing(postmortem, parent, "below") if parent is not None else None
    if above is not None:
        tree = {node.id: node for node in whys.nodes(postmortem)}
        if whys.is_below(tree.values(), tree[above.pk], tree[found.pk]):
            which = "itself" if above.pk == found.pk else f"why {parent}, which hangs on it"
            sentence = f"Why {number} cannot hang on {which}: the whys would go round in a circle."
            raise Refused(Reason("loop", sentence, clause=CLAUSE, field="below", status=422))
    found.parent = above
    found.save()
    tell(found, "postmortem.why_moved", incident=postmortem.incident, by=by, why=number, parent=parent)
    return found


@verb("remove-why", kind="postmortem.why_removed", who=WHO, subject="postmortem", clauses=(CLAUSE,))
def remove_why(postmortem: PostMortem, number: int, *, by: Actor) -> Why:
    """Take an answer back. What hung on it hangs on what was above it then."""
    postmortem = lock(postmortem)
    check(rules.why_not_remove_why(Standing(postmortem), by))
    found = _standing(postmortem, number, "why")
    for below in Why.objects.filter(postmortem=postmortem, parent=found, removed_at=None):
        below.parent_id = found.parent_id
        below.save()
    found.removed_at = now()
    found.save()
    tell(found, "postmortem.why_removed", incident=postmortem.incident, by=by, why=number, text=found.text)
    return found


def _standing(postmortem: PostMortem, number: int, field: str) -> Why:
    """A why that stands, by its number. Refuses (422) a number that there is not."""
    found = Why.objects.filter(postmortem=postmortem, number=number, removed_at=None).first() if 0 < number < 2**31 else None
    if found is None:
        raise invalid(field, f"There is no why {number} here.", code="no_such_why")
    return found
