"""Filling the folder of a pack, in the order in which its parts need each other. Only short transactions, and never a whole table in memory."""

import csv
import json
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from heapq import merge
from pathlib import Path
from typing import Any

from compliance.conformance import packed
from compliance.holds_people import SECONDS
from compliance.models import EvidencePack, PackKind
from compliance.packs import audited, beside, controls, disclosing, paging, told
from compliance.packs.along import Along
from compliance.packs.along import look as look_along
from compliance.packs.log import Log
from compliance.packs.records import EVENTS, TASKS, Records, Sealed
from incidents.models import Incident, IncidentService
from postmortems.item_csv import safe
from tenants.actors import Role
from tenants.models import DutyHolder, Membership

VERIFIER = Path(__file__).parents[1] / "verify" / "verify.py"
FORMAT = 2  # docs/evidence-format.md, section 5: what changes the layout, or what a verifier must find, takes the next one
COLUMNS = ("number", "ref", "declared_at", "severity", "state", "restricted", "records")

type Row = dict[str, Any]
type Step = Callable[[int, str], None]  # percent, and what is being done


@dataclass(slots=True)
class Filling:
    """One pack being filled. `own` opens Muster's own scope, `theirs` that of whoever asked, who may not see everything."""

    pack: EvidencePack
    log: Log
    folder: Path
    own: told.Opened
    theirs: told.Opened
    step: Step
    judged_by: list[packed.Entry] = field(default_factory=list)  # entries of the organisation's that incidents are judged by
    engaged: audited.Audited | None = None  # what an engagement shows, where the pack is of one
    along: Along = field(default_factory=Along)

    def fill(self) -> Records:
        """Everything but the bag itself."""
        given = self._bounds()
        population = self._everybody(given) if self.engaged is None else self._audited(self.engaged)
        shown = [row["id"] for row in population if row["restricted"] == audited.NO]
        self.along = look_along(
            shown, self.own, self.engaged, lambda: self.step(0, "Looking for what goes along"), custody=self._reads_of_holds()
        )
        with Records(self.folder) as records:
            self._records(records, given)
            self._redactions(records)
        self._population(records, population)
        self._about(records, population, given)
        self._beside(records, shown, given)
        self._read(records, population, shown)
        if self.engaged is not None:
            with self.theirs():
                audited.check_open(self.engaged.engagement)  # or what was looked for meanwhile was not shown any more
        self._log(records)
        return records

    def _bounds(self) -> tuple[int, int] | None:
        """The first and the last leaf of the period; None for an incident's pack, and where nothing was written in it."""
        engagement = self.pack.engagement
        if engagement is not None:
            self.engaged = audited.look(engagement, self.log, self.own, self.theirs)
        elif self.pack.kind != PackKind.PERIOD:
            return None
        with self.own():
            if engagement is not None:
                return self.log.range_of(engagement.starts_at, engagement.ends_at)
            return self.log.range_of(day_begins(self.pack.starts_on), day_begins(self.pack.ends_before))

    def _reads_of_holds(self) -> bool:
        """Whether whoever the pack is for reads of legal holds. (An incident's is handed to nobody else where it tells of custodians.)"""
        if self.pack.kind != PackKind.PERIOD or self.engaged is not None:
            return True
        person_id: int = self.pack.asked_by_id  # type: ignore[assignment]  # somebody asked for a period's pack
        with self.own():
            duties = DutyHolder.objects.filter(user_id=person_id, duty__in=SECONDS)
            return Role.ADMINISTRATOR in self._roles() or duties.exists()

    # Records

    def _records(self, records: Records, given: tuple[int, int] | None) -> None:
        if self.pack.kind != PackKind.PERIOD:
            self._incident(records)
        elif self.engaged is not None or given is not None:
            self._period(records, given)

    def _incident(self, records: Records) -> None:
        incident_id: int = self.pack.incident_id  # type: ignore[assignment]  # an incident's pack has one
        with self.own():
            total = self.log.count_of(incident_id)
            also = list(self.along.between(self.log, 0, self.log.point.size - 1))
        own = (entry for entries in self.log.of_incident(incident_id, self.own) for entry in entries)
        for number, entry in enumerate(merge(own, also, key=_place)):
            records.add(entry)
            if number % told.AT_A_TIME == 0:
                self._say(number, total)
        self._judged_by(records, incident_id)

    def _judged_by(self, records: Records, incident_id: int) -> None:
        """The version of the standard, the services' history and the update policy's, as far as the incident is judged by them."""
        with self.own():
            services = IncidentService.objects.filter(incident_id=incident_id).values_list("service_id", flat=True)
            rows = {
                "standard_historicalstandardversion": [
                    Incident.objects.values_list("standard_id", flat=True).get(pk=incident_id)
                ],
                "oncall_historicalservice": list(services),
                "incidents_historicalupdatepolicy": None,
            }
            for table in packed.OF_THE_ORGANISATION:
                self._keep(records, self.log.of_none([table], rows=rows[table]))

    def _keep(self, records: Records, entries: Iterable[Sealed]) -> None:
        for entry in entries:
            records.add(entry)
            if entry.table in disclosing.JUDGED_BY and entry.body is not None:
                self.judged_by.append((entry.table, entry.body))

    def _period(self, records: Records, given: tuple[int, int] | None) -> None:
        """What was written in the period; what it is judged by, and what belongs to its incidents, always; an engagement's incidents whole."""
        with self.own():
            tables = disclosing.tables_for({Role.AUDITOR} if self.engaged is not None else self._roles())
        first, last = given or (self.log.point.size, self.log.point.size - 1)
        self._around(records, 0, first - 1)
        self._range(records, first, last, tables)
        self._around(records, last + 1, self.log.point.size - 1)

    def _around(self, records: Records, first: int, last: int) -> None:
        """Of the leaves outside of the period: what belongs to its incidents, by what they are judged, and of an engagement's everything."""
        if first > last:
            return
        with self.own():
            also = list(self.along.between(self.log, first, last))
            if first == 0 or self.engaged is not None:  # a period judges its incidents as they were at its end
                self._keep(records, self.log.of_none(disclosing.JUDGED_BY, first, last))
        own = self.engaged.beyond(self.log, first, last, self.theirs) if self.engaged is not None else ()
        self._keep(records, merge(own, also, key=_place))

    def _range(self, records: Records, first: int, last: int, tables: Collection[str]) -> None:
        """Each leaf of the period: as a record, or as a stub."""
        for start in range(first, last + 1, told.AT_A_TIME):
            stop = min(start + told.AT_A_TIME - 1, last)
            entries = [entry for batch in self.log.between(start, stop, self.theirs) for entry in batch]
            entries += self._of_none(start, stop, tables)
            if self.engaged is not None:
                entries = [entry for entry in entries if self.engaged.shows(entry)] + self.engaged.own(start, stop)
            disclosed = {entry.leaf: entry for entry in entries}
            self._keep(records, [disclosed[leaf] for leaf in sorted(disclosed)])
            self._say(start - first, last - first + 1)
            with self.own():
                for leaf, digest in self.log.hashes(sorted(set(range(start, stop + 1)) - set(disclosed))):
                    records.stub(leaf, digest)

    def _of_none(self, start: int, stop: int, tables: Collection[str]) -> list[Sealed]:
        """What among these leaves tells of no incident, and is shown to whoever the pack is for."""
        with self.own():
            found = list(self.log.of_none({*tables, *self.along.tables}, start, stop))
        events = [entry.pk for entry in found if entry.table == EVENTS]
        with self.theirs():
            shown = disclosing.told(events, tables, audited=self.engaged is not None) if events else set()
        return [
            entry
            for entry in found
            if self.along.has(entry) or (entry.table in tables and (entry.table != EVENTS or entry.pk in shown))
        ]

    def _roles(self) -> Collection[str]:
        """The roles of whoever the pack is for."""
        person_id: int = self.pack.asked_by_id  # type: ignore[assignment]  # somebody asked for a period's pack
        return Membership.objects.values_list("roles", flat=True).get(user_id=person_id)

    def _say(self, done: int, total: int) -> None:
        self.step(55 * done // max(total, 1), "Writing the records")

    def _redactions(self, records: Records) -> None:
        """What tells of the bodies that were erased, where it is not among the records by itself."""
        with self.own():
            for entry in self.log.redactions_of(records.erased):
                records.add(entry)
        records.settle()

    # Beside the records

    def _population(self, records: Records, rows: list[Row]) -> None:
        """The incidents whose making stands in the pack; of a period, all numbers between the first and the last of them."""
        for row in rows:
            row["row"] = records.incidents.get(row["id"], {}) if row["restricted"] == audited.NO else {}
        with (self.folder / "data/population.csv").open("w", encoding="utf-8", newline="") as out:
            writer = csv.writer(out)
            writer.writerow(COLUMNS)
            writer.writerows(self._cells(row, records) for row in rows)

    def _everybody(self, given: tuple[int, int] | None) -> list[Row]:
        with self.own():
            ids = [self.pack.incident_id] if self.pack.incident_id else self.log.made_between(*given) if given else []
            numbers = dict(Incident.objects.filter(pk__in=ids).values_list("number", "id"))
            if numbers:
                between = Incident.objects.filter(number__gte=min(numbers), number__lte=max(numbers))
                numbers = dict(between.order_by("number").values_list("number", "id"))
        with self.theirs():
            seen = set(Incident.objects.filter(pk__in=numbers.values()).values_list("id", flat=True))
        return [
            {"number": number, "id": incident_id, "restricted": audited.NO if incident_id in seen else audited.YES}
            for number, incident_id in sorted(numbers.items())
        ]

    def _audited(self, found: audited.Audited) -> list[Row]:
        return [
            {"number": number, "id": found.ids.get(number, 0), "restricted": restricted}
            for number, restricted in sorted(found.numbers.items())
        ]

    def _cells(self, row: Row, records: Records) -> list[str]:
        if row["restricted"] != audited.NO:
            return [str(row["number"]), "", "", "", "", row["restricted"], ""]
        told_last = row["row"]
        cells = [str(told_last.get(name, "")) for name in ("ref", "declared_at", "severity", "state")]
        return [str(row["number"]), *(safe(cell) for cell in cells), "no", str(records.of_incident[row["id"]])]

    def _beside(self, records: Records, shown: list[int], given: tuple[int, int] | None) -> None:
        for attachment_id in sorted(records.files):
            self._add()
            with self.theirs():
                beside.file(attachment_id, self.folder)
        for file_id in sorted(records.proofs):  # one at a time, as all files here: none is larger than may be attached
            self._add()
            with self.own():
                beside.custodian_file(file_id, self.folder)
        with (self.folder / "data/paging-log.csv").open("w", encoding="utf-8", newline="") as out:
            paging.start(out)
            custody = TASKS in self.along.tables
            for incident_id in shown:
                self._add()
                with self.theirs():
                    incident = Incident.objects.get(pk=incident_id)
                    paging.write(incident, out)
                    beside.post_mortem(incident, self.folder)
                    beside.access_review(incident, self.folder)
                    if custody:
                        beside.custody(incident, self.folder)
        for request_id in sorted(records.requests):
            self._add()
            with self.own():
                beside.inbound(request_id, self.folder)
        beside.conformance(self._of_each(records, shown, given), packed.read(self.judged_by), self.folder)
        if self.engaged is not None:
            controls.write(self.folder)

    def _add(self) -> None:
        """Before each thing that is added, since all of them together may take longer than a lease."""
        self.step(60, "Adding files and raw requests")

    def _of_each(self, records: Records, shown: list[int], given: tuple[int, int] | None) -> Iterator[tuple[int, packed.Rows]]:
        for incident_id in shown:
            if incident_id in records.incidents:
                self.step(64, "Judging what was kept")
                yield incident_id, self._own_rows(incident_id, given)

    def _own_rows(self, incident_id: int, given: tuple[int, int] | None) -> packed.Rows:
        """The rows of the incident's entries that are in the pack."""
        first, last = (0, self.log.point.size - 1) if given is None or self.engaged else given
        entries = (entry for batch in self.log.of_incident(incident_id, self.theirs) for entry in batch)
        return packed.read((e.table, e.body) for e in entries if first <= e.leaf <= last and e.body is not None)

    def _read(self, records: Records, population: list[Row], shown: list[int]) -> None:
        (self.folder / "data/transcript").mkdir()
        with (self.folder / "data/report.html").open("w", encoding="utf-8") as out:
            report = told.Report(out, self._head(records, population))
            for number, incident_id in enumerate(shown):
                self.step(65 + 10 * number // len(shown), "Writing the report")
                self._tell(report, records, incident_id)
            report.end()

    def _tell(self, report: told.Report, records: Records, incident_id: int) -> None:
        with self.theirs():
            incident = Incident.objects.get(pk=incident_id)
            report.incident(incident, told.facts_of(incident, records.of_incident[incident_id]))
        with (self.folder / "data/transcript" / f"{incident.ref}.txt").open("w", encoding="utf-8") as transcript:
            for lines in told.entries(incident_id, records.last_event.get(incident_id, 0), self.theirs):
                told.transcribe(lines, transcript)
                report.lines(lines)
        report.incident_ends()

    def _head(self, records: Records, population: list[Row]) -> dict[str, Any]:
        point = self.log.point
        of = self.pack.incident.ref if self.pack.incident else f"{self.pack.starts_on} to {self.pack.ends_before}"
        facts = [("Organisation", self.pack.organisation.name), ("Of", of)]
        if self.engaged is not None:
            facts.append(
                ("For", f"{self.engaged.auditor} of {self.engaged.engagement.firm}, engagement {self.engaged.engagement.pk}")
            )
        facts += [
            ("Log", point.origin),
            ("Proven against", f"a checkpoint of {point.size:,} entries, of {point.at:{told.UTC}}"),
            ("Its root", point.root),
            ("Entries", f"{records.count:,} in full, {records.stubs:,} not disclosed"),
        ]
        rows = [
            {"number": row["number"], "restricted": row["restricted"], **{k: row["row"].get(k, "") for k in COLUMNS[1:5]}}
            for row in population
        ]
        listed = rows if self.pack.kind == PackKind.PERIOD else []
        return {"title": f"Evidence: {of}", "facts": facts, "coded": ("Log", "Its root"), "population": listed}

    # The log

    def _log(self, records: Records) -> None:
        self.step(75, "Adding the proofs")
        log = self.folder / "data/log"
        log.mkdir()
        (log / "checkpoint").write_bytes(self.log.point.note.encode())
        with self.own():
            for name, hashes in self.log.tiles(records.tiles):
                (log / name).parent.mkdir(parents=True, exist_ok=True)
                (log / name).write_bytes(hashes)
        with (log / "consistency.jsonl").open("w", encoding="utf-8") as out, self.own():
            out.writelines(json.dumps(line, ensure_ascii=False) + "\n" for line in self.log.earlier())
        for name, data in (("keys/log.pub", self.log.key_line.encode()), ("verify/verify.py", VERIFIER.read_bytes())):
            (self.folder / name).parent.mkdir()
            (self.folder / name).write_bytes(data)

    def _about(self, records: Records, population: list[Row], given: tuple[int, int] | None) -> None:
        pack, point = self.pack, self.log.point
        of: Row = {"incident": pack.incident_id, "ref": pack.incident.ref if pack.incident else ""}
        if pack.kind == PackKind.PERIOD:
            engagement = audited.told(self.engaged) if self.engaged else None
            of = {"from": str(pack.starts_on), "to": str(pack.ends_before), "engagement": engagement}
        organisation = pack.organisation
        about = {
            "format": FORMAT,
            "kind": pack.kind,
            "organisation": {"id": organisation.pk, "public_id": str(organisation.public_id), "name": organisation.name},
            "origin": point.origin,
            "size": point.size,
            "root": point.root,
            "of": of,
            "counts": {
                "records": records.count,
                "stubs": records.stubs,
                "incidents": len(population),
                "restricted": sum(row["restricted"] == audited.YES for row in population),
                "outside": sum(row["restricted"] == audited.OUTSIDE for row in population),
            },
            "range": list(given) if given else None,
        }
        text = json.dumps(about, ensure_ascii=False, indent=1) + "\n"
        (self.folder / "data/pack.json").write_text(text, encoding="utf-8")


def _place(entry: Sealed) -> int:
    return entry.leaf


def day_begins(day: date | None) -> datetime:
    """The instant at which a day of a period's pack begins."""
    if day is None:
        raise ValueError("a pack of a period has days")
    return datetime.combine(day, time.min, tzinfo=UTC)


def parts(path: Path, size: int) -> Iterator[bytes]:
    """A file's bytes, `size` at a time."""
    with path.open("rb") as file:
        while chunk := file.read(size):
            yield chunk
