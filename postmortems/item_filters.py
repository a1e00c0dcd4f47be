"""The filters of action items, for the API, the pages and the CSV alike."""

from typing import Any

import django_filters as filters
from django import forms
from django.db.models import Q, QuerySet

from incidents.models import IncidentService
from incidents.states import Severity
from postmortems.models import ActionItem
from postmortems.states import OPEN_ITEMS, ItemKind, ItemState
from tenants.actors import Actor
from tenants.time import now

type Items = QuerySet[ActionItem]


class Ticked(filters.BooleanFilter):  # type: ignore[misc]
    """A box to tick: not ticked is no choice, so that a form in which nothing was chosen counts as unused."""

    field_class = forms.BooleanField


class ItemFilter(filters.FilterSet):  # type: ignore[misc]
    """Action items by words, state, kind, severity, team, service, owner and incident; only mine, only late ones."""

    q = filters.CharFilter(method="by_words", label="Words", max_length=100)
    mine = Ticked(method="by_mine", label="Only mine")
    late = Ticked(method="by_late", label="Only late ones")
    state = filters.MultipleChoiceFilter(choices=ItemState.choices, label="State", widget=forms.CheckboxSelectMultiple)
    kind = filters.ChoiceFilter(choices=ItemKind.choices, label="Kind", empty_label="Both")
    severity = filters.MultipleChoiceFilter(
        field_name="incident__severity", choices=Severity.choices, label="Severity", widget=forms.CheckboxSelectMultiple
    )
    team = filters.CharFilter(method="by_team", label="Team", max_length=40)
    service = filters.CharFilter(method="by_service", label="Service", max_length=40)
    owner = filters.CharFilter(field_name="owner__email", lookup_expr="iexact", label="Owner", max_length=254)
    incident = filters.CharFilter(field_name="incident__ref", lookup_expr="iexact", label="Incident", max_length=24)

    class Meta:
        model = ActionItem
        fields: tuple[str, ...] = ()

    def __init__(self, data: Any, *, queryset: Items, by: Actor) -> None:
        super().__init__(data, queryset=queryset)
        self.by = by

    def by_words(self, rows: Items, name: str, value: str) -> Items:
        """Those whose title, details or incident's title have the words."""
        for word in value.split()[:10]:
            found = Q(title__icontains=word) | Q(details__icontains=word) | Q(incident__title__icontains=word)
            rows = rows.filter(found | Q(incident__ref__iexact=word))
        return rows

    def by_mine(self, rows: Items, name: str, value: bool) -> Items:
        """The actor's own."""
        return rows.filter(owner_id=self.by.user_id) if value else rows

    def by_late(self, rows: Items, name: str, value: bool) -> Items:
        """Those that are past their time and still to be done."""
        return rows.filter(due_at__lt=now(), state__in=OPEN_ITEMS) if value else rows

    def by_team(self, rows: Items, name: str, value: str) -> Items:
        """Those of incidents that affect a service of this team, by its short name."""
        return rows.filter(incident__in=IncidentService.objects.filter(service__team__slug=value).values("incident"))

    def by_service(self, rows: Items, name: str, value: str) -> Items:
        """Those of incidents that affect this service, by its short name."""
        return rows.filter(incident__in=IncidentService.objects.filter(service__slug=value).values("incident"))
