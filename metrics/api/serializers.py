"""The shapes of this room's answers."""

from typing import Any

from rest_framework import serializers

from metrics.definitions import TIMES
from metrics.filters import BY
from postmortems.states import ItemKind


class Seconds(serializers.FloatField):
    """A span of time."""

    def to_representation(self, value: Any) -> Any:
        """In seconds."""
        return float(value.total_seconds())


class StatOut(serializers.Serializer[Any]):
    """One figure of some incidents, in seconds; null where none of them has it."""

    n = serializers.IntegerField(help_text="Of how many incidents it is known.")
    missing = serializers.IntegerField(help_text="Of how many it is not.")
    mean_seconds = serializers.FloatField(source="mean", allow_null=True)
    median_seconds = serializers.FloatField(source="median", allow_null=True)
    p90_seconds = serializers.FloatField(source="p90", allow_null=True)


class FiguresOut(serializers.Serializer[Any]):
    """The four times of incidents: to detect (mttd), to acknowledge (mtta), to mitigate (ttm), to resolve (mttr)."""

    def get_fields(self) -> dict[str, Any]:
        """One a figure."""
        return {one.key: StatOut(help_text=one.says) for one in TIMES}


class GroupOut(serializers.Serializer[Any]):
    """Some of the incidents."""

    key = serializers.CharField(help_text="A month (2026-11), a severity (SEV1), a slug, or - where none is named.")
    name = serializers.CharField(source="label")
    incidents = serializers.IntegerField()
    figures: Any = FiguresOut(source="stats")


class KeptOut(serializers.Serializer[Any]):
    """Clocks kept and broken."""

    n = serializers.IntegerField()
    kept = serializers.IntegerField()
    broken = serializers.IntegerField()
    share = serializers.FloatField(allow_null=True, help_text="Which share was kept, of one.")


class ClauseClocksOut(KeptOut):
    """Clocks of one clause."""

    clause = serializers.CharField()


class CalledOut(serializers.Serializer[Any]):
    """How often a person was called."""

    name = serializers.CharField()
    email = serializers.EmailField()
    pages = serializers.IntegerField(source="calls")
    at_night = serializers.IntegerField(source="nights", help_text="22:00 to 07:00 by the person's own zone.")


class AgesOut(serializers.Serializer[Any]):
    """Action items of one kind."""

    kind = serializers.ChoiceField(choices=ItemKind.choices)
    n = serializers.IntegerField()
    waiting = serializers.IntegerField()
    waiting_week = serializers.IntegerField(source="young", help_text="Filed within the last 7 days.")
    waiting_month = serializers.IntegerField(source="older", help_text="Filed 7 to 30 days ago.")
    waiting_longer = serializers.IntegerField(source="oldest")
    overdue = serializers.IntegerField()
    done = serializers.IntegerField()
    in_time_share = serializers.FloatField(source="share", allow_null=True, help_text="Of the done that had a due date, of one.")
    median_to_done_seconds = serializers.FloatField(source="to_do", allow_null=True)
    dropped = serializers.IntegerField()


class PeriodOut(serializers.Serializer[Any]):
    """The days that count, both included, on the organisation's calendar; and the instants at which the period begins and is over."""

    time_zone = serializers.CharField(source="zone.key")
    start = serializers.DateTimeField(help_text="The first instant that counts.")
    end = serializers.DateTimeField(help_text="The first that does not count any more.")

    def get_fields(self) -> dict[str, Any]:
        """`from` is no name that Python lets an attribute have."""
        days = {"from": serializers.DateField(source="first"), "to": serializers.DateField(source="last")}
        return days | super().get_fields()


class MetricsOut(serializers.Serializer[Any]):
    """How well we do."""

    period: Any = PeriodOut()
    by = serializers.ChoiceField(choices=list(BY))
    incidents = serializers.IntegerField()
    figures: Any = FiguresOut()
    groups = GroupOut(many=True)
    updates = KeptOut(help_text="The clocks of updates: the cadence.")
    clauses = ClauseClocksOut(many=True)
    pages = CalledOut(many=True)
    action_items = AgesOut(many=True)
    definitions = serializers.DictField(child=serializers.CharField())


class BudgetOut(serializers.Serializer[Any]):
    """A target, and the time that it leaves to be down."""

    target = serializers.FloatField(help_text="Percent of the time.")
    met = serializers.BooleanField(source="kept")
    budget_seconds = Seconds(source="allowed")
    burnt_seconds = Seconds(source="burnt")
    left_seconds = Seconds(source="left", help_text="Below zero where more was burnt than there was.")
    burnt_share = serializers.FloatField(source="share", help_text="Of one; above it where more was burnt than there was.")


class ComponentOut(serializers.Serializer[Any]):
    """How available a component was."""

    slug = serializers.CharField()
    name = serializers.CharField()
    sli = serializers.FloatField(allow_null=True, help_text="The share of the period in which it was available, of one.")
    down_seconds = Seconds(source="down")
    incidents = serializers.IntegerField(help_text="How many it was down because of.")
    down_when = serializers.ListField(child=serializers.CharField())
    slo = BudgetOut(allow_null=True)
    sla = BudgetOut(allow_null=True)


class AvailabilityOut(serializers.Serializer[Any]):
    """How available the components were, against what was aimed at and what was promised."""

    period: Any = PeriodOut()
    components = ComponentOut(many=True)
    definition = serializers.CharField()
    null = serializers.CharField(help_text="Why a figure is null.")
