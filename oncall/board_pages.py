"""What the pages of schedules show: plain values for the templates, with what the actor may do."""

import uuid
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from oncall import boards, feeds
from oncall.models import CalendarLink, Override, Schedule, Swap, Team
from oncall.rota import OnCallDuty, Reading, Span
from oncall.rota.wall import shown, when
from oncall.rotas import crew, zone
from oncall.rules import overrides as rules
from oncall.rules import schedules as editing
from tenants.actors import Actor
from tenants.time import now

type Row = dict[str, Any]
SHIFTS = timedelta(days=30)


def overview(by: Actor) -> Row:
    """Who is on now for what, by team, gaps, and where a schedule can be made."""
    at = now()
    found = boards.everywhere(at)
    gaps = boards.gaps_ahead(found.schedules, at)
    rows = [
        {
            "name": schedule.name,
            "url": reverse("schedule", args=[schedule.slug]),
            "time_zone": schedule.time_zone,
            **_of_team(schedule.team, found),
            "now": [_now(one) for one in found.held if one.schedule is schedule],
            "gaps": [_gap(gap) for gap in gaps if gap.schedule.pk == schedule.pk],
        }
        for schedule in found.schedules
    ]
    fixed = [
        {**_of_team(team, found), "now": [_now(one) for one in found.held if one.schedule is None and one.team is team]}
        for team in found.teams
    ]
    off = [
        {"name": s.name, "url": reverse("schedule", args=[s.slug])}
        for s in Schedule.objects.filter(is_active=False).order_by("name")
    ]
    may_make = not editing.why_not_edit(None, by) or any(editing.leads(team, by) for team in Team.objects.all())
    return {
        "schedules": rows,
        "fixed": fixed,
        "off": off,
        "gap_count": len(gaps),
        "new_url": reverse("schedule-new") if may_make and not editing.why_not_write(by) else "",
        "my_shifts_url": reverse("my-shifts"),
        "readiness_url": reverse("readiness"),
        "may_write": not editing.why_not_write(by),
    }


def _of_team(team: Team | None, found: boards.Everywhere) -> Row:
    """What a card says of a team: its name, its services' names, and who is called last."""
    if team is None:
        return {"team": "", "services": [], "last_called": None}
    lead = {"person": team.manager.name if team.manager else "", "gone": found.lead_gone(team)}
    return {"team": team.name, "services": [service.name for service in team.services.all()], "last_called": lead}


def _now(one: boards.Now) -> Row:
    return {
        "duty": one.duty.label,
        "person": one.person.name if one.person else "",
        "gone": one.gone,
        "instead": one.instead.name if one.instead else "",
        "until": one.until,
        "override": one.override is not None,
        "time_zone": one.schedule.time_zone if one.schedule else "",
    }


def _gap(gap: boards.Gap) -> Row:
    where = zone(gap.schedule.time_zone)
    walls = {name: shown(where, at).isoformat(timespec="minutes") for name, at in (("start", gap.start), ("end", gap.end))}
    query = {"duty": gap.duty.value, **walls}  # all of it and no more: a whole day would take hours from whoever has them
    url = f"{reverse('schedule-override', args=[gap.schedule.slug])}?{urlencode(query)}"
    return {"duty": gap.duty.label.lower(), "start": gap.start, "end": gap.end, "url": url, "time_zone": gap.schedule.time_zone}


def schedule(found: Schedule, by: Actor, monday: date, *, grid: bool) -> Row:
    """One schedule's page."""
    at = now()
    edits = not editing.why_not_edit(found.team, by)
    address = reverse("schedule", args=[found.slug])
    week = boards.week(found, monday)
    mine = crew(found)
    return {
        "schedule": found,
        "lead": found.team.manager.name if found.team and found.team.manager else "",
        "now_on": [_now(one) for one in boards.on_now([found], at)],
        "gaps": [_gap(gap) for gap in boards.gaps_ahead([found], at)],
        "weeks": _weeks(address, monday, grid),
        "views": [
            {
                "label": label,
                "url": f"{address}?{urlencode({'week': monday.isoformat(), 'view': label.lower()})}",
                "current": here,
            }
            for label, here in (("List", not grid), ("Grid", grid))
        ],
        "grid": _grid(found, week, at) if grid else [],
        "days": week.days,
        "list": [] if grid else _list(week),
        "overrides": [_override(found, row, by, at) for row in boards.overrides(found, at)],
        "swaps": [_swap(found, row, by, mine, at) for row in boards.swaps(found, at)],
        "load": [_load(person, carried) for person, carried in boards.load_behind(found, at)],
        "layers": [_layer(found, laid, edits=edits) for laid in boards.layers([found], at.date())[found.pk]],
        "may": _may(found, by, mine, edits=edits),
        "my_shifts_url": reverse("my-shifts"),
        "readiness_url": reverse("readiness"),
        "idempotency_key": uuid.uuid4().hex,
    }


def _may(found: Schedule, by: Actor, mine: frozenset[int], *, edits: bool) -> dict[str, str]:
    """What the actor may do here -> where."""
    places: dict[str, str] = {}
    if by.user_id is not None and not rules.why_not_give(found, mine, by, by.user_id, None):
        places |= {"override": "schedule-override", "swap": "schedule-swap"}
    if edits:
        places |= {"change": "schedule-change", "add": "layer-new", "import": "schedule-import"}
    return {name: reverse(place, args=[found.slug]) for name, place in places.items()}


