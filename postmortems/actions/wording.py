"""Settling what the blameless check finds: what is not changed is kept with a reason (clause principle.blameless)."""

from incidents import fields
from ledger.verbs import verb
from postmortems.actions.base import lock, tell
from postmortems.models import KeptWording, PostMortem
from postmortems.rules import wording as rules
from postmortems.standing import Standing
from tenants.actors import Actor
from tenants.refusals import check, invalid
from tenants.time import now

PLACE_MAX, PHRASE_MAX = 60, 200
CLAUSES = ("principle.blameless", "postmortem.blameless-rule")


@verb(
    "keep-wording",
    kind="postmortem.wording_kept",
    who="the post-mortem's writers, process owner",
    subject="postmortem",
    clauses=CLAUSES,
)
def keep_wording(postmortem: PostMortem, *, by: Actor, place: str, phrase: str, reason: str) -> KeptWording:
    """Keep a wording that was found, in its place, with a reason. Refuses (422) one that is not found there (any more)."""
    postmortem = lock(postmortem)
    standing = Standing(postmortem)
    check(rules.why_not_keep(standing, by))
    place, wanted = fields.line("place", place, most=PLACE_MAX), fields.line("phrase", phrase, most=PHRASE_MAX).lower()
    clean = fields.text("reason", reason, most=fields.REASON_MAX)
    found = next((one for one in standing.wordings if (one.finding.place, one.finding.phrase) == (place, wanted)), None)
    if found is None:
        raise invalid("phrase", "The check does not find this wording there (any more).", code="not_found_there")
    if found.kept is not None:
        raise invalid("phrase", f"It is kept already: {found.kept.reason}", code="kept_already")
    kept = KeptWording.objects.create(
        incident=postmortem.incident, postmortem=postmortem, place=place, phrase=wanted, reason=clean, kept_by_id=by.user_id
    )
    where, quote = found.finding.title, found.finding.quote
    tell(postmortem, "postmortem.wording_kept", incident=postmortem.incident, by=by, place=where, quote=quote, reason=clean)
    return kept


@verb(
    "take-back-wording",
    kind="postmortem.wording_taken_back",
    who="the post-mortem's writers, process owner",
    subject="postmortem",
    clauses=CLAUSES,
)
def take_back_wording(postmortem: PostMortem, *, by: Actor, place: str, phrase: str) -> KeptWording | None:
    """Keep a wording no longer: it wants settling again, where it still stands."""
    postmortem = lock(postmortem)
    place, wanted = fields.line("place", place, most=PLACE_MAX), fields.line("phrase", phrase, most=PHRASE_MAX).lower()
    kept = KeptWording.objects.filter(postmortem=postmortem, place=place, phrase=wanted, taken_back_at=None).first()
    check(rules.why_not_take_back(Standing(postmortem), by, kept))
    if kept is not None:
        kept.taken_back_at = now()
        kept.save()
        tell(postmortem, "postmortem.wording_taken_back", incident=postmortem.incident, by=by, place=place, quote=wanted)
    return kept
