"""Reading pages."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from django.db.models import Case, Exists, F, OuterRef, Prefetch, Q, QuerySet, Subquery, When

from notifications.queries import Sent, sent
from oncall import whom
from oncall.coming import coming, foreseen
from oncall.models import EscalationPolicy, EscalationTarget, Page, PageDecline, PageStep
from oncall.whom import OnCall
from tenants import prepared
from tenants.models import User

PAGE = "page"  # the template of the messages that a page sends


def called(user_id: int) -> QuerySet[Page]:
    """The pages that called a person, newest first."""
    mine = PageStep.objects.filter(page=OuterRef("pk"), user_id=user_id)
    return Page.objects.filter(Exists(mine)).select_related("service", "team", "acknowledged_by").order_by("-id")


def inbox(user_id: int, limit: int) -> list[Page]:
    """The pages that called a person, those that call still before all others, each newest first. Three queries."""
    over = Case(When(state=Page.State.OPEN, then=0), default=1)
    return list(called(user_id).order_by(over, "-id").prefetch_related("steps", "declines")[:limit])


def waiting_sql(person: str) -> str:
    """How many open pages call a person, whose id is `person` in SQL: every page of the portal shows it, and reads it with who looks."""
    return f"""SELECT count(*) FROM oncall_page p WHERE p.state = 'open'
  AND EXISTS (SELECT FROM oncall_pagestep s WHERE s.page_id = p.id AND s.user_id = {person})"""


def waiting(user_id: int) -> int:
    """How many open pages call a person, as far as whoever asks may see them."""
    ((count,),) = prepared.run(waiting_sql("%s"), [user_id])
    return int(count)


@dataclass(frozen=True, slots=True)
class Calls:
    """Pages with what became of each (`ladders`), the messages that were read beside theirs, and who is on call for their teams now."""

    ladders: list[dict[str, Any]]
    beside: list[Sent]
    on_call: list[User]


_FORGOTTEN = "SELECT count(*) FROM ledger_event WHERE subject_type = %s AND subject_id = %s AND kind = 'page.forgotten'"


def times_forgotten(page: Page) -> int:
    """How often a page was acknowledged and forgotten, and asked again: each time is an asking of its own."""
    ((times,),) = prepared.run(_FORGOTTEN, [page._meta.label_lower, page.pk])
    return int(times)


def ladders(pages: QuerySet[Page]) -> list[dict[str, Any]]:
    """What became of each page: who was called when, every attempt to reach them, who declined, and who is next.

    Two queries for any number of pages; and while some are open, those of who is on call for their teams.
    """
    return calls(pages).ladders


def calls(pages: QuerySet[Page], beside: Q | None = None, *, on_call: bool = False) -> Calls:
    """The ladders, with other messages in the same query as theirs, and who is on call, where that is asked.

    Who is on call for the team of an open page was asked for its next step, and is not asked again.
    """
    rungs = list(_with_steps(pages))
    found = list({row.pk: row for row in rungs}.values())
    present = whom.of_teams({page.team_id for page in found if page.team_id is not None}) if on_call else {}
    ahead = coming(found, present)
    ours, others = _sent([page.pk for page in found], beside)
    people: dict[int, list[dict[str, Any]]] = {}
    seen: set[tuple[int, int]] = set()
    for step in rungs:
        if step.called_id is None or (step.pk, step.called_id) in seen:
            continue
        seen.add((step.pk, step.called_id))
        not_yet: list[dict[str, Any]] = [{"at": step.called_at, "channel": "", "attempts": []}]
        theirs = people.setdefault(step.pk, [])
        for item in ours.get((step.pk, step.called_id), not_yet):
            who = {"name": step.called_name, "email": step.called_email, "position": step.called_for, "declined": None}
            theirs.append({**who, **item})
        if step.declined_at is not None:  # below the last of their messages
            theirs[-1]["declined"] = {"at": step.declined_at, "reason": step.why or ""}
    rows = [
        {
            "id": page.pk,
            "summary": page.reason or "Page",
            "team": page.team.name if page.team else "",
            "state": page.state,
            "started_at": page.started_at,
            "acknowledged_by": page.acknowledged_by.name if page.acknowledged_by else "",
            "acknowledged_at": page.acknowledged_at,
            "people": people.get(page.pk, []),
            "next": asdict(ahead[page.pk]) if page.pk in ahead else None,
        }
        for page in found
    ]
    return Calls(rows, others, _on_call(found, present))


def _with_steps(pages: QuerySet[Page]) -> QuerySet[Any]:
    """A row for each person whom a page called, in the order of the calls; for a page that called nobody yet, one where `called_id` is None."""
    declined = PageDecline.objects.filter(page=OuterRef("pk"), user=OuterRef("steps__user"))
    return (
        foreseen(pages.select_related("acknowledged_by", "team", "service"))
        .annotate(
            called_id=F("steps__user"),
            called_name=F("steps__user__name"),
            called_email=F("steps__user__email"),
            called_for=F("steps__position"),
            called_at=F("steps__paged_at"),
            declined_at=Subquery(declined.values("declined_at")[:1]),
            why=Subquery(declined.values("reason")[:1]),
        )
        .order_by("id", "steps__id")
    )


def _on_call(pages: Iterable[Page], present: Mapping[int, OnCall]) -> list[User]:
    """Who is primary for the teams of these pages now, then who is secondary, each once; of those teams that are `present`."""
    teams = dict.fromkeys(page.team_id for page in pages if page.team_id is not None)
    held = [present[team_id] for team_id in teams if team_id in present]
    people = [*(one.primary for one in held), *(one.secondary for one in held)]
    return list({person.pk: person for person in people if person is not None}.values())


def _sent(page_ids: list[int], beside: Q | None) -> tuple[dict[tuple[int, int], list[dict[str, Any]]], list[Sent]]:
    """(page, person) -> the messages sent to them, each with the last word on each try; and the messages beside."""
    which = Q(template=PAGE, subject_id__in=page_ids)
    ours: dict[tuple[int, int], list[dict[str, Any]]] = {}
    others: list[Sent] = []
    for message in sent(which | beside if beside is not None else which):
        if message.template == PAGE:
            row = {"at": message.at, "channel": message.channel, "attempts": list(message.tries.values())}
            ours.setdefault((message.subject_id, message.recipient_id), []).append(row)
        else:
            others.append(message)
    return ours, others


def policies() -> QuerySet[EscalationPolicy]:
    """Escalation policies by their slug, each with its targets in the order in which they are called. Two queries."""
    targets = EscalationTarget.objects.select_related("user", "schedule").order_by("after_minutes", "id")
    return EscalationPolicy.objects.prefetch_related(Prefetch("targets", queryset=targets)).order_by("slug")
