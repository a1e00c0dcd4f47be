"""What the blameless check finds in a post-mortem, and what of that is settled (clause principle.blameless)."""

from dataclasses import dataclass

from postmortems.blame import Finding, Person, Place, checker
from postmortems.material import Material
from postmortems.models import BlamePhrase, KeptWording
from tenants.models import Membership

WHYS = "postmortem.five-whys"


@dataclass(frozen=True, slots=True)
class Settled:
    """A finding, and the reason with which it is kept (None where it still wants settling)."""

    finding: Finding
    kept: KeptWording | None = None


def places(material: Material) -> list[Place]:
    """Every text that is published, or decided over it, in somebody's own words. Causes are marked.

    The sections, the whys, the timeline in people's words (chosen of the record, or added) and what was remarked on it, how the users were
    counted, the hypotheses that were confirmed, the changes that were made, the items, and what reviews decided. The record is not rewritten: of such
    a wording the entry is left out, or it is kept with a reason.
    """
    postmortem = material.postmortem
    law = postmortem.incident.law
    causes = {section.key for section in law.postmortem_template if section.clause == WHYS}
    found = [Place(f"section:{s.key}", s.title, s.text, s.key in causes) for s in material.sections]
    whys = sorted(material.whys, key=lambda why: why.number)
    found += [Place(f"why:{why.number}", f"Why {why.number}", why.text, cause=True) for why in whys]
    if postmortem.few_whys_reason:
        found.append(Place("few-whys", "Why fewer than five whys", postmortem.few_whys_reason, cause=True))
    for line in material.lines:
        at = f"{line.at:%H:%M:%S}"
        if line.written:
            found.append(Place(f"entry:{line.id}", f"Timeline, {at}", line.text))
            found.append(Place(f"restated:{line.id}", f"Correction on the timeline, {at}", line.restated))
        found.append(Place(f"remark:{line.id}", f"Remark on the timeline, {at}", line.annotation))
    found.append(Place("users-note", "Users affected", postmortem.users_note))
    found.append(Place("no-items", "Why nothing is to be done", postmortem.no_items_reason))
    return [place for place in [*found, *_of_the_record(material), *_decided(material)] if place.text]


def _of_the_record(material: Material) -> list[Place]:
    """What the investigation found to have contributed (published under "What contributed", so each is a cause), and what was changed."""
    found = []
    for one in material.hypotheses:
        title = f"Hypothesis {one.number}"
        found.append(Place(f"hypothesis:{one.number}", title, one.text, cause=True))
        found.append(Place(f"seen:{one.number}", f"{title}, what was seen", one.seen, cause=True))
    for made in material.changes:
        title = f"Change {made.number}"
        found += [
            Place(f"change:{made.number}", title, made.text),
            Place(f"outcome:{made.number}", f"{title}, what came of it", made.outcome or made.seen),
            Place(f"deviation:{made.number}", f"{title}, why nobody was asked", made.deviation_reason),
        ]
    return found


def _decided(material: Material) -> list[Place]:
    """What is to be done about it, and what was decided where people met over it."""
    found = []
    for item in material.items:
        title = f"Action item {item.number}"
        found += [
            Place(f"item:{item.number}", title, item.title),
            Place(f"details:{item.number}", f"{title}, details", item.details),
        ]
    for review in sorted(material.reviews, key=lambda review: review.pk):
        found.append(
            Place(f"review:{review.pk}", f"Decisions of the review of {review.took_place_at:%Y-%m-%d}", review.decisions)
        )
    return found


def people() -> list[Person]:
    """The members of the organisation, those who left too: whose names belong in no cause."""
    rows = Membership.objects.order_by("id").values_list("user__name", "user__email")
    return [Person(name, email) for name, email in rows]


def findings(material: Material) -> list[Finding]:
    """What the check finds in a post-mortem as it is now, settled or not, in the document's order."""
    own = BlamePhrase.objects.filter(is_active=True).order_by("id").values_list("phrase", "suggestion")
    return checker(people(), list(own)).find(places(material))


def settled(material: Material) -> list[Settled]:
    """The findings, each with the reason with which it is kept."""
    rows = KeptWording.objects.filter(postmortem=material.postmortem, taken_back_at=None).select_related("kept_by")
    kept = {(row.place, row.phrase): row for row in rows}
    return [Settled(finding, kept.get((finding.place, finding.phrase))) for finding in findings(material)]
