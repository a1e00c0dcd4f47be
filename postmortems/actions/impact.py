"""What it did to others: users affected, cost, and why fewer than five whys are enough."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from incidents.fields import REASON_MAX, line
from incidents.fields import text as checked
from ledger.verbs import verb
from postmortems import fields
from postmortems.actions.base import lock, tell, written_over
from postmortems.models import PostMortem
from postmortems.rules import document as rules
from postmortems.standing import Standing
from tenants.actors import Actor
from tenants.refusals import Reason, Refused, check, invalid

NAMES = ("users_affected", "users_note", "cost_amount", "cost_currency")


@verb(
    "set-facts",
    kind="postmortem.facts_changed",
    who="author, IC, OL, process owner",
    subject="postmortem",
    clauses=("postmortem.impact",),
)
def set_facts(postmortem: PostMortem, *, by: Actor, facts: Mapping[str, Any], revision: int | None = None) -> PostMortem:
    """Say how many users were affected, and what it cost in which currency. What `facts` does not name stays as it is.

    `facts` has some of users_affected (or None: not known), users_note, cost_amount (or None), cost_currency. Refuses (409 `stale`)
    where `revision`, the one that they were written over, is not the present one any more, and gives the present ones.
    """
    postmortem = lock(postmortem)
    check(rules.why_not_set_facts(Standing(postmortem), by))
    before = _facts(postmortem)
    if not any(name in facts for name in NAMES):
        raise invalid("users_affected", "Say how many users were affected, or what it cost.", code="required")
    wanted = {**{name: getattr(postmortem, name) for name in NAMES}, **{name: facts[name] for name in NAMES if name in facts}}
    amount: Decimal | str | None = wanted["cost_amount"]
    postmortem.users_affected = fields.users(wanted["users_affected"])
    postmortem.users_note = line("users_note", wanted["users_note"], most=fields.NOTE_MAX, required=False)
    postmortem.cost_amount, postmortem.cost_currency = fields.cost(amount, wanted["cost_currency"])
    after = _facts(postmortem)
    if after == before:
        return postmortem
    if revision is not None and revision != postmortem.revision:
        sentence = (
            "Somebody has changed these facts since you began. Look at what they say now, and save yours again if it is right."
        )
        raise Refused(Reason("stale", sentence, field="revision"), more={"theirs": {**before, "revision": postmortem.revision}})
    postmortem.revision += 1
    postmortem.save()
    changes = {name: [before[name], after[name]] for name in NAMES if before[name] != after[name]}
    tell(postmortem, "postmortem.facts_changed", incident=postmortem.incident, by=by, changes=changes)
    return postmortem


@verb(
    "explain-whys",
    kind="postmortem.whys_explained",
    who="author, IC, OL, process owner",
    subject="postmortem",
    clauses=("postmortem.five-whys",),
)
def explain_whys(postmortem: PostMortem, *, by: Actor, reason: str, over: str | None = None) -> PostMortem:
    """Say why fewer than five whys are enough here. An empty reason takes it back. Refuses (409) one written `over` another."""
    postmortem = lock(postmortem)
    check(rules.why_not_explain_whys(Standing(postmortem), by))
    clean = checked("reason", reason, most=REASON_MAX, required=False)
    written_over(postmortem.few_whys_reason, clean, over, "this reason")
    postmortem.few_whys_reason = clean
    postmortem.save()
    tell(postmortem, "postmortem.whys_explained", incident=postmortem.incident, by=by, reason=postmortem.few_whys_reason)
    return postmortem


def _facts(postmortem: PostMortem) -> dict[str, Any]:
    """The facts as JSON shows them."""
    return {
        "users_affected": postmortem.users_affected,
        "users_note": postmortem.users_note,
        "cost_amount": f"{postmortem.cost_amount:.2f}" if postmortem.cost_amount is not None else None,
        "cost_currency": postmortem.cost_currency,
    }
