"""Bodies and shapes of action items: shape only; rules are the actions'."""

from typing import Any

from rest_framework import serializers

from incidents.api.serializers import AllowedOut, PersonOut
from incidents.states import Severity
from ledger.api import StrictSerializer
from ledger.api_fields import Email, Text
from postmortems import item_queries
from postmortems.models import ActionItem
from postmortems.states import ItemKind, ItemState

_TICKET = "The address of its ticket elsewhere, https://…"


class ItemEmptyBody(StrictSerializer):
    """A verb that needs nothing."""


class ItemFileBody(StrictSerializer):
    """File what follows from an incident."""

    incident = Text(max_length=24, help_text="The reference of the incident.")
    title = Text()
    kind = serializers.ChoiceField(choices=ItemKind.choices, help_text="One of both, always (clause actions.tags).")
    owner = Email()
    details = Text(required=False, allow_blank=True)
    ticket_url = Text(required=False, allow_blank=True, help_text=_TICKET)
    due_on = serializers.DateField(
        required=False, allow_null=True, help_text="Earlier than the standard's limit; where it sets none, what is promised."
    )


class ItemFinishBody(StrictSerializer):
    """Say that an action item is done, and what came of it."""

    outcome = Text(required=False, allow_blank=True)


class ItemReasonBody(StrictSerializer):
    """A verb that needs a reason."""

    reason = Text()


class ItemChangeBody(StrictSerializer):
    """Say better what an action item is; what is left out stays. `due_on` is the process owner's, with a reason."""

    title = Text(required=False)
    kind = serializers.ChoiceField(choices=ItemKind.choices, required=False)
    owner = Email(required=False)
    details = Text(required=False, allow_blank=True)
    ticket_url = Text(required=False, allow_blank=True, help_text=_TICKET)
    due_on = serializers.DateField(required=False)
    reason = Text(required=False, allow_blank=True)


class ItemRemindBody(StrictSerializer):
    """Remind the owners of some action items, each in one message."""

    items = serializers.ListField(child=Text(max_length=40), max_length=50, help_text="References, such as INC-42-3.")


class ItemRow(serializers.Serializer[Any]):
    """An action item."""

    id = serializers.IntegerField()
    ref = serializers.CharField()
    incident = serializers.CharField(source="incident.ref")
    severity = serializers.SerializerMethodField()
    title = serializers.CharField()
    kind = serializers.ChoiceField(choices=ItemKind.choices)
    details = serializers.CharField(allow_blank=True)
    state = serializers.ChoiceField(choices=ItemState.choices)
    owner = PersonOut()
    ticket_url = serializers.CharField(allow_blank=True)
    filed_at = serializers.DateTimeField()
    filed_by = PersonOut(allow_null=True)
    due_at = serializers.DateTimeField(allow_null=True, help_text="The date in force: its owner is reminded of it.")
    judged_at = serializers.DateTimeField(
        allow_null=True, help_text="What it is judged by, and never moves: the standard's limit, else the first date promised."
    )
    late = serializers.SerializerMethodField()
    started_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(allow_null=True)
    ended_by = PersonOut(allow_null=True)
    outcome = serializers.CharField(allow_blank=True)
    reminded_at = serializers.DateTimeField(allow_null=True)

    def get_severity(self, item: ActionItem) -> str:
        """The incident's, such as "SEV1"."""
        return Severity(item.incident.severity).code

    def get_late(self, item: ActionItem) -> bool:
        """Whether it is past its time and still to be done."""
        return item_queries.is_late(item)


class ItemOut(ItemRow):
    """An action item, with what you may do."""

    allowed_actions = serializers.DictField(child=AllowedOut())


class RemindedOut(serializers.Serializer[Any]):
    """How many people were reminded, and how many items were left out: yours, ended ones, those of people reminded within a day."""

    reminded = serializers.IntegerField()
    left_out = serializers.IntegerField()


class SimilarItemOut(serializers.Serializer[Any]):
    """An action item of a past incident that is still to be done."""

    ref = serializers.CharField()
    title = serializers.CharField()
    kind = serializers.CharField()
    state = serializers.CharField()
    owner = PersonOut()
    due_at = serializers.DateTimeField(allow_null=True)


class SimilarOut(serializers.Serializer[Any]):
    """A past incident that is like this one."""

    ref = serializers.CharField(source="incident.ref")
    title = serializers.CharField(source="incident.title")
    severity = serializers.SerializerMethodField()
    resolved_at = serializers.DateTimeField(source="when", allow_null=True)
    alike = serializers.FloatField(help_text="From 0 to 1.")
    shared = serializers.ListField(child=serializers.CharField(), help_text="What both have, the most telling first.")
    items = serializers.SerializerMethodField(help_text="How many action items followed from it.")
    open_items = SimilarItemOut(many=True)

    def get_severity(self, found: Any) -> str:
        """Such as "SEV1"."""
        return Severity(found.incident.severity).code

    def get_items(self, found: Any) -> int:
        """How many."""
        return len(found.items)


class SimilarListOut(serializers.Serializer[Any]):
    """Past incidents like this one, most alike first."""

    results = SimilarOut(many=True)
