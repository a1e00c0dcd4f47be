"""Where post-mortems show on other rooms' pages: in the room of an incident that is over, and in a person's work (portal/reactions.py)."""

from typing import Any

from django.urls import reverse

from incidents.models import Incident
from incidents.queries import clock_row
from incidents.rules.outside import own_page
from incidents.states import State
from postmortems import queries
from postmortems.models import WAIVED, PostMortem, ReviewRequest
from postmortems.states import DocumentState
from tenants.actors import Actor

MOST = 50
_OVER = (State.RESOLVED, State.CLOSED)


def on_incident(incident: Incident, by: Actor) -> dict[str, Any] | None:
    """The way from an incident that is over to its post-mortem: {title, text, url, label, tone, clock}, or None.

    Outside the room there is one once it is published.
    """
    if incident.state not in _OVER:
        return None
    found = PostMortem.objects.filter(incident=incident).select_related("author", "incident").first()
    if found is None or (own_page(by, incident) is not None and not found.version):
        return None
    clock = queries.clocks([found]).get(found.pk)
    running = clock if clock is not None and clock.stopped_at is None else None
    author = found.author.name if found.author else "nobody yet"
    told = {
        "waived": ("No post-mortem is asked for.", found.waiver_reason, "told"),
        "draft": (f"The post-mortem is being written; its author is {author}.", "", "soon"),
        "published": (f"The post-mortem is published, version {found.version}.", "", "kept"),
    }
    title, text, tone = told["waived" if found.is_waived else found.state]
    return {
        "title": title,
        "text": text,
        "url": reverse("postmortem", args=[incident.ref]),
        "label": "Write the post-mortem" if found.is_draft and not found.is_waived else "Read the post-mortem",
        "tone": "late" if running is not None and running.broken_at else tone,
        "clock": clock_row(running) if running is not None else None,
    }


def in_hand(by: Actor) -> list[dict[str, Any]]:
    """The drafts that somebody is the author of, the most pressing first: {title, role, url, clocks, steps, done}."""
    mine = queries.postmortems(by).filter(~WAIVED, author_id=by.person_id, state=DocumentState.DRAFT)
    found = list(mine.filter(incident__state__in=_OVER).order_by("id")[:MOST])
    rows = queries.rows(found)
    return [
        {
            "title": f"Post-mortem of {row['severity_label']} {row['ref']}: {row['title']}",
            "role": "Author",
            "url": reverse("postmortem", args=[row["ref"]]),
            "clocks": [{"label": row["clock"]["label"], "due_at": row["due_at"], "late": row["late"]}] if row["clock"] else [],
            "steps": row["section_count"],
            "done": row["complete"],
            "of": "Sections",
        }
        for row in sorted(rows, key=lambda row: (row["due_at"] is None, row["due_at"]))
    ]


def to_read(by: Actor) -> list[dict[str, Any]]:
    """What somebody was asked to read and has not answered, longest waiting first: {title, text, at, url, act}."""
    asked = ReviewRequest.objects.filter(organisation_id=by.organisation_id, reader_id=by.person_id, answered_at=None)
    found = asked.select_related("incident", "asked_by").order_by("id")[:MOST]
    return [
        {
            "title": f"Read the post-mortem of {one.incident.level} {one.incident.ref}: {one.incident.title}",
            "text": f"{one.asked_by.name if one.asked_by else 'Somebody'} asks you whether it is good to publish.",
            "at": one.asked_at,
            "url": f"{reverse('postmortem', args=[one.incident.ref])}#pm-answer",
            "act": None,
        }
        for one in found
    ]
