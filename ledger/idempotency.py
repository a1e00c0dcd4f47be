"""Asking twice does once: a request with a key is answered the second time as it was the first.

The key's row is written in the verb's own transaction. Two at once wait for each other on its unique index; a refusal rolls
it back, so refusals are not remembered.
"""

import hashlib
from collections.abc import Callable

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.db import connection
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.datastructures import MultiValueDict

from ledger.models import RememberedAnswer
from tenants.actors import Actor
from tenants.refusals import NotFound, Reason, Refused, invalid
from tenants.scope import current
from tenants.time import now

KEY_MAX = 200
DONE = "Done, and in the record."


def digest(request: HttpRequest, body: bytes) -> str:
    """What makes two requests the same: method, path and body."""
    return hashlib.sha256(b"\n".join([str(request.method).encode(), request.path.encode(), body])).hexdigest()


def fingerprints(files: "MultiValueDict[str, UploadedFile[bytes]]") -> dict[str, list[str]]:
    """What makes two uploads the same: each file's name and the SHA-256 of its bytes, by the field that it came in."""
    found: dict[str, list[str]] = {}
    for name, uploads in files.lists():
        for upload in uploads:
            digest = hashlib.sha256()
            for chunk in upload.chunks():
                digest.update(chunk)
            upload.seek(0)
            found.setdefault(name, []).append(f"{digest.hexdigest()} {upload.name}")
    return found


def remembered(key: str, fingerprint: str, by: Actor) -> RememberedAnswer | None:
    """Take the key for this request, or return what it was answered before.

    Raises Refused (422) where the key was used for another request, and NotFound where they may not see any more what it did.
    """
    if len(key) > KEY_MAX or not key.isprintable():
        raise invalid("Idempotency-Key", f"An idempotency key has at most {KEY_MAX} printable characters.")
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO ledger_rememberedanswer (organisation_id, actor_id, key, digest, location, created_at) "
            "VALUES (muster.organisation(), %s, %s, %s, '', %s) ON CONFLICT DO NOTHING",
            [by.user_id or 0, key, fingerprint, now()],
        )
        if cursor.rowcount:
            return None
    answer = RememberedAnswer.objects.filter(actor_id=by.user_id or 0, key=key).first()
    if answer is None:  # what it told of is hidden from them by now (clause breach.need-to-know)
        raise NotFound()
    if answer.digest != fingerprint:
        raise Refused(
            Reason("key_reused", "This idempotency key was used for another request.", field="Idempotency-Key", status=422)
        )
    return answer


def remember(key: str, by: Actor, *, status: int, body: object = None, location: str = "") -> None:
    """Keep what the request was answered, with the event that it tells of: who sees that no more is not told again.

    A request that left no event changed nothing, so nothing is done twice if it is answered anew; and an answer that belongs to
    no event could not be hidden later, so none is kept (clause breach.need-to-know).
    """
    opened = current()
    kept = RememberedAnswer.objects.filter(actor_id=by.user_id or 0, key=key)
    if opened is None or opened.event_id is None:
        kept.delete()
    else:
        kept.update(status=status, body=body, location=location, event_id=opened.event_id)


def once_on_the_web(request: HttpRequest, by: Actor, perform: Callable[[], HttpResponse]) -> HttpResponse:
    """Perform a form's verb once: sending the same form again leads where the first sending led.

    A page's forms share one key, and a browser without scripts sends it again after "back" and a change: so what counts is the
    key together with the address and everything that was typed.
    """
    typed = sorted(
        (name, values) for name, values in request.POST.lists() if name not in ("csrfmiddlewaretoken", "idempotency_key")
    )
    typed += sorted(fingerprints(request.FILES).items())
    given = str(request.POST.get("idempotency_key", ""))
    if not given:
        return perform()
    fingerprint = hashlib.sha256(repr([request.path, given, typed]).encode()).hexdigest()
    key = f"form-{fingerprint}"
    answer = remembered(key, fingerprint, by)
    if answer is not None:
        return HttpResponseRedirect(answer.location)
    response = perform()
    if response.status_code < 400:
        remember(key, by, status=response.status_code, location=str(response.get("Location", "")))
        messages.success(request, DONE, extra_tags=f"accepted-{given}")
    return response
