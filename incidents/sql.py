"""The second wall's own SQL (clause breach.need-to-know): what belongs to a restricted incident though its row does not say so.

A signal, its alerts and its pages were there before the incident was; what was recorded of them then carries no `incident_id`
and, append-only, never will. Each function names the ids of one kind that the person of the open scope must not see; a policy
asks it once a statement (a hashed subplan, not a call a row), and only for rows that could be hidden. They run as the owner, whom no
policy holds, so that one policy never asks another.
"""


def _hidden(name: str, select: str) -> str:
    """A function that returns the hidden ids of one kind; nothing is looked up where nothing is hidden."""
    return f"""
CREATE FUNCTION muster.hidden_{name}() RETURNS SETOF bigint LANGUAGE plpgsql STABLE SECURITY DEFINER
  SET search_path = public, pg_temp AS $$
DECLARE hidden bigint[] := muster.hidden_incidents(); here bigint := muster.organisation();
BEGIN
  IF cardinality(hidden) = 0 THEN RETURN; END IF;
  RETURN QUERY {select};
END $$;
"""


# Whether an event tells of what is hidden: of the incident, or of what led to it.
_EVENT = """(e.incident_id = ANY (hidden) OR (e.incident_id IS NULL AND (
    (e.subject_type = 'incidents.signal' AND e.subject_id IN (SELECT muster.hidden_signals()))
    OR (e.subject_type = 'incidents.alert' AND e.subject_id IN (SELECT muster.hidden_alerts()))
    OR (e.subject_type = 'oncall.page' AND e.subject_id IN (SELECT muster.hidden_pages()))
    OR (e.subject_type = 'standard.clock' AND e.subject_id IN (SELECT muster.hidden_clocks())))))"""

HIDDEN = "".join(
    (
        _hidden("signals", "SELECT s.id FROM incidents_signal s WHERE s.organisation_id = here AND s.incident_id = ANY (hidden)"),
        _hidden("alerts", "SELECT a.id FROM incidents_alert a WHERE a.organisation_id = here AND a.incident_id = ANY (hidden)"),
        _hidden("pages", "SELECT p.id FROM oncall_page p WHERE p.organisation_id = here AND p.incident_id = ANY (hidden)"),
        _hidden(
            "clocks",
            """SELECT c.id FROM standard_clock c WHERE c.organisation_id = here AND c.incident_id = ANY (hidden)
    UNION ALL SELECT c.id FROM standard_clock c WHERE c.organisation_id = here AND c.incident_id IS NULL
      AND c.subject_type = 'oncall.page' AND c.subject_id IN (SELECT muster.hidden_pages())""",
        ),
        _hidden(
            "deliveries",
            """SELECT d.id FROM notifications_delivery d WHERE d.organisation_id = here AND d.template = 'page'
      AND d.subject_id IN (SELECT muster.hidden_pages())""",
        ),
        # Of the two queues, and of the answers of a day, those that tell of something hidden.
        _hidden(
            "queued",
            """SELECT q.delivery_id FROM notifications_queueddelivery q JOIN notifications_delivery d ON d.id = q.delivery_id
    WHERE q.organisation_id = here AND (d.incident_id = ANY (hidden) OR d.id IN (SELECT muster.hidden_deliveries()))""",
        ),
        _hidden(
            "outbox",
            f"SELECT o.id FROM ledger_outbox o JOIN ledger_event e ON e.id = o.event_id WHERE o.organisation_id = here AND {_EVENT}",
        ),
        _hidden(
            "answers",
            f"""SELECT r.id FROM ledger_rememberedanswer r JOIN ledger_event e ON e.id = r.event_id
    WHERE r.organisation_id = here AND r.actor_id = muster.person() AND {_EVENT}""",
        ),
        # The groups of monitoring that a hidden signal stands for, as numbers that tell nothing.
        _hidden(
            "groups",
            """SELECT hashtextextended(s.integration_id || s.group_key, 0) FROM incidents_signal s
    WHERE s.organisation_id = here AND s.incident_id = ANY (hidden) AND s.integration_id IS NOT NULL""",
        ),
        # What an auditor read of it, who was named on it once, or while it was not restricted yet.
        _hidden(
            "reads",
            """SELECT e.id FROM ledger_event e JOIN incidents_incident i ON i.id = ANY (hidden)
    WHERE e.organisation_id = here AND e.kind = 'auditor.read'
      AND (strpos(e.data ->> 'path', i.ref) > 0 OR e.data ->> 'path' ~ ('INC-' || i.number || '([^0-9]|$)'))""",
        ),
    )
)

