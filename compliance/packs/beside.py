"""What stands in a pack beside the records: files, raw requests, post-mortems, the log of pages, conformance. Each is made from the record."""

import base64
import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.db import connection
from django.db.models import Max, Min
from django.template.loader import render_to_string

from compliance.access import export
from compliance.conformance import packed
from compliance.holds_showing import who
from compliance.models import CustodianFile, CustodianTask
from incidents.models import Alert, Attachment, Inbound, Incident, Signal
from postmortems import as_markdown, paper
from postmortems.models import Publication

AROUND = timedelta(seconds=5)  # a signal opens, and its alerts are seen, within moments of the request that says so


def file(attachment_id: int, folder: Path) -> None:
    """A file that was filed, by the hash of its bytes."""
    found = Attachment.objects.filter(pk=attachment_id).first()
    if found is not None:
        _write(folder / "data/attachments" / found.sha256, bytes(found.body))


def custodian_file(file_id: int, folder: Path) -> None:
    """A file that a custodian attached, by the hash of its bytes. (What an erasure took away meanwhile is not written: such a pack is made anew.)"""
    found = CustodianFile.objects.get(pk=file_id)
    if len(found.body) == found.size:
        _write(folder / "data/custodians/files" / found.sha256, bytes(found.body))


def inbound_ids(incident: Incident) -> list[int]:
    """The raw requests that speak of the incident's signals, oldest first; none that may speak of another one which is restricted.

    A pack is filled as Muster itself, which sees everything: what the wall of raw requests (`muster.hidden_sources`) keeps from those who are
    named on this incident alone is kept from its pack here, by the same function of the database.
    """
    found: set[int] = set()
    since = _sources_beside(incident)
    for signal in Signal.objects.filter(incident=incident, integration__isnull=False):
        last = Alert.objects.filter(signal=signal).aggregate(last=Max("last_seen_at"))["last"] or signal.opened_at
        requests = Inbound.objects.filter(integration=signal.integration, group_key=signal.group_key, problem="")
        requests = requests.filter(received_at__gte=signal.opened_at - AROUND, received_at__lte=last + AROUND)
        if signal.integration_id in since:
            requests = requests.filter(received_at__lt=since[signal.integration_id])
        found.update(requests.values_list("pk", flat=True))
    return sorted(found)


def _sources_beside(incident: Incident) -> dict[int, datetime]:
    """Integration -> since when its requests may speak of another incident that is restricted."""
    others = "ARRAY(SELECT id FROM incidents_incident WHERE restricted AND id <> %s)"
    each = "SELECT key::bigint, to_timestamp(value::double precision) FROM jsonb_each_text"
    with connection.cursor() as cursor:
        cursor.execute(f"{each}(muster.sources_since({others}))", [incident.pk])
        return dict(cursor.fetchall())


def received_outside(request_ids: Iterable[int], starts_at: datetime, ends_at: datetime) -> list[int]:
    """Those of these raw requests that came before a period or after it."""
    requests = Inbound.objects.filter(pk__in=list(request_ids))
    return list(requests.exclude(received_at__gte=starts_at, received_at__lt=ends_at).values_list("pk", flat=True))


def spoken_of(incident: Incident, request_ids: Iterable[int]) -> set[int]:
    """The other incidents of which these raw requests may speak: where one is restricted later, they are no longer for everybody."""
    found: set[int] = set()
    requests = Inbound.objects.filter(pk__in=list(request_ids), integration__isnull=False).order_by().values("integration_id")
    for row in requests.annotate(first=Min("received_at"), last=Max("received_at")):
        alerts = Alert.objects.filter(
            signal__integration_id=row["integration_id"],
            signal__incident__isnull=False,
            received_at__lte=row["last"] + AROUND,
            last_seen_at__gte=row["first"] - AROUND,
        )
        found.update(alerts.order_by().values_list("signal__incident_id", flat=True).distinct())
    return found - {incident.pk}


