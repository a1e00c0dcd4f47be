"""Reading access: reviews, systems and their sources, principals, and broken glass, as pages and API show them."""

from typing import Any

from django.db.models import Count, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from compliance.access import export, people
from compliance.models import AccessFact, AccessReview, AccessRun, AccessSystem, BreakGlass, PrincipalName, ReviewedAccess
from compliance.rules import access as rules
from tenants.actors import Actor
from tenants.time import now

type Row = dict[str, Any]

RUNS_MOST = 50


def reviews(by: Actor) -> QuerySet[AccessReview]:
    """The access reviews that the actor may read, newest first: the walls hide those of incidents that they may not see."""
    rows = AccessReview.objects.select_related("incident", "signed_by").order_by("-pk")
    return rows.filter(incident__restricted=True) if rules.why_not_read_access(by, people.duties(by)) else rows


def with_counts(rows: QuerySet[AccessReview]) -> QuerySet[AccessReview]:
    """The same, with how many accesses each has, how many of them are privileged, and how many of those wait."""
    of_it = ReviewedAccess.objects.filter(review=OuterRef("pk")).order_by().values("review")

    def number(**only: object) -> Coalesce:
        counted = of_it.filter(**only).annotate(number=Count("pk")).values("number")
        return Coalesce(Subquery(counted), 0, output_field=IntegerField())

    # Each by itself, not by grouping: to an auditor people are a view, which has no key to group by.
    return rows.annotate(count=number(), privileged=number(privileged=True), undecided=number(privileged=True, decision=""))


def is_late(review: AccessReview) -> bool:
    """Whether it is past its time and not signed."""
    return review.signed_at is None and review.due_at < now()


def chosen(review: AccessReview, show: str, words: str) -> list[ReviewedAccess]:
    """A review's accesses that a filter shows: "undecided", "privileged", "mine"-free all; and those that have `words` in them."""
    rows = export.accesses(review)
    if show == "undecided":
        rows = [row for row in rows if row.privileged and not row.decision]
    elif show == "privileged":
        rows = [row for row in rows if row.privileged]
    elif show in ("appropriate", "revoke", "investigate"):
        rows = [row for row in rows if row.decision == show]
    wanted = words.casefold().strip()
    if wanted:
        rows = [row for row in rows if wanted in f"{row.system}\n{row.principal}\n{row.entitlement}\n{row.source}".casefold()]
    return rows


def systems() -> list[Row]:
    """Every production system with its sources, those in use first."""
    latest: dict[int, dict[str, AccessRun]] = {}
    for run in AccessRun.objects.order_by("pk"):
        latest.setdefault(run.system_id, {})[run.source] = run
    standing = dict(
        AccessFact.objects.filter(ended_run=None).values_list("system_id").annotate(count=Count("pk")).order_by("system_id")
    )
    rows = AccessSystem.objects.order_by("name", "pk")
    found = [
        {
            "system": system,
            "sources": [run for _, run in sorted(latest.get(system.pk, {}).items())],
            "covered": system.pk in latest,
            "count": standing.get(system.pk, 0),
        }
        for system in rows
    ]
    return sorted(found, key=lambda row: row["system"].retired_at is not None)


def facts(system: AccessSystem, words: str = "") -> QuerySet[AccessFact]:
    """The accesses of a system that stand, privileged first."""
    rows = AccessFact.objects.filter(system=system, ended_run=None)
    if words and "\x00" not in words:
        rows = rows.filter(Q(principal__icontains=words) | Q(entitlement__icontains=words) | Q(source__icontains=words))
    return rows.order_by("-privileged", "principal", "entitlement", "pk")


def runs(system: AccessSystem) -> list[AccessRun]:
    """The last times that accesses of a system were taken in, newest first."""
    return list(AccessRun.objects.filter(system=system).select_related("taken_by").order_by("-pk")[:RUNS_MOST])


def unknown_principals() -> list[str]:
    """The principals with privileged access that are nobody's as far as is known, and that nobody said to be nobody's."""
    privileged = AccessFact.objects.filter(ended_run=None, privileged=True)
    everybody = set(privileged.order_by("principal").values_list("principal", flat=True))
    known = people.owners_of(everybody)
    named = set(PrincipalName.objects.values_list("principal", flat=True))
    return sorted(everybody - set(known) - named)


def principal_names() -> list[PrincipalName]:
    """Whose principals were said to be."""
    return list(PrincipalName.objects.select_related("user", "named_by").order_by("principal"))


def broken_glass() -> QuerySet[BreakGlass]:
    """The broken glass that the actor may see, newest first: the walls hide that of incidents on which they are not named."""
    return BreakGlass.objects.select_related("incident", "user", "reviewed_by").order_by("-pk")