# Since when raw requests of an integration may speak of something hidden: from the first hidden signal on. A body may speak of several
# groups, repeat an alert in another one, or be refused and have none; whatever came through the same door since is hidden with it.
HIDDEN_SOURCES = """
CREATE FUNCTION muster.hidden_sources() RETURNS jsonb LANGUAGE plpgsql STABLE SECURITY DEFINER
  SET search_path = public, pg_temp AS $$
DECLARE hidden bigint[] := muster.hidden_incidents(); here bigint := muster.organisation();
BEGIN
  IF cardinality(hidden) = 0 THEN RETURN '{}'; END IF;
  RETURN (SELECT coalesce(jsonb_object_agg(f.integration_id, f.since), '{}') FROM (
    SELECT s.integration_id, extract(epoch FROM min(least(s.opened_at, a.received_at))) AS since FROM incidents_signal s
    LEFT JOIN incidents_alert a ON a.organisation_id = s.organisation_id AND a.signal_id = s.id
    WHERE s.organisation_id = here AND s.incident_id = ANY (hidden) AND s.integration_id IS NOT NULL GROUP BY 1) f);
END $$;
DROP POLICY need_to_know_before ON incidents_inbound;
CREATE POLICY need_to_know_before ON incidents_inbound AS RESTRICTIVE TO {role} USING (integration_id IS NULL OR received_at <
  coalesce(to_timestamp(((SELECT muster.hidden_sources()) ->> integration_id::text)::double precision) - interval '1 minute', 'infinity'));

CREATE OR REPLACE FUNCTION muster.hidden_reads() RETURNS SETOF bigint LANGUAGE plpgsql STABLE SECURITY DEFINER
  SET search_path = public, pg_temp AS $$
DECLARE hidden bigint[] := muster.hidden_incidents(); here bigint := muster.organisation();
BEGIN
  IF cardinality(hidden) = 0 THEN RETURN; END IF;
  RETURN QUERY SELECT e.id FROM ledger_event e JOIN incidents_incident i ON i.id = ANY (hidden)
    WHERE e.organisation_id = here AND e.kind = 'auditor.read' AND (strpos(upper(e.data ->> 'path'), i.ref) > 0
      OR upper(e.data ->> 'path') ~ ('INC-' || i.number || '([^0-9]|$)'));
END $$;
DROP FUNCTION muster.hidden_groups();
"""

DUE_EXPIRIES = """
CREATE FUNCTION muster.due_expiries(timestamptz, integer) RETURNS TABLE (organisation_id bigint, id bigint) LANGUAGE sql STABLE
SECURITY DEFINER SET search_path = public, pg_temp AS
$$ SELECT n.organisation_id, n.id FROM incidents_needtoknow n WHERE n.removed_at IS NULL AND n.expires_at <= $1
  ORDER BY n.expires_at LIMIT $2 $$;
"""

DUE_QUIET = """
CREATE FUNCTION muster.due_quiet(timestamptz, integer) RETURNS TABLE (organisation_id bigint, id bigint) LANGUAGE sql STABLE
SECURITY DEFINER SET search_path = public, pg_temp AS
$$ SELECT s.organisation_id, s.id FROM incidents_signal s WHERE s.state = 'suppressed' AND s.is_open AND s.quiet_until <= $1
  ORDER BY s.quiet_until LIMIT $2 $$;
"""


def _wall(table: str, condition: str, name: str = "need_to_know_before") -> str:
    return f"CREATE POLICY {name} ON {table} AS RESTRICTIVE TO {{role}} USING ({condition});\n"


_PAGE_CLOCK = "incident_id IS NOT NULL OR subject_type <> 'oncall.page' OR subject_id NOT IN (SELECT muster.hidden_pages())"

