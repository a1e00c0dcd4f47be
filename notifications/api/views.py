"""The API of one's contact methods: parse, gate, action, respond. Where a method leads is written, and never read back."""

from collections.abc import Callable
from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from ledger.api import MusterView, StrictSerializer, page_of
from notifications import contacts, gate, kinds, queries
from notifications.models import ContactMethod

KEY = OpenApiParameter(
    "Idempotency-Key", str, OpenApiParameter.HEADER, description="Repeating a request with its key does nothing twice."
)


class Text(serializers.CharField):
    """Printable text: a number is none, nor is what turns a line's direction around."""

    def to_internal_value(self, data: Any) -> str:
        """The text."""
        if not isinstance(data, str) or not data.isprintable():
            self.fail("invalid")
        return super().to_internal_value(data)


class NoBody(StrictSerializer):
    """A verb that needs nothing."""


class AddBody(StrictSerializer):
    """A new way to be reached."""

    kind = serializers.ChoiceField(choices=ContactMethod.Kind.choices)
    address = Text(max_length=kinds.LONGEST, help_text="An address, a number, a messenger's URL, or a push subscription's JSON.")
    label: Any = Text(max_length=60, required=False, allow_blank=True)
    quiet = serializers.ChoiceField(choices=ContactMethod.Quiet.choices, required=False)


class CodeBody(StrictSerializer):
    """The code that came through the method."""

    code = Text(max_length=20)


class QuietBody(StrictSerializer):
    """When it brings what can wait."""

    quiet = serializers.ChoiceField(choices=ContactMethod.Quiet.choices)


class _Id(serializers.IntegerField):
    """An id; whose it is, the action says. A truth is no number."""

    def to_internal_value(self, data: Any) -> int:
        """The id."""
        if isinstance(data, bool):
            self.fail("invalid")
        return super().to_internal_value(data)


class ArrangeBody(StrictSerializer):
    """Every id of one's methods, in the order in which they are to be tried."""

    order = serializers.ListField(child=_Id(min_value=1, max_value=2**63 - 1), max_length=50)


class TestOut(serializers.Serializer[Any]):
    """What became of the last test."""

    at = serializers.DateTimeField()
    outcome = serializers.CharField()
    detail = serializers.CharField(allow_blank=True)


class ContactOut(serializers.Serializer[Any]):
    """A contact method, as far as it may be shown."""

    id = serializers.IntegerField(source="pk")
    kind = serializers.ChoiceField(choices=ContactMethod.Kind.choices)
    label: Any = serializers.CharField()
    masked = serializers.CharField()
    position = serializers.IntegerField()
    quiet = serializers.ChoiceField(choices=ContactMethod.Quiet.choices)
    verified_at = serializers.DateTimeField(allow_null=True)
    last_test = serializers.SerializerMethodField()

    @extend_schema_field(TestOut(allow_null=True))
    def get_last_test(self, method: ContactMethod) -> Any:
        """Its last test, where there was one."""
        return self.context["tests"].get(method.pk)


CONTACTS = page_of(ContactOut)


class _View(MusterView):
    def _out(self, method: ContactMethod) -> dict[str, Any]:
        tests = queries.last_tests(self.actor.person_id)
        shown: dict[str, Any] = ContactOut(gate.method_for(self.actor, method.pk), context={"tests": tests}).data
        return shown

    def _list(self) -> Response:
        found = ContactOut(
            queries.of_person(self.actor.person_id),
            many=True,
            context={"tests": queries.last_tests(self.actor.person_id)},
        )
        return Response({"next": None, "previous": None, "results": found.data})

    def _on(self, request: Request, method_id: int, act: Callable[[ContactMethod], object]) -> Response:
        def perform() -> Response:
            method = gate.method_for(self.actor, method_id)
            act(method)
            return Response(self._out(method))

        return self.once(request, perform)


class Methods(_View):
    """My contact methods."""

    @extend_schema(operation_id="contact_methods_list", responses=CONTACTS)
    def get(self, request: Request) -> Response:
        """My contact methods, in the order in which they are tried; the account's e-mail comes after them."""
        return self._list()

    @extend_schema(operation_id="contact_method_add", request=AddBody, responses={201: ContactOut}, parameters=[KEY])
    def post(self, request: Request) -> Response:
        """Add one: a code is sent through it, and it is used once that was entered."""

        def perform() -> Response:
            body = self.body(AddBody, request)
            return Response(self._out(contacts.add(by=self.actor, **body)), status=201)

        return self.once(request, perform)


class Arrange(_View):
    """Their order."""

    @extend_schema(operation_id="contact_methods_arrange", request=ArrangeBody, responses=CONTACTS, parameters=[KEY])
    def post(self, request: Request) -> Response:
        """Put them into the order in which they are to be tried."""

        def perform() -> Response:
            contacts.arrange(self.body(ArrangeBody, request)["order"], by=self.actor)
            return self._list()

        return self.once(request, perform)


class Test(_View):
    """The test."""

    @extend_schema(operation_id="contact_methods_test", request=NoBody, responses=CONTACTS, parameters=[KEY])
    def post(self, request: Request) -> Response:
        """Send a message through each verified one, and to the account's e-mail; `last_test` says what became of it."""

        def perform() -> Response:
            self.body(NoBody, request)
            contacts.test(by=self.actor)
            return self._list()

        return self.once(request, perform)


class Verify(_View):
    """Proving one."""

    @extend_schema(operation_id="contact_method_verify", request=CodeBody, responses=ContactOut, parameters=[KEY])
    def post(self, request: Request, method_id: int) -> Response:
        """Enter the code that came through it."""
        return self._on(request, method_id, lambda method: contacts.verify(method, by=self.actor, **self.body(CodeBody, request)))


class Code(_View):
    """Another code."""

    @extend_schema(operation_id="contact_method_code", request=NoBody, responses=ContactOut, parameters=[KEY])
    def post(self, request: Request, method_id: int) -> Response:
        """Have another code sent through it; those before it are good no more."""

        def act(method: ContactMethod) -> None:
            self.body(NoBody, request)
            contacts.ask_code(method, by=self.actor)

        return self._on(request, method_id, act)


class Quiet(_View):
    """When it is quiet."""

    @extend_schema(operation_id="contact_method_quiet", request=QuietBody, responses=ContactOut, parameters=[KEY])
    def post(self, request: Request, method_id: int) -> Response:
        """Say when it brings what can wait; pages of high urgency come at any time."""
        return self._on(
            request, method_id, lambda method: contacts.set_quiet(method, by=self.actor, **self.body(QuietBody, request))
        )


class Remove(_View):
    """Removing one."""

    @extend_schema(operation_id="contact_method_remove", request=NoBody, responses=CONTACTS, parameters=[KEY])
    def post(self, request: Request, method_id: int) -> Response:
        """Be reached by it no more; where it led is forgotten."""

        def perform() -> Response:
            method = gate.method_for(self.actor, method_id)
            self.body(NoBody, request)
            contacts.remove(method, by=self.actor)
            return self._list()

        return self.once(request, perform)
