"""Who the database shows the packs of an audit engagement to: its auditor alone, while it is open (clauses evidence.export, people.auditor)."""

from compliance.audit_sql import OPEN, SAID

ENGAGEMENTS = f"""
-- The auditor's own engagements that are open now.
CREATE FUNCTION muster.audited_engagements() RETURNS SETOF bigint LANGUAGE plpgsql STABLE {SAID}
  RETURN QUERY SELECT e.id FROM compliance_auditengagement e WHERE {OPEN};
END $$;
"""

# One pack, as whoever asks reads it now. Records of no incident are in an engagement's pack alone, and are kept from it where the log, up to the
# pack's own checkpoint, said already that they belong to an incident and that it is restricted (compliance/packs/audited.py). The log is asked
# because a leaf below the checkpoint was committed before the pack was begun, which no clock could say. What led to an incident before the period
# counts too: its pages and clocks may have gone on into it, and asking for the pack anew costs little.
HIDDEN_SINCE = """
CREATE FUNCTION muster.hidden_since(pack bigint) RETURNS SETOF bigint LANGUAGE plpgsql STABLE SECURITY DEFINER
  SET search_path = public, pg_temp AS $$
DECLARE hidden bigint[] := muster.hidden_incidents(); here bigint := muster.organisation();
BEGIN
  IF cardinality(hidden) = 0 THEN RETURN; END IF;
  RETURN QUERY SELECT i.id FROM compliance_evidencepack p JOIN incidents_incident i ON i.organisation_id = here AND i.id = ANY (hidden)
    LEFT JOIN compliance_auditengagement g ON g.organisation_id = here AND g.id = p.engagement_id
    CROSS JOIN LATERAL (SELECT max(l.index) AS leaf FROM ledger_entry e JOIN ledger_leaf l ON l.organisation_id = here AND l.id = e.id
      WHERE e.organisation_id = here AND e.incident_id = i.id AND e."table" = 'incidents_historicalincident' AND l.index < p.checkpoint_size) said
    CROSS JOIN LATERAL (SELECT said.leaf IS NOT NULL AND NOT EXISTS (
      SELECT 1 FROM ledger_entry e LEFT JOIN ledger_leaf l ON l.organisation_id = here AND l.id = e.id
      WHERE e.organisation_id = here AND e.incident_id = i.id AND e."table" = 'incidents_historicalincident'
        AND (l.index IS NULL OR l.index >= said.leaf) AND (e.body::jsonb -> 'restricted') IS DISTINCT FROM 'true') AS restricted) then_as_now
  WHERE p.organisation_id = here AND p.id = pack AND (p.shown @> to_jsonb(i.id) OR g.id IS NOT NULL AND (
    EXISTS (SELECT 1 FROM incidents_signal s WHERE s.organisation_id = here AND s.incident_id = i.id AND s.opened_at < g.ends_at + interval '1 minute'
      AND NOT (then_as_now.restricted AND EXISTS (
        SELECT 1 FROM ledger_entry e JOIN ledger_leaf l ON l.organisation_id = here AND l.id = e.id
        WHERE e.organisation_id = here AND e.incident_id = i.id AND e."table" = 'incidents_historicalsignal' AND e.pk = s.id::text
          AND l.index < p.checkpoint_size)))
    OR NOT then_as_now.restricted AND (
      EXISTS (SELECT 1 FROM incidents_legalhold h JOIN compliance_custodiantask t ON t.organisation_id = here AND t.hold_id = h.id
        WHERE h.organisation_id = here AND h.incident_id = i.id AND t.asked_at < g.ends_at)
      OR EXISTS (SELECT 1 FROM ledger_event e WHERE e.organisation_id = here AND e.id IN (SELECT muster.hidden_reads())
        AND (e.actor_id = g.auditor_id OR e.occurred_at >= g.starts_at) AND e.occurred_at < least(g.ends_at, p.made_at)
        AND upper(e.data ->> 'path') ~ (i.ref || '|INC-' || i.number || '([^0-9]|$)')))));
END $$;
GRANT EXECUTE ON FUNCTION muster.hidden_since(bigint) TO {auditor};
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
