"""The API of the standard: versions, what differs between them, the draft. Parse, gate, action, respond."""

from collections.abc import Callable
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from ledger.api import CursorPages, MusterView, page_of
from ledger.exports import give
from standard import actions, gate, kept, reading, yaml_text
from standard.api import shapes
from standard.differences import differences
from standard.drafting import refused as refused_place
from standard.law import ordered
from standard.law_types import LawError
from standard.models import StandardDraft, StandardVersion
from standard.models.process import quarter_name
from standard.queries import in_force_id, last_published
from tenants.refusals import invalid

KEY = OpenApiParameter(
    "Idempotency-Key", str, OpenApiParameter.HEADER, description="Repeating a request with its key does nothing twice."
)
TO = OpenApiParameter("to", int, OpenApiParameter.QUERY, description="The version to compare with; without, the one before.")


def whole(version: StandardVersion) -> dict[str, Any]:
    """A version with its content."""
    row = reading.versions(StandardVersion.objects.filter(pk=version.pk), in_force_id())[0]
    return {**shapes.version_row(row), "content": ordered(version.content)}


class Standard(MusterView):
    """The standard in force."""

    @extend_schema(operation_id="standard", responses=shapes.StandardOut)
    def get(self, request: Request) -> Response:
        """The standard in force, with how well each clause that a clock measures was kept this quarter."""
        quarter = reading.running_quarter()
        measured = kept.in_quarter(quarter.start, quarter.end)
        found = whole(StandardVersion.objects.get(pk=in_force_id()))
        rows = {clause: shapes.kept_row(one) for clause, one in measured.items()}
        return Response({**found, "quarter": quarter_name(quarter.first_day), "kept": rows})


class Versions(MusterView):
    """Versions of the standard."""

    @extend_schema(operation_id="standard_versions", responses=page_of(shapes.StandardVersionOut))
    def get(self, request: Request) -> Response:
        """Every version, the newest first, withdrawn ones too."""
        pages = CursorPages()
        found = pages.paginate_queryset(StandardVersion.objects.order_by("-id"), request, view=self) or []
        rows = reading.versions(StandardVersion.objects.filter(pk__in=[one.pk for one in found]), in_force_id())
        return pages.get_paginated_response([shapes.version_row(row) for row in rows])


class OneVersion(MusterView):
    """One version."""

    @extend_schema(operation_id="standard_version", responses=shapes.WholeStandardVersionOut)
    def get(self, request: Request, version: int) -> Response:
        """A version with its content, as it was published."""
        return Response(whole(gate.version_for(self.actor, version)))


class Changes(MusterView):
    """What a version changed."""

    @extend_schema(operation_id="standard_changes", responses=page_of(shapes.StandardDifferenceOut), parameters=[TO])
    def get(self, request: Request, version: int) -> Response:
        """What this version says otherwise than the one before it, or than version `to`, place by place."""
        new = gate.version_for(self.actor, version)
        given = request.query_params.get("to", "")
        if given and not (given.isascii() and given.isdecimal() and len(given) < 10):
            raise invalid("to", "This is the number of a version.")
        old = gate.version_for(self.actor, int(given) if given else max(1, version - 1))
        rows = [shapes.difference_row(one) for one in differences(old.content, new.content)]
        return Response({"next": None, "previous": None, "results": rows})


class WithdrawVersion(MusterView):
    """Withdrawing a version."""

    @extend_schema(
        operation_id="standard_withdraw",
        request=shapes.WithdrawVersionBody,
        responses=shapes.WholeStandardVersionOut,
        parameters=[KEY],
    )
    def post(self, request: Request, version: int) -> Response:
        """Have a version that is published and not yet in force never come into force (process owner)."""
        return self.once(request, lambda: self._withdraw(request, version))

    def _withdraw(self, request: Request, number: int) -> Response:
        found = gate.version_for(self.actor, number)
        body = self.body(shapes.WithdrawVersionBody, request)
        actions.withdraw_version(found, by=self.actor, reason=body["reason"])
        return Response(whole(found))


class Yaml(BaseRenderer):
    """YAML as it is; a refusal stays JSON (portal/problems.py)."""

    charset, media_type, format = "utf-8", "application/yaml", "yaml"

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> Any:
        """The text."""
        return data if isinstance(data, str) else JSONRenderer().render(data)


class _YamlView(MusterView):
    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        """The address says which kind it is, whatever the client prefers."""
        return Yaml(), Yaml.media_type


class VersionYaml(_YamlView):
    """A version as YAML."""

    @extend_schema(operation_id="standard_version_yaml", responses={(200, "application/yaml"): OpenApiTypes.OBJECT})
    def get(self, request: Request, version: int) -> Response:
        """A version's content as YAML."""
        found = gate.version_for(self.actor, version)
        return Response(give(yaml_text.write(found.content), f"standard-{found.number}.yaml", by=self.actor, about=found))


