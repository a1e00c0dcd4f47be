"""Who the database shows the packs of an audit engagement to: its auditor alone, while it is open (clauses evidence.export, people.auditor)."""

from compliance.audit_sql import OPEN, SAID

ENGAGEMENTS = f"""
-- The auditor's own engagements that are open now.
CREATE FUNCTION muster.audited_engagements() RETURNS SETOF bigint LANGUAGE plpgsql STABLE {SAID}
  RETURN QUERY SELECT e.id FROM compliance_auditengagement e WHERE {OPEN};
END $$;
"""

# Whoever asked for an engagement's pack sees that there is one; an engagement may show its auditor what whoever asked may not see.
_ITS_AUDITORS = "engagement_id IN (SELECT muster.audited_engagements())"
_ROW = f"asked_by_id = (SELECT muster.person()) OR {_ITS_AUDITORS}"
_BYTES = f"CASE WHEN engagement_id IS NULL THEN asked_by_id = (SELECT muster.person()) ELSE {_ITS_AUDITORS} END"


def shown_to(table: str) -> str:
    """The policies of one table of packs, in the place of those there were: a pack is made after the period that it is of."""
    who = _BYTES if table == "compliance_packpart" else _ROW
    return f"""
DROP POLICY need_to_know_period ON {table};
CREATE POLICY need_to_know_period ON {table} AS RESTRICTIVE TO {{readers}} USING (incident_id IS NOT NULL
  OR (SELECT muster.own_work()) OR {who});
DROP POLICY period ON {table};
CREATE POLICY period ON {table} AS RESTRICTIVE TO {{auditor}} USING (CASE WHEN incident_id IS NOT NULL
  THEN incident_id IN (SELECT muster.audited_incidents()) ELSE {_ITS_AUDITORS} END);
"""
