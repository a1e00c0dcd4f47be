"""An audit engagement's period, kept by the database: policies that are the auditor's role's alone, and what they ask (people.auditor).

An auditor sees what belongs to an incident that was declared in the period of an engagement of theirs which is open now; what belongs to no
incident, if it is of the period; and what they did themselves. Whatever else stands on configuration's tables is not of a time.
"""

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from tenants.periods import keep_periods

OPEN = """e.organisation_id = here AND e.auditor_id = who AND e.ended_at IS NULL AND e.expires_at > now()
      AND EXISTS (SELECT 1 FROM tenants_membership m
        WHERE m.organisation_id = here AND m.user_id = who AND m.is_active AND m.roles @> ARRAY['auditor']::varchar[])"""
SAID = """SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE said text[] := muster.context(); here bigint := nullif(said[2], ''); who bigint := nullif(said[3], '');
BEGIN"""
_KNOWS = """EXISTS (SELECT 1 FROM incidents_needtoknow n WHERE n.organisation_id = i.organisation_id AND n.incident_id = i.id
        AND n.user_id = who AND n.removed_at IS NULL AND (n.expires_at IS NULL OR n.expires_at > now()))"""

FUNCTIONS = f"""
-- The incidents, and the times, of the auditor's own engagements that are open now.
CREATE FUNCTION muster.audited_incidents() RETURNS SETOF bigint LANGUAGE plpgsql STABLE {SAID}
  RETURN QUERY SELECT i.id FROM incidents_incident i WHERE i.organisation_id = here AND EXISTS (
    SELECT 1 FROM compliance_auditengagement e WHERE {OPEN} AND i.declared_at >= e.starts_at AND i.declared_at < e.ends_at);
END $$;
CREATE FUNCTION muster.audited_times() RETURNS tstzmultirange LANGUAGE plpgsql STABLE {SAID}
  RETURN (SELECT coalesce(range_agg(tstzrange(e.starts_at, e.ends_at)), '{{}}') FROM compliance_auditengagement e WHERE {OPEN});
END $$;

-- Every number from the first incident of one engagement to its last: 1 seen, 2 restricted (its id is not told), 3 declared outside the period.
CREATE FUNCTION muster.population(engagement bigint) RETURNS TABLE (number bigint, id bigint, kind bigint) LANGUAGE plpgsql STABLE {SAID}
  RETURN QUERY WITH mine AS (SELECT e.* FROM compliance_auditengagement e WHERE e.id = engagement AND {OPEN}),
    inside AS (SELECT i.number AS n FROM incidents_incident i, mine e
      WHERE i.organisation_id = here AND i.declared_at >= e.starts_at AND i.declared_at < e.ends_at)
  SELECT i.number::bigint, CASE WHEN k.kind = 1 THEN i.id END, k.kind FROM incidents_incident i, mine e, LATERAL (SELECT CASE
      WHEN i.declared_at < e.starts_at OR i.declared_at >= e.ends_at THEN 3
      WHEN i.restricted AND NOT e.restricted AND NOT {_KNOWS} THEN 2 ELSE 1 END::bigint AS kind) k
  WHERE i.organisation_id = here AND i.number BETWEEN (SELECT min(n) FROM inside) AND (SELECT max(n) FROM inside) ORDER BY 1;
END $$;

-- An engagement that ends takes its auditor's live pages along.
CREATE FUNCTION muster.revoke_auditor() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN PERFORM muster.revoke(OLD.organisation_id, OLD.auditor_id); RETURN NULL; END $$;
CREATE TRIGGER live AFTER UPDATE ON compliance_auditengagement FOR EACH ROW
  WHEN (OLD.ended_at IS DISTINCT FROM NEW.ended_at OR OLD.expires_at IS DISTINCT FROM NEW.expires_at)
  EXECUTE FUNCTION muster.revoke_auditor();

-- As before (tenants/context_sql.py); and an engagement may open what is restricted in its period.
CREATE OR REPLACE FUNCTION muster.hidden_incidents() RETURNS bigint[] LANGUAGE plpgsql STABLE SECURITY DEFINER
  SET search_path = public, pg_temp AS $$
DECLARE said text[] := muster.context(); here bigint; who bigint; hidden bigint[];
BEGIN
  IF muster.own_work(said) THEN
    RETURN '{{}}';
  END IF;
  here := nullif(said[2], '');
  who := nullif(said[3], '');
  SELECT array_agg(i.id) INTO hidden FROM incidents_incident i
  WHERE i.organisation_id = here AND i.restricted AND NOT {_KNOWS}
    AND NOT EXISTS (SELECT 1 FROM compliance_auditengagement e
      WHERE e.restricted AND i.declared_at >= e.starts_at AND i.declared_at < e.ends_at AND {OPEN});
  RETURN coalesce(hidden, '{{}}');
END $$;
"""

