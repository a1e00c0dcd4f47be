"""Writing a section. Two authors at once lose nothing: whoever comes second is told, and has both texts before them."""

from datetime import timedelta

from ledger.models import Event
from ledger.verbs import verb
from postmortems import fields
from postmortems.actions.base import lock, tell
from postmortems.models import PostMortem, Section
from postmortems.rules import document as rules
from postmortems.standing import Standing
from tenants.actors import Actor
from tenants.refusals import NotFound, Reason, Refused, check
from tenants.time import now

EDITED = "postmortem.section_edited"
SITTING = timedelta(minutes=10)  # what one person saves of a section by itself meanwhile is one event; its history has each text


@verb(
    "edit-section",
    kind="postmortem.section_edited",
    who="author, IC, OL, process owner",
    subject="postmortem",
    clauses=("postmortem.template", "postmortem.summary"),
)
def edit_section(postmortem: PostMortem, key: str, *, by: Actor, text: str, version: int, automatic: bool = False) -> Section:
    """Save a section's text as its next version. `version` is the one that it was written over.

    Refuses (409 `stale`) where somebody has saved another since, and gives theirs with it: {version, text, saved_by, saved_at}.
    `automatic`: the page saves while somebody types; within ten minutes of their last event it leaves no further one.
    """
    postmortem = lock(postmortem)
    check(rules.why_not_edit_section(Standing(postmortem), by))
    rows = Section.objects.select_for_update(of=("self",)).filter(postmortem=postmortem, key=key)
    section = rows.first() if "\x00" not in key else None
    if section is None:
        raise NotFound("section")
    clean = fields.section(text)
    if clean == section.text and (section.version or automatic):
        return section
    if section.version != version:
        raise _stale(section)
    section.text, section.version, section.saved_at, section.saved_by_id = clean, section.version + 1, now(), by.user_id
    section.save()
    if not (automatic and _told_lately(section, by)):
        tell(
            section,
            "postmortem.section_edited",
            incident=postmortem.incident,
            by=by,
            section=section.key,
            title=section.title,
            version=section.version,
            characters=len(clean),
        )
    return section


def _stale(section: Section) -> Refused:
    """The refusal of a text that was written over an older version, with the newer one."""
    who = section.saved_by.name if section.saved_by else "Somebody"
    sentence = (
        f"{who} saved version {section.version} of “{section.title}” at {section.saved_at:%H:%M:%S} UTC, after you began. "
        "Nothing is lost: look at both texts, and save what is right."
    )
    theirs = {
        "version": section.version,
        "text": section.text,
        "saved_by": section.saved_by.name if section.saved_by else "",
        "saved_at": section.saved_at.isoformat(),
    }
    return Refused(Reason("stale", sentence, field="version"), more={"theirs": theirs})


def _told_lately(section: Section, by: Actor) -> bool:
    said = Event.objects.filter(
        organisation_id=by.organisation_id,
        subject_type=section._meta.label_lower,
        subject_id=section.pk,
        kind="postmortem.section_edited",
        actor_id=by.user_id,
    )
    return said.filter(occurred_at__gt=now() - SITTING).exists()