def inbound(request_id: int, folder: Path) -> None:
    """One raw request: its headers, and its exact bytes in base64."""
    request = Inbound.objects.select_related("integration").get(pk=request_id)
    told = {
        "id": request.pk,
        "received_at": request.received_at.isoformat(),
        "integration": request.integration.name if request.integration else None,
        "headers": request.headers,
        "status": request.status,
        "body": base64.b64encode(bytes(request.body)).decode(),
    }
    _write(folder / "data/inbound" / f"{request.pk}.json", _json(told))


def post_mortem(incident: Incident, folder: Path) -> bool:
    """The post-mortem as it was published last, as Markdown and as a page. Returns whether there is one."""
    newest = Publication.objects.filter(incident=incident).select_related("published_by").order_by("-number", "-id").first()
    if newest is None:
        return False
    document = paper.of_publication(newest)
    html = render_to_string("postmortems/pdf.html", paper.context(document))
    _write(folder / "data/post-mortem" / f"{incident.ref}.md", as_markdown.written(document).encode())
    _write(folder / "data/post-mortem" / f"{incident.ref}.html", html.encode())
    return True


def access_review(incident: Incident, folder: Path) -> bool:
    """Who had access to production meanwhile, and what was decided of it. Returns whether that was reviewed."""
    told = export.for_incident(incident)
    if told is None:
        return False
    _write(folder / "data/access-review" / f"{incident.ref}.json", _json(told))
    return True


def custody(incident: Incident, folder: Path) -> bool:
    """What custodians were asked to keep under the incident's holds, and what each answered. Returns whether anybody was asked."""
    tasks = CustodianTask.objects.filter(hold__incident=incident).select_related("acknowledged_by", "proven_by", "withdrawn_by")
    files = CustodianFile.objects.filter(task__hold__incident=incident).defer("body")
    told = [_custodian(task, [file for file in files if file.task_id == task.pk]) for task in tasks.order_by("id")]
    if told:
        _write(folder / "data/custodians" / f"{incident.ref}.json", _json({"incident": incident.ref, "custodians": told}))
    return bool(told)


def _custodian(task: CustodianTask, files: list[CustodianFile]) -> dict[str, Any]:
    def at(moment: datetime | None) -> str | None:
        return moment.isoformat() if moment else None

    return {
        "id": task.pk,
        "hold": task.hold_id,
        "custodian": task.name,
        "is_member": task.person_id is not None,
        "what": task.what,
        "asked_at": at(task.asked_at),
        "reminded": task.chased,
        "acknowledged_at": at(task.acknowledged_at),
        "acknowledged_by": who(task.acknowledged_by, task.acknowledged_link, task),
        "proven_at": at(task.proven_at),
        "proven_by": who(task.proven_by, task.proven_link, task),
        "location": task.location,
        "sha256": task.sha256,
        "said": task.said,
        "files": [{name: getattr(file, name) for name in ("id", "name", "content_type", "size", "sha256")} for file in files],
        "over_at": at(task.over_at),
        "withdrawn_at": at(task.withdrawn_at),
    }


def conformance(incidents: Iterable[tuple[int, packed.Rows]], organisations: packed.Rows, folder: Path) -> None:
    """What was kept and what was broken, of each incident by its reference: made of the entries that are in the pack, and of nothing else."""
    with (folder / "data/conformance.json").open("w", encoding="utf-8") as out:
        out.write("{")
        for number, (incident_id, rows) in enumerate(incidents):
            found = packed.report(incident_id, rows, organisations)
            told = _json(found).decode().rstrip()
            out.write(f"{',' if number else ''}\n{json.dumps(found['incident']['ref'])}: {told}")
        out.write("\n}\n")


def _json(told: Any) -> bytes:
    return json.dumps(told, ensure_ascii=False, sort_keys=True, default=str).encode() + b"\n"


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