OTHER_WALLS = "".join(
    (
        _wall(
            "ledger_event",
            """incident_id IS NOT NULL OR CASE subject_type
  WHEN 'incidents.signal' THEN subject_id NOT IN (SELECT muster.hidden_signals())
  WHEN 'incidents.alert' THEN subject_id NOT IN (SELECT muster.hidden_alerts())
  WHEN 'oncall.page' THEN subject_id NOT IN (SELECT muster.hidden_pages())
  WHEN 'standard.clock' THEN subject_id NOT IN (SELECT muster.hidden_clocks())
  WHEN 'tenants.organisation' THEN kind <> 'auditor.read' OR id NOT IN (SELECT muster.hidden_reads())
  ELSE true END""",
        ),
        _wall("incidents_historicalsignal", "incident_id IS NOT NULL OR id NOT IN (SELECT muster.hidden_signals())"),
        _wall("oncall_historicalpage", "incident_id IS NOT NULL OR id NOT IN (SELECT muster.hidden_pages())"),
        _wall("oncall_pagestep", "incident_id IS NOT NULL OR page_id NOT IN (SELECT muster.hidden_pages())"),
        _wall("standard_clock", _PAGE_CLOCK),
        _wall("standard_historicalclock", _PAGE_CLOCK),
        _wall(
            "notifications_delivery",
            "incident_id IS NOT NULL OR template <> 'page' OR subject_id NOT IN (SELECT muster.hidden_pages())",
        ),
        _wall("notifications_attempt", "incident_id IS NOT NULL OR delivery_id NOT IN (SELECT muster.hidden_deliveries())"),
        _wall("notifications_queueddelivery", "delivery_id NOT IN (SELECT muster.hidden_queued())"),
        _wall("ledger_outbox", "id NOT IN (SELECT muster.hidden_outbox())"),
        # An answer is for whoever asked; of those that tell of something hidden, for nobody.
        _wall("ledger_rememberedanswer", "actor_id = coalesce((SELECT muster.person()), 0) OR (SELECT muster.own_work())", "own"),
        _wall("ledger_rememberedanswer", "id NOT IN (SELECT muster.hidden_answers())"),
        _wall(
            "incidents_inbound",
            "group_key = '' OR integration_id IS NULL "
            "OR hashtextextended(integration_id || group_key, 0) NOT IN (SELECT muster.hidden_groups())",
        ),
    )
)

# The same rule for whoever asks about certain incidents: the wall of a person (muster.hidden_sources, who asks it as the owner about what is
# hidden from them) and the making of packs, which runs as Muster itself and sees everything. It runs as whoever calls it, behind their walls.
SOURCES_SINCE = """
CREATE FUNCTION muster.sources_since(about bigint[]) RETURNS jsonb LANGUAGE plpgsql STABLE SET search_path = public, pg_temp AS $$
DECLARE here bigint := muster.organisation();
BEGIN
  RETURN (SELECT coalesce(jsonb_object_agg(f.integration_id, f.since), '{}') FROM (
    SELECT s.integration_id, extract(epoch FROM min(least(s.opened_at, a.received_at)) - interval '1 minute') AS since FROM incidents_signal s
    LEFT JOIN incidents_alert a ON a.organisation_id = s.organisation_id AND a.signal_id = s.id
    WHERE s.organisation_id = here AND s.incident_id = ANY (about) AND s.integration_id IS NOT NULL GROUP BY 1) f);
END $$;
CREATE OR REPLACE FUNCTION muster.hidden_sources() RETURNS jsonb LANGUAGE plpgsql STABLE SECURITY DEFINER
  SET search_path = public, pg_temp AS $$
DECLARE hidden bigint[] := muster.hidden_incidents();
BEGIN
  IF cardinality(hidden) = 0 THEN RETURN '{}'; END IF;
  RETURN muster.sources_since(hidden);
END $$;
ALTER POLICY need_to_know_before ON incidents_inbound USING (integration_id IS NULL OR received_at <
  coalesce(to_timestamp(((SELECT muster.hidden_sources()) ->> integration_id::text)::double precision), 'infinity'));
"""

# A reaction that was set aside, and tried again, is a reaction to an event; of an event of no incident its try tells what that tells.
HIDDEN_TRIES = (
    _hidden(
        "tries",
        f"""SELECT e.id FROM ledger_event e WHERE e.organisation_id = here AND {_EVENT} AND e.id IN (
    SELECT t.subject_id FROM ledger_event t WHERE t.organisation_id = here AND t.subject_type = 'ledger.event' AND t.incident_id IS NULL)""",
    )
    + """
ALTER POLICY need_to_know_before ON ledger_event USING (incident_id IS NOT NULL OR CASE subject_type
  WHEN 'incidents.signal' THEN subject_id NOT IN (SELECT muster.hidden_signals())
  WHEN 'incidents.alert' THEN subject_id NOT IN (SELECT muster.hidden_alerts())
  WHEN 'oncall.page' THEN subject_id NOT IN (SELECT muster.hidden_pages())
  WHEN 'standard.clock' THEN subject_id NOT IN (SELECT muster.hidden_clocks())
  WHEN 'ledger.event' THEN subject_id NOT IN (SELECT muster.hidden_tries())
  WHEN 'tenants.organisation' THEN kind <> 'auditor.read' OR id NOT IN (SELECT muster.hidden_reads())
  ELSE true END);
"""
)
