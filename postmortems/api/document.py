"""The API of the document: parse, gate, action, respond."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from incidents.api.serializers import ReasonOut
from incidents.api.views import KEY, ListView
from ledger.api import MusterView, page_of
from postmortems import discussed, gate, history, links, outdated, queries, reading
from postmortems.actions.writing import edit_section
from postmortems.api import bodies as b
from postmortems.api import serializers as s
from postmortems.content import content, sections
from postmortems.document_filters import PostmortemFilter
from postmortems.door import Door
from postmortems.doors import DOORS
from postmortems.models import Comment, PostMortem, Publication, ReviewRequest, Section
from postmortems.standing import Standing
from tenants.actors import Actor
from tenants.refusals import Reason


def postmortem_out(postmortem: PostMortem, by: Actor) -> dict[str, Any]:
    """A post-mortem as the API shows it to this actor."""
    standing = Standing(postmortem)
    readers = reading.readers(postmortem)
    document = {**queries.row(standing), **content(postmortem, standing.material)}
    lacks = {chapter.key: chapter.lacks for chapter in standing.chapters}
    anew = outdated.fresh(postmortem, document) if postmortem.is_draft else {}
    for section in document["sections"]:
        section["lacks"] = ReasonOut(lacks.get(section["key"], []), many=True).data
        section["outdated"] = anew.get(section["key"])
        section["unknown_links"] = links.unknown(section["text"], document["linked"])
    document |= {
        "revision": postmortem.revision,
        "reason": postmortem.reason,
        "writers": standing.writers,
        "comments": [_comment(one) for one in reading.comments(postmortem)],
        "readers": [_reader(one) for one in readers],
        "publications": _publications(postmortem),
    }
    out: dict[str, Any] = dict(s.PostmortemOut(document | {"allowed_actions": {}}).data)
    for section, whole in zip(out["sections"], document["sections"], strict=True):
        section["lacks"] = whole["lacks"]
    out["allowed_actions"] = {name: _allowed(reasons) for name, reasons in reading.why_not(standing, by, readers).items()}
    return out


def _allowed(reasons: list[Reason]) -> dict[str, Any]:
    return {"allowed": not reasons, "why_not": [_reason(reason) for reason in reasons]}


def _reason(reason: Reason) -> dict[str, Any]:
    told: dict[str, Any] = {"code": reason.code, "sentence": reason.sentence}
    return told | {name: value for name in ("clause", "field") if (value := getattr(reason, name))}


def _comment(comment: Comment) -> dict[str, Any]:
    plain = {name: getattr(comment, name) for name in ("id", "section", "text", "written_at", "settled_at")}
    settled = comment.settled_by.name if comment.settled_by else ""
    return {**plain, "author": comment.author.name, "settled_by": settled}


def _reader(request: ReviewRequest) -> dict[str, Any]:
    plain = {name: getattr(request, name) for name in ("asked_at", "verdict", "text", "answered_at")}
    person = {"name": request.reader.name, "email": request.reader.email}
    return {**plain, "person": person, "asked_by": request.asked_by.name if request.asked_by else ""}


def _publications(postmortem: PostMortem) -> list[dict[str, Any]]:
    found = reading.publications(postmortem)
    placed = discussed.each(postmortem, found)
    return [_published(one, placed[one.number]) for one in found]


def _published(publication: Publication, placed: discussed.Order) -> dict[str, Any]:
    plain = {name: getattr(publication, name) for name in ("number", "published_at", "reason")}
    plain |= {"after_review": placed.after_review, "review_at": placed.review_at}
    return {**plain, "published_by": publication.published_by.name if publication.published_by else ""}


class Postmortems(ListView):
    """Post-mortems."""

    filterset = PostmortemFilter
    serializer = s.PostmortemRow

    def rows(self) -> QuerySet[PostMortem]:
        """Those that the caller may read."""
        return queries.postmortems(self.actor)

    @extend_schema(operation_id="postmortems_list", responses=page_of(s.PostmortemRow))
    def get(self, request: Request) -> Response:
        """List post-mortems, newest first: drafts with when they are due, and what is published."""
        return self.listing(request)

    def shown(self, found: list[PostMortem]) -> Any:
        """Rows with their clocks and how much of each is there."""
        return s.PostmortemRow(queries.rows(found), many=True).data


class OnePostmortem(MusterView):
    """The post-mortem of one incident."""

    @extend_schema(operation_id="postmortem", responses=s.PostmortemOut)
    def get(self, request: Request, ref: str) -> Response:
        """The post-mortem as it stands, with what you may do (`allowed_actions`)."""
        return Response(postmortem_out(gate.postmortem_for(self.actor, ref), self.actor))


class PostmortemSection(MusterView):
    """One section."""

    @extend_schema(operation_id="postmortem_section", responses=s.SectionHistoryOut)
    def get(self, request: Request, ref: str, section: str) -> Response:
        """A section with each of its versions, the newest first."""
        found = gate.section_for(gate.postmortem_for(self.actor, ref), section)
        return Response(_section_out(found))

    @extend_schema(
        operation_id="postmortem_section_save", request=b.SectionBody, responses=s.SavedOut, description=b.SectionBody.__doc__
    )
    def post(self, request: Request, ref: str, section: str) -> Response:
        """Save it."""
        postmortem = gate.postmortem_for(self.actor, ref)
        body = self.body(b.SectionBody, request)
        key = gate.section_for(postmortem, section).key  # one that is not there is not found, whatever could be done to it
        saved = edit_section(postmortem, key, by=self.actor, text=body["text"], version=body["version"])
        return Response(s.SavedOut(history.versions(saved)[0]).data)


def _section_out(section: Section) -> dict[str, Any]:
    (row,) = sections(section.postmortem, [section])
    return dict(s.SectionHistoryOut({**row, "versions": history.versions(section)}).data)


class Publications(MusterView):
    """What was published of a post-mortem."""

    @extend_schema(operation_id="postmortem_publication", responses=s.PublicationOut)
    def get(self, request: Request, ref: str, number: int) -> Response:
        """A published version, word for word."""
        found = gate.publication_for(self.actor, ref, number)
        return Response(s.PublicationOut({**_published(found, discussed.of(found)), "content": found.content}).data)


class LatestPublication(MusterView):
    """The newest published version."""

    @extend_schema(operation_id="postmortem_published", responses=s.PublicationOut)
    def get(self, request: Request, ref: str) -> Response:
        """The newest published version, word for word."""
        found = gate.publication_for(self.actor, ref)
        return Response(s.PublicationOut({**_published(found, discussed.of(found)), "content": found.content}).data)


class DocumentVerb(MusterView):
    """One verb of a post-mortem. `verb_view()` makes one for each row of the table of doors."""

    door: Door

    def perform(self, request: Request, ref: str) -> Response:
        """Parse, gate, action, respond."""
        postmortem = gate.postmortem_for(self.actor, ref)
        body = self.body(self.door.body, request)
        self.door.act(postmortem, self.actor, body)
        return Response(postmortem_out(gate.postmortem_for(self.actor, ref), self.actor))


def verb_view(door: Door) -> Any:
    """The API view of one verb, documented by its body."""
    operation = f"postmortem_{door.name}".replace("-", "_")

    @extend_schema(
        operation_id=operation, request=door.body, responses=s.PostmortemOut, parameters=[KEY], description=door.body.__doc__
    )
    def post(self: DocumentVerb, request: Request, ref: str) -> Response:
        return self.once(request, lambda: self.perform(request, ref))

    parts: dict[str, Any] = {"door": door, "post": post, "__doc__": door.body.__doc__}
    made: Any = type(f"Postmortem{door.name.title().replace('-', '')}", (DocumentVerb,), parts)
    return made.as_view()


VERB_VIEWS = {name: verb_view(door) for name, door in DOORS.items()}