# By one engagement, and past the policy of the auditor's role, which shows of a clock without an incident only when it was started.
MISSES = f"""
-- The broken clocks that name no incident and belong to one engagement's period: a page's or a custodian's by the incident that the page, or the
-- hold, is of by now, where there is one that its auditor may know of; any other by when it broke. `number` is the subject's; `of_kind` and
-- `of_number` are what a page is about; `about` is what people call it.
CREATE FUNCTION muster.audited_misses(engagement bigint) RETURNS TABLE (clock bigint, incident bigint, clause text, due_at timestamptz,
  broken_at timestamptz, stopped_at timestamptz, fell_away text, kind text, number bigint, of_kind text, of_number bigint, about text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE said text[] := muster.context(); here bigint := nullif(said[2], ''); who bigint := nullif(said[3], '');
  hidden bigint[] := muster.hidden_incidents();
BEGIN
  RETURN QUERY WITH mine AS (SELECT e.* FROM compliance_auditengagement e WHERE e.id = engagement AND {OPEN}),
    lone AS (
      SELECT k.*, p.incident_id AS of_incident, p.subject_type AS of_kind, p.subject_id AS of_number, g.title::text AS about
      FROM standard_clock k JOIN oncall_page p ON p.organisation_id = here AND p.id = k.subject_id
      LEFT JOIN incidents_signal g ON g.organisation_id = here AND p.subject_type = 'incidents.signal' AND g.id = p.subject_id
      WHERE k.organisation_id = here AND k.incident_id IS NULL AND k.broken_at IS NOT NULL AND k.subject_type = 'oncall.page'
      UNION ALL SELECT k.*, h.incident_id, '', NULL, 'legal hold ' || h.id
      FROM standard_clock k JOIN compliance_custodiantask t ON t.organisation_id = here AND t.id = k.subject_id
      JOIN incidents_legalhold h ON h.organisation_id = here AND h.id = t.hold_id
      WHERE k.organisation_id = here AND k.incident_id IS NULL AND k.broken_at IS NOT NULL AND k.subject_type = 'compliance.custodiantask'
      UNION ALL SELECT k.*, NULL, '', NULL, to_char(r.begins_on, 'YYYY "Q"Q')
      FROM standard_clock k JOIN standard_processreview r ON r.organisation_id = here AND r.id = k.subject_id
      WHERE k.organisation_id = here AND k.incident_id IS NULL AND k.broken_at IS NOT NULL AND k.subject_type = 'standard.processreview')
  SELECT l.id, l.of_incident, l.clause::text, l.due_at, l.broken_at, l.stopped_at, l.fell_away::text, l.subject_type::text, l.subject_id,
    l.of_kind::text, l.of_number, coalesce(l.about, '')
  FROM mine e CROSS JOIN lone l LEFT JOIN incidents_incident i ON i.organisation_id = here AND i.id = l.of_incident
  WHERE CASE WHEN l.of_incident IS NULL THEN l.broken_at >= e.starts_at AND l.broken_at < e.ends_at
    ELSE i.declared_at >= e.starts_at AND i.declared_at < e.ends_at AND NOT i.id = ANY (hidden) END
  ORDER BY l.broken_at, l.id;
END $$;
GRANT EXECUTE ON FUNCTION muster.audited_misses(bigint) TO {{auditor}};
"""


class KeepPeriods(Operation):
    """Put the policy `period` on every table that there is; those to come have it from `NeedToKnow` on."""

    reversible = False

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Changes no model."""

    def database_forwards(
        self, app_label: str, editor: BaseDatabaseSchemaEditor, before: ProjectState, after: ProjectState
    ) -> None:
        """Do it."""
        keep_periods(editor)

    def describe(self) -> str:
        """A line for `migrate --plan`."""
        return "Let auditors see the periods of their engagements only"