class DraftYaml(_YamlView):
    """The draft as YAML."""

    @extend_schema(operation_id="standard_draft_yaml", responses={(200, "application/yaml"): OpenApiTypes.OBJECT})
    def get(self, request: Request) -> Response:
        """The draft's content as YAML; `PUT standard/draft/` takes it back as `yaml`."""
        found = gate.open_draft(self.actor)
        return Response(give(yaml_text.write(found.content), f"standard-draft-{found.revision}.yaml", by=self.actor, about=found))


class Draft(MusterView):
    """The draft of the next version."""

    def shown(self, draft: StandardDraft) -> Response:
        """The draft, with what it would change."""
        fresh = StandardDraft.objects.select_related("base", "started_by", "changed_by").get(pk=draft.pk)
        return Response(shapes.draft_row(fresh, differences(last_published().content, fresh.content)))

    @extend_schema(operation_id="standard_draft", responses=shapes.StandardDraftOut)
    def get(self, request: Request) -> Response:
        """The open draft, and what it says otherwise than the version that it would follow. 404 where there is none."""
        return self.shown(gate.open_draft(self.actor))

    @extend_schema(
        operation_id="standard_draft_start",
        request=shapes.StartDraftBody,
        responses={201: shapes.StandardDraftOut},
        parameters=[KEY],
    )
    def post(self, request: Request) -> Response:
        """Start a draft from the newest version, or from `base` (process owner)."""
        return self.once(request, lambda: self._start(request))

    def _start(self, request: Request) -> Response:
        body = self.body(shapes.StartDraftBody, request)
        base = gate.version_for(self.actor, body["base"]) if "base" in body else None
        made = self.shown(actions.start_draft(by=self.actor, base=base))
        made.status_code = 201
        return made

    @extend_schema(
        operation_id="standard_draft_put", request=shapes.StandardDraftBody, responses=shapes.StandardDraftOut, parameters=[KEY]
    )
    def put(self, request: Request) -> Response:
        """Have the draft say this, the whole of it (process owner). 409 with `current` where somebody changed it since `revision`."""
        return self.once(request, lambda: self._put(request))

    def _put(self, request: Request) -> Response:
        draft = gate.open_draft(self.actor)
        body = self.body(shapes.StandardDraftBody, request)
        if ("content" in body) is ("yaml" in body):
            raise invalid("content", "Send either content or yaml.")
        content = body["content"] if "content" in body else read_yaml(body["yaml"])
        return self.shown(actions.change_draft(draft, content, by=self.actor, revision=body["revision"]))


def read_yaml(text: str) -> dict[str, Any]:
    """A body's YAML. Refuses (422) what is none."""
    try:
        return yaml_text.read(text)
    except LawError as error:
        raise refused_place(error) from error


class _OfTheDraft(Draft):
    """A verb of the draft, at an address of its own."""

    http_method_names = ["post", "options"]

    def done(self, request: Request, shape: type[Any], act: Callable[[StandardDraft, dict[str, Any]], Response]) -> Response:
        """Do it once."""

        def perform() -> Response:
            draft = self.found()
            return act(draft, self.body(shape, request))

        return self.once(request, perform)

    def found(self) -> StandardDraft:
        """The draft that is meant."""
        return gate.open_draft(self.actor)


class DiscardDraft(_OfTheDraft):
    """Giving the draft up."""

    @extend_schema(
        operation_id="standard_draft_discard",
        request=shapes.DiscardDraftBody,
        responses=shapes.StandardDraftOut,
        parameters=[KEY],
    )
    def post(self, request: Request) -> Response:
        """Discard the draft; `restore/` takes it up again until another is started."""

        def act(draft: StandardDraft, body: dict[str, Any]) -> Response:
            gone = actions.discard_draft(draft, by=self.actor, revision=body["revision"], reason=body.get("reason", ""))
            return self.shown(gone)

        return self.done(request, shapes.DiscardDraftBody, act)


class RestoreDraft(_OfTheDraft):
    """Taking it up again."""

    def found(self) -> StandardDraft:
        """The one that was worked on last."""
        return gate.last_draft(self.actor)

    @extend_schema(
        operation_id="standard_draft_restore", request=shapes.NoBody, responses=shapes.StandardDraftOut, parameters=[KEY]
    )
    def post(self, request: Request) -> Response:
        """Take up again the draft that was discarded last."""
        return self.done(request, shapes.NoBody, lambda draft, _: self.shown(actions.restore_draft(draft, by=self.actor)))


class PublishDraft(_OfTheDraft):
    """Publishing it."""

    @extend_schema(
        operation_id="standard_draft_publish",
        request=shapes.PublishStandardBody,
        responses={201: shapes.WholeStandardVersionOut},
        parameters=[KEY],
    )
    def post(self, request: Request) -> Response:
        """Publish the draft: in force from now, or from `effective_at`. Running incidents keep their version (people.process-owner)."""

        def act(draft: StandardDraft, body: dict[str, Any]) -> Response:
            made = actions.publish_draft(
                draft, by=self.actor, revision=body["revision"], summary=body["summary"], effective_at=body.get("effective_at")
            )
            return Response(whole(made), status=201)

        return self.done(request, shapes.PublishStandardBody, act)
