"""The API of conformance: an incident's report, and a quarter."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from compliance import conformance_pages as pages
from compliance.conformance.quarter import Counts
from compliance.conformance.report import finding_out, for_incident
from compliance.conformance.verdicts import Judgement, Verdict
from incidents.gate import room_for
from ledger.api import MusterView
from standard.law_types import Clause

VERDICTS = [(verdict.value, verdict.label) for verdict in Verdict]
DEVIATIONS = [(verdict.value, verdict.label) for verdict in (Verdict.BROKEN, Verdict.OVERRIDDEN)]


class ConformanceFindingOut(serializers.Serializer[Any]):
    """One deviation: what, when, by whom."""

    verdict = serializers.ChoiceField(choices=DEVIATIONS)
    what = serializers.CharField()
    at = serializers.DateTimeField(allow_null=True)
    by = serializers.CharField(help_text="Who, by name; empty where the record does not say.")
    reason = serializers.CharField(help_text="Of one that was overridden: the written reason.")
    seconds = serializers.FloatField(allow_null=True, help_text="By how much, where that is a time.")
    entry = serializers.IntegerField(allow_null=True, help_text="The seq of the entry of the timeline that tells it.")
    recorded_at = serializers.DateTimeField(
        allow_null=True, help_text="Where it was written down over a minute from when it was."
    )


class ConformanceDeviationOut(ConformanceFindingOut):
    """The same, with its clause."""

    clause = serializers.CharField()


class ConformanceClauseOut(serializers.Serializer[Any]):
    """What became of one clause."""

    clause = serializers.CharField()
    section = serializers.CharField()
    says = serializers.CharField()
    verdict = serializers.ChoiceField(choices=VERDICTS)
    why = serializers.CharField()
    findings = ConformanceFindingOut(many=True)


class ConformanceSubjectOut(serializers.Serializer[Any]):
    """The incident that a report is of."""

    ref = serializers.CharField()
    number = serializers.IntegerField()
    severity = serializers.IntegerField()
    state = serializers.CharField()
    exercise = serializers.BooleanField()
    declared_at = serializers.DateTimeField()


class ConformanceStandardOut(serializers.Serializer[Any]):
    """The version of the standard that judges it: the one in force when it was declared."""

    version = serializers.IntegerField()
    edition = serializers.IntegerField()
    title = serializers.CharField()


class ConformanceLateOut(serializers.Serializer[Any]):
    """An entry that was written down over a minute from when it happened."""

    entry = serializers.IntegerField()
    kind = serializers.CharField()
    occurred_at = serializers.DateTimeField()
    recorded_at = serializers.DateTimeField()


class ConformanceReportOut(serializers.Serializer[Any]):
    """The conformance report of one incident, as evidence packs have it."""

    format = serializers.IntegerField()
    incident = ConformanceSubjectOut()
    standard = ConformanceStandardOut()
    entries = serializers.IntegerField(help_text="How many entries the record has.")
    missing_entries = serializers.ListField(child=serializers.IntegerField())
    counts = serializers.DictField(child=serializers.IntegerField(), help_text="How many clauses have each verdict.")
    clauses = ConformanceClauseOut(many=True)
    judged_by_quarter = serializers.ListField(child=serializers.CharField(), help_text="Clauses that are not judged by incident.")
    deviations = ConformanceDeviationOut(many=True)
    late_entries = ConformanceLateOut(many=True)


class ConformanceCountsOut(serializers.Serializer[Any]):
    """How often a clause, or all of a section, had each verdict."""

    kept = serializers.IntegerField()
    broken = serializers.IntegerField()
    overridden = serializers.IntegerField()
    n = serializers.IntegerField(help_text="Kept, broken and overridden: of what the share is.")
    no_evidence = serializers.IntegerField()
    kept_percent = serializers.IntegerField(allow_null=True)


class ConformanceClauseCountsOut(ConformanceCountsOut):
    """The counts of one clause."""

    clause = serializers.CharField()


class ConformanceQuarterCountsOut(ConformanceCountsOut):
    """The counts of a quarter before."""

    quarter = serializers.CharField()


class ConformanceSectionOut(ConformanceCountsOut):
    """The counts of a section, with its clauses and the quarters before, the newest first."""

    section = serializers.CharField()
    title = serializers.CharField()
    clauses = ConformanceClauseCountsOut(many=True)
    before = ConformanceQuarterCountsOut(many=True)


class ConformanceOwnFindingOut(ConformanceFindingOut):
    """The same, with the incident that it belongs to ("" for none)."""

    incident = serializers.CharField()


class ConformanceOwnOut(serializers.Serializer[Any]):
    """What became of a clause that is judged over the quarter itself."""

    clause = serializers.CharField()
    verdict = serializers.ChoiceField(choices=VERDICTS)
    why = serializers.CharField()
    findings = ConformanceOwnFindingOut(many=True)


class ConformanceQuarterOut(serializers.Serializer[Any]):
    """A quarter's conformance, over the incidents declared in it that the asker may know of. Exercises are not counted."""

    quarter = serializers.CharField()
    incidents = serializers.IntegerField()
    unjudged = serializers.IntegerField(help_text="Incidents that are not in the counts: they went on since they were judged.")
    sections = ConformanceSectionOut(many=True)
    organisation = ConformanceOwnOut(many=True)


class ConformanceOf(MusterView):
    """The conformance report of an incident."""

    @extend_schema(operation_id="incident_conformance", responses=ConformanceReportOut)
    def get(self, request: Request, ref: str) -> Response:
        """Of each clause that is judged by incident: kept, broken, overridden, not applicable, open or no evidence, and why."""
        return Response(for_incident(room_for(self.actor, ref)))


class ConformanceByQuarter(MusterView):
    """A quarter's conformance."""

    @extend_schema(
        operation_id="conformance",
        responses=ConformanceQuarterOut,
        parameters=[OpenApiParameter("quarter", str, description="Such as 2026-Q4. Without it: the running one.")],
    )
    def get(self, request: Request) -> Response:
        """How often each clause and section was kept, with the three quarters before."""
        found = pages.quarter_figures(pages.quarter_for(str(request.query_params.get("quarter", ""))))
        return Response(
            {
                **{name: found[name] for name in ("quarter", "incidents", "unjudged")},
                "sections": [_section(one) for one in found["sections"]],
                "organisation": [_own(clause, judgement) for clause, judgement in found["organisation"]],
            }
        )


def _counts(counts: Counts) -> dict[str, Any]:
    return {
        **{name: getattr(counts, name) for name in ("kept", "broken", "overridden", "n")},
        "no_evidence": counts.unknown,
        "kept_percent": counts.percent,
    }


def _section(section: dict[str, Any]) -> dict[str, Any]:
    return {
        "section": section["section"],
        "title": section["title"],
        **_counts(section["counts"]),
        "clauses": [{"clause": clause.id, **_counts(counts)} for clause, counts in section["clauses"]],
        "before": [{"quarter": quarter, **_counts(counts)} for quarter, counts in section["before"]],
    }


def _own(clause: Clause, judgement: Judgement) -> dict[str, Any]:
    return {
        "clause": clause.id,
        "verdict": judgement.verdict.value,
        "why": judgement.why,
        "findings": [{**finding_out(one), "incident": one.incident} for one in judgement.findings],
    }
