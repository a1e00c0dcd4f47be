"""Conformance: of each clause, whether it was kept, judged from the record alone. Pure, but for `loading`, `quarter` and `report.for_incident`."""
