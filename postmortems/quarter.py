"""What a quarterly review lays out of learning: each post-mortem that was published in it, and whether it had been discussed by then."""

from datetime import datetime

from django.conf import settings
from django.urls import reverse

from postmortems import discussed
from postmortems.models import Publication
from standard.figures import Figures

_NOTE = (
    "The first version of each post-mortem, by when it was published. It is published without waiting for its review; what was published "
    "before it says by how much. Exercises do not count."
)


def figures(start: datetime, end: datetime) -> list[Figures]:
    """The post-mortems published between two instants (`end` not included), in that order: three queries, or four where incidents were reopened."""
    found = Publication.objects.filter(number=1, published_at__gte=start, published_at__lt=end, incident__exercise=False)
    published = list(found.select_related("postmortem__incident").defer("content").order_by("published_at", "id"))
    placing = discussed.courses([one.postmortem for one in published])
    rows, links = [], []
    for one in published:
        incident = one.postmortem.incident
        placed = placing[one.postmortem_id].order(one.published_at)
        rows.append((f"{incident.level} {incident.ref}", f"{one.published_at:%Y-%m-%d}", placed.words))
        links.append(("", reverse("postmortem", urlconf=settings.PORTAL_URLCONF, args=[incident.ref]), ""))
    return [
        Figures("Post-mortems published", ("Post-mortem", "Published", "And its review"), tuple(rows), _NOTE, links=tuple(links))
    ]
