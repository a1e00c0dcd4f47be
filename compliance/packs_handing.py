"""Handing a pack out: put on record first, then sent part by part, never whole in memory (clause evidence.export)."""

from collections.abc import Iterator

from django.http import StreamingHttpResponse
from django.utils.http import content_disposition_header

from compliance.actions.packs import hand_out
from compliance.models import EvidencePack, PackPart
from compliance.packs_gate import custody_kept_from, hidden_since, is_legal
from compliance.packs_rules import why_not_hand_out
from tenants.actors import Actor, Role
from tenants.refusals import check
from tenants.scope import scope


class Parts(StreamingHttpResponse):
    """A pack's file. Each part is read in a scope of its own: the request's is closed, and what it recorded committed, by then."""

    opens_its_own_scope = True


def handed_out(pack: EvidencePack, by: Actor) -> Parts:
    """The answer to a download. An auditor's reading was recorded before their request was looked at; everybody else's is here."""
    if by.has(Role.AUDITOR):
        check(why_not_hand_out(pack, by, is_legal(by), hidden_since(pack), custody_kept_from(pack, by)))
    else:
        hand_out(pack, by=by)
    response = Parts(_parts(pack.pk, by), content_type="application/zip")
    response["Content-Length"] = str(pack.size)
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=pack.file_name) or "attachment"
    response["X-Content-Type-Options"] = "nosniff"
    response["Content-Security-Policy"] = "default-src 'none'; frame-ancestors 'none'; sandbox"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    response["Cache-Control"] = "private, no-store"
    response["X-SHA-256"] = pack.sha256
    return response


def _parts(pack_id: int, by: Actor) -> Iterator[bytes]:
    """The parts in their order. Who may not see the incident any more, or whose engagement is over, gets no further one."""
    number = 0
    while True:
        with scope(by.organisation_id, surface=by.via, user_id=by.user_id, auditing=by.has(Role.AUDITOR)):
            part = PackPart.objects.filter(pack_id=pack_id, number=number).first()
        if part is None:
            return
        yield bytes(part.body)
        number += 1