def _weeks(address: str, monday: date, grid: bool) -> Row:
    def link(day: date) -> str:
        return f"{address}?{urlencode({'week': day.isoformat(), 'view': 'grid' if grid else 'list'})}"

    return {
        "number": monday.isocalendar().week,
        "first": monday,
        "last": monday + timedelta(days=6),
        "before": link(monday - timedelta(days=7)),
        "after": link(monday + timedelta(days=7)),
        "this": address + ("?view=grid" if grid else ""),
    }


def _list(week: boards.Week) -> list[Row]:
    rows = [
        {**_span(week, span), "duty": duty.label, "start": span.start, "end": span.end}
        for duty, spans in week.spans.items()
        for span in spans
    ]
    return sorted(rows, key=lambda row: (row["start"], list(OnCallDuty).index(OnCallDuty(row["duty"].lower()))))


def _grid(found: Schedule, week: boards.Week, at: datetime) -> list[Row]:
    """A row a duty, a cell a day: who holds it, from when where it changes within the day."""
    where = zone(found.time_zone)
    rows = []
    for duty, spans in week.spans.items():
        cells = []
        for day in week.days:
            start, end = (when(where, datetime.combine(one, datetime.min.time())) for one in (day, day + timedelta(days=1)))
            parts = [
                {**_span(week, span), "from": span.start if span.start > start else None}
                for span in spans
                if span.start < end and span.end > start
            ]
            query = urlencode({"duty": duty.value, "day": day.isoformat()})
            url = f"{reverse('schedule-override', args=[found.slug])}?{query}" if end > at else ""
            cells.append({"day": day, "parts": parts, "url": url, "today": start <= at < end})
        rows.append({"duty": duty.label, "cells": cells})
    return rows


def _span(week: boards.Week, span: Span) -> Row:
    person = week.people.get(span.person) if span.person is not None else None
    return {
        "person": person.name if person else "",
        "override": bool(span.held and span.held.override),
        "past": span.end <= now(),
    }


def _override(found: Schedule, row: Override, by: Actor, at: datetime) -> Row:
    row.schedule = found
    return {
        "duty": row.get_duty_display(),
        "person": row.user.name,
        "replaced": row.replaced.name if row.replaced else "",
        "start": row.starts_at,
        "end": row.ends_at,
        "reason": row.reason,
        "imported": bool(row.source),
        "swap": row.swap_id is not None,
        "cancel_url": "" if rules.why_not_cancel(row, by, at) else reverse("override-cancel", args=[row.pk]),
    }


def _swap(found: Schedule, row: Swap, by: Actor, mine: frozenset[int], at: datetime) -> Row:
    row.schedule = found
    return {
        "duty": row.get_duty_display(),
        "offered_by": row.offered_by.name,
        "offered_to": row.offered_to.name if row.offered_to else "everybody",
        "start": row.starts_at,
        "end": row.ends_at,
        "return_start": row.return_starts_at,
        "return_end": row.return_ends_at,
        "reason": row.reason,
        "accept_url": "" if rules.why_not_accept(row, mine, by, at) else reverse("swap-accept", args=[row.pk]),
        "end_url": "" if rules.why_not_end(row, by) else reverse("swap-end", args=[row.pk]),
        "end_label": "Withdraw" if by.user_id == row.offered_by_id else "Decline",
    }


def _load(person: Any, carried: Any) -> Row:
    hours = {duty.value: round(carried.held.get(duty, timedelta()) / timedelta(hours=1)) for duty in OnCallDuty}
    return {"person": person.name, "nights": carried.nights, **hours}


def _layer(found: Schedule, laid: boards.LaidLayer, *, edits: bool) -> Row:
    row = laid.row
    days = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
    unit = row.unit if row.every == 1 else f"{row.every} {row.unit}s"
    return {
        "name": str(row),
        "duty": row.get_duty_display(),
        "people": [person.name for person in laid.people],
        "turn": f"every {unit}, handover at {row.handover_at:%H:%M}, since {row.starts_on:%-d %b %Y}",
        "hours": f"{row.opens_at:%H:%M} to {row.closes_at:%H:%M}" if row.opens_at and row.closes_at else "",
        "weekdays": "" if len(row.weekdays) == len(days) else ", ".join(days[day - 1] for day in row.weekdays),
        "time_zone": row.time_zone,
        "priority": row.priority,
        "edges": [{"sentence": edge.sentence, "twice": edge.reading == Reading.TWICE} for edge in laid.edges],
        "change_url": reverse("layer-change", args=[found.slug, row.number]) if edits else "",
        "end_url": reverse("layer-end", args=[found.slug, row.number]) if edits else "",
    }


def mine(by: Actor) -> Row:
    """My shifts of the next 30 days, and my calendar links."""
    at = now()
    schedules = list(Schedule.objects.filter(is_active=True).order_by("name"))
    found = feeds.shifts(schedules, at, at + SHIFTS, by.person_id)
    links = CalendarLink.objects.filter(user_id=by.person_id, revoked_at=None).select_related("schedule", "user").order_by("-id")
    return {
        "shifts": [
            {
                "schedule": shift.schedule.name,
                "url": reverse("schedule", args=[shift.schedule.slug]),
                "duty": OnCallDuty(shift.span.duty).label,
                "start": shift.span.start,
                "end": shift.span.end,
                "time_zone": shift.schedule.time_zone,
            }
            for shift in found
        ],
        "links": [
            {"name": str(link), "made_at": link.made_at, "revoke_url": reverse("calendar-revoke", args=[link.pk])}
            for link in links
        ],
        "schedules": [{"slug": s.slug, "name": s.name} for s in schedules],
        "may_write": not editing.why_not_write(by),
        "idempotency_key": uuid.uuid4().hex,
    }
