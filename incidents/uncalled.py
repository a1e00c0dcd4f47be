"""Duties that an incident should have called or told, and never did: those of its severity, and those of its flags.

Judged as the on-call is (incidents/unpaged.py), by the newest event at which people had to be called, and each flag by its own. Asked of
those on the seat then who are still on it, and were members then and are: whoever took a seat later owes nothing, and whoever left it
meanwhile is not missed. Left out besides: a seat that nobody holds (its event says so, and readiness), the duties of an event that was
overtaken by a newer one, and flags of what is closed, merged or was none.
"""

from collections.abc import Sequence
from datetime import datetime

from incidents.unpaged import CALLING, ROOMS, STANDS, THERE, asked, called, queued

# What a row held when event `e` was recorded, by its history; both times are the database's.
_THEN = "(SELECT h.{column} FROM {table} h WHERE h.id = {row}.id AND h.history_date <= e.recorded_at ORDER BY h.history_id DESC LIMIT 1)"
_TEAM_THEN = _THEN.format(column="team_id", table="oncall_historicalservice", row="s")
_OWNER_THEN = _THEN.format(column="product_owner_id", table="oncall_historicalservice", row="s")
_MANAGER_THEN = _THEN.format(column="manager_id", table="oncall_historicalteam", row="t")
_SEAT_THEN = _THEN.format(column="user_id", table="tenants_historicaldutyholder", row="d")
_MEMBER_THEN = _THEN.format(column="is_active", table="tenants_historicalmembership", row="m")


def _holders(duties: str) -> str:
    """SQL: the people `w` on the seats that `duties` (a JSON array) names, as `incidents.duties.holders` finds them."""
    return f"""jsonb_array_elements_text({duties}) seat (key)
        JOIN LATERAL (
          SELECT d.user_id FROM tenants_dutyholder d
            WHERE d.organisation_id = o.id AND d.duty = seat.key AND {_SEAT_THEN} = d.user_id
          UNION SELECT CASE seat.key WHEN 'product_owner' THEN s.product_owner_id ELSE t.manager_id END FROM incidents_incidentservice a
            JOIN oncall_service s ON s.organisation_id = o.id AND s.id = a.service_id
            JOIN oncall_team t ON t.organisation_id = o.id AND t.id = s.team_id
            WHERE a.organisation_id = o.id AND a.incident_id = i.id AND {THERE}
              AND ((seat.key = 'product_owner' AND {_OWNER_THEN} = s.product_owner_id)
                OR (seat.key = 'engineering_manager' AND {_TEAM_THEN} = s.team_id AND {_MANAGER_THEN} = t.manager_id))) w ON true
        JOIN tenants_membership m ON m.organisation_id = o.id AND m.user_id = w.user_id AND m.is_active AND {_MEMBER_THEN}
        JOIN tenants_user u ON u.id = w.user_id AND u.is_active"""


# A call of one person says in its plan whom it is for, also where it was withheld from them.
_THEIRS = """p.team_id IS NULL AND p.clause = {clause} AND (
      p.plan @> jsonb_build_object('steps', jsonb_build_array(jsonb_build_object('targets', jsonb_build_array(
        jsonb_build_object('kind', 'person', 'which', w.user_id::text)))))
      OR EXISTS (SELECT 1 FROM oncall_pagestep z WHERE z.organisation_id = o.id AND z.page_id = p.id AND z.user_id = w.user_id))"""


def _told(template: str) -> str:
    return f"""EXISTS (SELECT 1 FROM notifications_delivery n WHERE n.organisation_id = o.id AND n.event_id = e.id
          AND n.recipient_id = w.user_id AND n.template = '{template}')"""


UNCALLED_DUTIES = f"""
CREATE OR REPLACE FUNCTION muster.uncalled_duties(timestamptz, integer) RETURNS TABLE (organisation_id bigint, id bigint) LANGUAGE sql STABLE
SECURITY DEFINER SET search_path = public, pg_temp AS $$
SELECT o.id, found.id FROM tenants_organisation o
  JOIN LATERAL (SELECT i.id FROM incidents_incident i
    JOIN standard_standardversion l ON l.organisation_id = o.id AND l.id = i.standard_id
    {CALLING}
    JOIN LATERAL (SELECT y FROM jsonb_array_elements(l.content -> 'severities') y WHERE y -> 'level' = e.level) law ON true
    WHERE {ROOMS} AND e.mobilises AND NOT {queued("e.id", "mobilise")} AND (
      EXISTS (SELECT 1 FROM {_holders("law.y -> 'pages_duties'")}
        WHERE NOT {called(_THEIRS.format(clause="'severity.sev' || (e.level #>> '{}') || '-page'"), STANDS)})
      OR EXISTS (SELECT 1 FROM {_holders("law.y -> 'notifies_duties'")} WHERE NOT {_told("notice")}))
    LIMIT $2) found ON true
UNION
SELECT o.id, found.id FROM tenants_organisation o
  JOIN LATERAL (SELECT DISTINCT i.id FROM incidents_flag f
    JOIN incidents_incident i ON i.organisation_id = o.id AND i.id = f.incident_id
      AND i.state NOT IN ('closed', 'merged', 'false_positive')
    JOIN standard_standardversion l ON l.organisation_id = o.id AND l.id = i.standard_id
    JOIN LATERAL (SELECT v.id, v.occurred_at, v.recorded_at FROM ledger_event v
      WHERE v.organisation_id = o.id AND v.subject_type = 'incidents.incident' AND v.subject_id = i.id
        AND v.kind = 'incident.flagged' AND v.data ->> 'flag' = f.key ORDER BY v.id DESC LIMIT 1) e ON e.occurred_at < $1
    JOIN LATERAL (SELECT y FROM jsonb_array_elements(l.content -> 'flags') y WHERE y ->> 'key' = f.key) law ON true
    WHERE f.organisation_id = o.id AND f.lifted_at IS NULL AND NOT {queued("e.id", "call-for-flag")} AND (
      EXISTS (SELECT 1 FROM {_holders("law.y -> 'pages_duties'")}
        WHERE NOT {called(_THEIRS.format(clause="'breach.page-privacy-legal'"), "false")})
      OR EXISTS (SELECT 1 FROM {_holders("law.y -> 'notifies_duties'")} WHERE NOT {_told("flag")}))
    LIMIT $2) found ON true
$$;
"""


def duties(before: datetime, most: int) -> Sequence[tuple[int, int]]:
    """(organisation, incident) of those that never called or told a duty of theirs, where they had to before then; so many of each organisation."""
    return asked("SELECT organisation_id, id FROM muster.uncalled_duties(%s, %s)", before, most)
