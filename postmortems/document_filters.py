"""The filters of the list of post-mortems, for the API and the pages alike."""

from typing import Any

import django_filters as filters
from django.db.models import Q, QuerySet

from incidents.states import Severity
from postmortems.models import WAIVED, PostMortem
from postmortems.queries import late
from postmortems.states import DocumentState


class PostmortemFilter(filters.FilterSet):  # type: ignore[misc]
    """Post-mortems by state, whether they are late or waived, author, severity, and words of their incident's title."""

    state = filters.ChoiceFilter(choices=DocumentState.choices)
    late = filters.BooleanFilter(method="only_late")
    waived = filters.BooleanFilter(method="only_waived")
    author = filters.CharFilter(field_name="author__email", lookup_expr="iexact", max_length=254)
    severity = filters.MultipleChoiceFilter(field_name="incident__severity", choices=Severity.choices)
    q = filters.CharFilter(method="about", max_length=200)

    class Meta:
        model = PostMortem
        fields: tuple[str, ...] = ()

    def only_late(self, rows: QuerySet[PostMortem], name: str, value: bool) -> QuerySet[PostMortem]:
        """Those that are overdue, or those that are not."""
        overdue = late(rows)
        return overdue if value else rows.exclude(pk__in=overdue.values("pk"))

    def only_waived(self, rows: QuerySet[PostMortem], name: str, value: bool) -> QuerySet[PostMortem]:
        """Those that are waived, or those that are not (any more)."""
        return rows.filter(WAIVED if value else ~WAIVED)

    def about(self, rows: QuerySet[PostMortem], name: str, value: Any) -> QuerySet[PostMortem]:
        """Every word is in the title, or is the reference."""
        for word in str(value).split()[:10]:
            rows = rows.filter(Q(incident__title__icontains=word) | Q(incident__ref__iexact=word))
        return rows
