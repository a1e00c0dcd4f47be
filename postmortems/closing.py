"""What a SEV 1/2 still needs of its post-mortem before it is closed (portal/reactions.py, CLOSING)."""

from django.db.models import Exists, F, OuterRef

from incidents.models import Incident
from postmortems.models import PostMortem, Review, kept
from postmortems.rules.completeness import NO_ITEMS, lacks_items


def what_is_missing(incident_id: int) -> str:
    """What still stands between an incident and its close, as a sentence, or "". A waiver of this resolution stands in for all of it.

    The post-mortem is published and its review was held since the incident was resolved (the last time), and what is to be done is
    filed, or somebody said that nothing is.
    """
    found = (
        PostMortem.objects.filter(incident_id=incident_id)
        .select_related("incident")
        .annotate(
            reviewed=Exists(Review.objects.filter(postmortem=OuterRef("pk"), held_at__gte=OuterRef("incident__resolved_at"))),
            filed=Exists(kept().filter(incident=OuterRef("incident"))),
            resolved_at=F("incident__resolved_at"),
        )
        .first()
    )
    if found is None:
        ref = Incident.objects.values_list("ref", flat=True).get(pk=incident_id)
        return f"{ref} has no post-mortem yet: it is opened when the incident is resolved."
    return "" if found.is_waived else _sentence(_missing(found))


def _missing(found: PostMortem) -> list[str]:
    missing = []
    resolved_at = found.resolved_at  # type: ignore[attr-defined]
    if not found.is_published_since(resolved_at):
        again = " again" if found.version else ""
        missing.append(f"it is not published{again}")
    if not found.reviewed:  # type: ignore[attr-defined]
        missing.append("its review was not held")
    if lacks_items(found, filed=found.filed):  # type: ignore[attr-defined]
        missing.append(NO_ITEMS)
    return missing


def _sentence(missing: list[str]) -> str:
    """ "Of its post-mortem is missing: …" or ""."""
    return f"The post-mortem is not done: {'; '.join(missing)}." if missing else ""
