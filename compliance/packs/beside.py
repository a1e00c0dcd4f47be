"""What stands in a pack beside the records: files, raw requests, post-mortems, the log of pages, conformance. Each is made from the record."""

import base64
import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.db.models import Max, Min
from django.template.loader import render_to_string

from compliance.access import export
from compliance.conformance import packed
from incidents.models import Alert, Attachment, Inbound, Incident, Signal
from postmortems import as_markdown, paper
from postmortems.models import Publication

BEFORE_IT = timedelta(minutes=1)  # as the wall has it (incidents/sql.py)
AROUND = timedelta(seconds=5)  # a signal opens, and its alerts are seen, within moments of the request that says so


def file(attachment_id: int, folder: Path) -> None:
    """A file that was filed, by the hash of its bytes."""
    found = Attachment.objects.filter(pk=attachment_id).first()
    if found is not None:
        _write(folder / "data/attachments" / found.sha256, bytes(found.body))


def inbound_ids(incident: Incident) -> list[int]:
    """The raw requests that speak of the incident's signals, oldest first; none that may speak of another one which is restricted.

    A pack is filled as Muster itself, which sees everything: what the wall of raw requests (`muster.hidden_sources`) keeps from those who are
    named on this incident alone is kept from its pack here.
    """
    found: set[int] = set()
    for signal in Signal.objects.filter(incident=incident, integration__isnull=False):
        last = Alert.objects.filter(signal=signal).aggregate(last=Max("last_seen_at"))["last"] or signal.opened_at
        requests = Inbound.objects.filter(integration=signal.integration, group_key=signal.group_key, problem="")
        requests = requests.filter(received_at__gte=signal.opened_at - AROUND, received_at__lte=last + AROUND)
        if (since := _hidden_since(incident, signal)) is not None:
            requests = requests.filter(received_at__lt=since - BEFORE_IT)
        found.update(requests.values_list("pk", flat=True))
    return sorted(found)


def _hidden_since(incident: Incident, signal: Signal) -> datetime | None:
    """Since when requests of a signal's integration may speak of another incident that is restricted. None where there is no such."""
    others = Signal.objects.filter(integration=signal.integration, incident__restricted=True).exclude(incident=incident)
    opened = others.aggregate(first=Min("opened_at"))["first"]
    received = Alert.objects.filter(signal__in=others).aggregate(first=Min("received_at"))["first"]
    return min((at for at in (opened, received) if at is not None), default=None)


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
