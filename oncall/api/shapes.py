"""What the API shows of schedules."""

from typing import Any

from rest_framework import serializers

from oncall.api.bodies import DUTIES, WallTime
from oncall.boards import Everywhere, Gap, LaidLayer, Now
from oncall.models import Layer, Override, Swap


class EdgeOut(serializers.Serializer[Any]):
    """A date on which a layer's handover is skipped or comes twice, and what happens then."""

    wall = serializers.DateTimeField(format="%Y-%m-%dT%H:%M:%S", help_text="The wall time, without an offset.")
    reading = serializers.ChoiceField(choices=["skipped", "twice"])
    handover_at = serializers.DateTimeField(source="first", help_text="When the handover is: at the jump; at the first of two.")
    sentence = serializers.CharField()


class LayerOut(serializers.Serializer[Any]):
    """A layer as it holds now."""

    number = serializers.IntegerField(source="row.number")
    row = serializers.IntegerField(
        source="row.pk", help_text="Another after each change: sent along with one, it is refused where somebody else made one."
    )
    name = serializers.CharField(source="row.name", allow_blank=True)
    duty = serializers.ChoiceField(source="row.duty", choices=DUTIES)
    people = serializers.SerializerMethodField()
    every = serializers.IntegerField(source="row.every")
    unit = serializers.ChoiceField(source="row.unit", choices=Layer.Unit.values)
    starts_on = serializers.DateField(source="row.starts_on")
    handover_at = WallTime(source="row.handover_at")
    opens_at = WallTime(source="row.opens_at", allow_null=True)
    closes_at = WallTime(source="row.closes_at", allow_null=True)
    weekdays: Any = serializers.ListField(source="row.weekdays", child=serializers.IntegerField())
    time_zone = serializers.CharField(source="row.time_zone")
    priority = serializers.IntegerField(source="row.priority")
    since = serializers.DateTimeField(source="row.since")
    edges = EdgeOut(many=True)

    def get_people(self, layer: LaidLayer) -> list[str]:
        """E-mail addresses, in the order of their turns."""
        return [person.email for person in layer.people]


class ScheduleOut(serializers.Serializer[Any]):
    """A schedule with its layers."""

    slug = serializers.CharField()
    name = serializers.CharField()
    team = serializers.SerializerMethodField()
    time_zone = serializers.CharField()
    is_active = serializers.BooleanField()
    layers = LayerOut(many=True, source="laid")

    def get_team(self, schedule: Any) -> str | None:
        """The team's short name; null for the organisation's own."""
        return schedule.team.slug if schedule.team else None


class OnCallOut(serializers.Serializer[Any]):
    """Who holds a duty now. Without a person nobody does. Of a team without a schedule it is its fixed order, as pages call it."""

    schedule = serializers.SerializerMethodField()
    team = serializers.SerializerMethodField()
    services = serializers.SerializerMethodField()
    manager = serializers.SerializerMethodField()
    manager_gone = serializers.SerializerMethodField()
    duty = serializers.ChoiceField(choices=DUTIES)
    person = serializers.SerializerMethodField()
    name = serializers.SerializerMethodField()
    until = serializers.DateTimeField(allow_null=True, help_text="Null: for longer than 31 days.")
    override = serializers.IntegerField(allow_null=True)
    gone = serializers.CharField(allow_blank=True, help_text='Why the person cannot be on call any more, such as "has left".')
    pages_go_to = serializers.EmailField(
        source="instead.email",
        default=None,
        allow_null=True,
        help_text="While nobody of the schedule can answer: who is paged by the team's fixed order.",
    )

    def get_schedule(self, now: Now) -> str | None:
        """The schedule's short name; null: the team's fixed order."""
        return now.schedule.slug if now.schedule else None

    def get_team(self, now: Now) -> str | None:
        """The team's short name."""
        return now.team.slug if now.team else None

    def get_services(self, now: Now) -> list[str]:
        """The short names of what the team answers for."""
        return [service.slug for service in now.team.services.all()] if now.team else []

    def get_manager(self, now: Now) -> str | None:
        """The e-mail address of the team's Engineering Manager, who is called last."""
        return now.team.manager.email if now.team and now.team.manager else None

    def get_manager_gone(self, now: Now) -> str:
        """Why the manager is not called; empty where they are."""
        found: Everywhere = self.context["everywhere"]
        return found.lead_gone(now.team) if now.team else ""

    def get_person(self, now: Now) -> str | None:
        """Their e-mail address."""
        return now.person.email if now.person else None

    def get_name(self, now: Now) -> str | None:
        """Their name."""
        return now.person.name if now.person else None


