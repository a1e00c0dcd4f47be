"""The log of an incident's pages and notices: who was paged or told, when, by what, and what came of it (clause evidence.export)."""

import csv
import re
from collections.abc import Iterator
from datetime import datetime
from typing import TextIO

from incidents import notices
from incidents.facts import gather
from incidents.models import Incident
from notifications.models import Attempt, Delivery
from oncall.models import Page, PageDecline, PageStep
from postmortems.item_csv import safe

HEADINGS = ("incident", "at", "page", "about", "person", "what", "by", "detail")
# What a mail server or a carrier quotes in its refusal: an erasure takes such words out of the log, and this file is made from the live row.
_LEADS_TO_SOMEBODY = re.compile(r"[^\s<>\"']+@[^\s<>\"']+|\+?\d[\d ()/-]{7,}\d")
type Row = tuple[datetime, int, str, str, str, str]
type Told = tuple[str, datetime, int, str, str, str, str]


def start(out: TextIO) -> None:
    """Write the headings."""
    csv.writer(out).writerow(HEADINGS)


def write(incident: Incident, out: TextIO) -> int:
    """Write what happened to each page of the incident, in the order of the pages, and then to its notices. Returns how many lines."""
    writer, count = csv.writer(out), 0
    pages = Page.objects.filter(incident_id=incident.pk).select_related("team", "acknowledged_by").order_by("id")
    for page in pages:
        about = page.reason or (page.team.name if page.team else "")
        for at, _, person, what, by, detail in sorted(_rows(page)):
            cells = (incident.ref, at.isoformat(), str(page.pk), about, person, what, by, detail)
            writer.writerow([safe(cell) for cell in cells])
            count += 1
    for about, at, _, person, what, by, detail in sorted(_told(incident)):
        cells = (incident.ref, at.isoformat(), "", about, person, what, by, detail)
        writer.writerow([safe(cell) for cell in cells])
        count += 1
    return count


def _told(incident: Incident) -> Iterator[Told]:
    """The rows of those who were told because of their duty, and not called: each with what they were told of, and as what."""
    for one in notices.told(incident, gather(incident)):
        about = f"{one['because']}, told as {one['duty']}"
        yield about, one["at"], 0, one["name"], "told", "", ""
        for way in one["ways"]:
            for attempt in way["attempts"]:
                said = _LEADS_TO_SOMEBODY.sub("(address)", attempt["detail"])
                yield about, attempt["at"], attempt["number"], one["name"], attempt["outcome"].lower(), way["channel"], said


def _rows(page: Page) -> Iterator[Row]:
    for step in PageStep.objects.filter(page=page).select_related("user"):
        yield step.paged_at, step.pk, step.user.name, "paged", "", step.reason
    for decline in PageDecline.objects.filter(page=page).select_related("user"):
        yield decline.declined_at, decline.pk, decline.user.name, "declined", "", decline.reason
    sent = Delivery.objects.filter(template="page", subject_id=page.pk)
    for attempt in Attempt.objects.filter(delivery__in=sent).select_related("delivery__recipient", "method"):
        by = attempt.method.get_kind_display() if attempt.method else attempt.delivery.channel
        said, outcome = _LEADS_TO_SOMEBODY.sub("(address)", attempt.detail), attempt.get_outcome_display().lower()
        yield attempt.at, attempt.pk, attempt.delivery.recipient.name, outcome, by, said
    if page.acknowledged_at is not None and page.acknowledged_by is not None:
        yield page.acknowledged_at, 0, page.acknowledged_by.name, "acknowledged", "", ""
