"""The filters of this room's lists, for the API and the pages alike."""

import django_filters as filters

from incidents.models import Alert, Incident, Signal
from incidents.states import AlertState, Severity, SignalState, State


class IncidentFilter(filters.FilterSet):  # type: ignore[misc]
    """Incidents by state, severity, service and when they were declared."""

    state = filters.MultipleChoiceFilter(choices=State.choices)
    severity = filters.MultipleChoiceFilter(choices=Severity.choices)
    service = filters.CharFilter(field_name="affected__service__slug", max_length=40)
    declared_after = filters.IsoDateTimeFilter(field_name="declared_at", lookup_expr="gte")
    declared_before = filters.IsoDateTimeFilter(field_name="declared_at", lookup_expr="lt")

    class Meta:
        model = Incident
        fields: tuple[str, ...] = ()


class AlertFilter(filters.FilterSet):  # type: ignore[misc]
    """Alerts by state and signal."""

    state = filters.ChoiceFilter(choices=AlertState.choices)
    signal = filters.NumberFilter(field_name="signal_id", max_value=2**63 - 1)

    class Meta:
        model = Alert
        fields: tuple[str, ...] = ()


class SignalFilter(filters.FilterSet):  # type: ignore[misc]
    """Signals by what was decided."""

    state = filters.MultipleChoiceFilter(choices=SignalState.choices)
    kind = filters.ChoiceFilter(choices=Signal.Kind.choices)

    class Meta:
        model = Signal
        fields: tuple[str, ...] = ()