class SpanOut(serializers.Serializer[Any]):
    """Who holds a duty for a while. Without a person nobody does."""

    duty = serializers.ChoiceField(choices=DUTIES)
    start = serializers.DateTimeField()
    end = serializers.DateTimeField()
    person = serializers.CharField(allow_null=True)
    name = serializers.CharField(allow_null=True)
    layer = serializers.IntegerField(allow_null=True)
    override = serializers.IntegerField(allow_null=True)


class GapOut(serializers.Serializer[Any]):
    """A stretch in which nobody holds a duty."""

    duty = serializers.ChoiceField(choices=DUTIES)
    start = serializers.DateTimeField()
    end = serializers.DateTimeField()
    schedule = serializers.SerializerMethodField()

    def get_schedule(self, gap: Gap) -> str:
        """The schedule's short name."""
        return gap.schedule.slug


class LoadOut(serializers.Serializer[Any]):
    """What somebody carried in the last 30 days."""

    person = serializers.CharField()
    name = serializers.CharField()
    primary_hours = serializers.FloatField()
    secondary_hours = serializers.FloatField()
    shadow_hours = serializers.FloatField()
    nights = serializers.IntegerField(help_text="Nights whose three in the morning they were primary or secondary at.")


class OverrideOut(serializers.Serializer[Any]):
    """An override."""

    id = serializers.IntegerField()
    schedule = serializers.CharField(source="schedule.slug")
    duty = serializers.ChoiceField(choices=DUTIES)
    start = serializers.DateTimeField(source="starts_at")
    end = serializers.DateTimeField(source="ends_at")
    person = serializers.CharField(source="user.email")
    replaced = serializers.SerializerMethodField()
    reason = serializers.CharField(allow_blank=True)
    swap = serializers.IntegerField(source="swap_id", allow_null=True)
    cancelled_at = serializers.DateTimeField(allow_null=True)

    def get_replaced(self, override: Override) -> str | None:
        """In whose place; null: in anybody's."""
        return override.replaced.email if override.replaced else None


class SwapOut(serializers.Serializer[Any]):
    """A swap."""

    id = serializers.IntegerField()
    schedule = serializers.CharField(source="schedule.slug")
    duty = serializers.ChoiceField(choices=DUTIES)
    offered_by = serializers.CharField(source="offered_by.email")
    offered_to = serializers.SerializerMethodField()
    start = serializers.DateTimeField(source="starts_at")
    end = serializers.DateTimeField(source="ends_at")
    return_start = serializers.DateTimeField(source="return_starts_at", allow_null=True)
    return_end = serializers.DateTimeField(source="return_ends_at", allow_null=True)
    reason = serializers.CharField(allow_blank=True)
    state = serializers.ChoiceField(choices=Swap.State.values)

    def get_offered_to(self, swap: Swap) -> str | None:
        """Whom; null: everybody of the schedule."""
        return swap.offered_to.email if swap.offered_to else None


class ImportedOut(serializers.Serializer[Any]):
    """What an import came to."""

    made = serializers.IntegerField()
    kept = serializers.IntegerField(help_text="As imported before.")
    taken_back = serializers.IntegerField(help_text="Imported before, and not in the file any more.")
    passed_over = serializers.IntegerField(help_text="Events of another duty.")


class LinkOut(serializers.Serializer[Any]):
    """A calendar link. `url` is there once, when it is made."""

    id = serializers.IntegerField()
    schedule = serializers.SerializerMethodField()
    made_at = serializers.DateTimeField()
    revoked_at = serializers.DateTimeField(allow_null=True)
    url = serializers.CharField(required=False)

    def get_schedule(self, link: Any) -> str | None:
        """The schedule's short name; null: my shifts."""
        return link.schedule.slug if link.schedule else None
