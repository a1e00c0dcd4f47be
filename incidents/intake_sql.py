"""The statements of intake: each works on sets, and finds its rows by key however large the planner believes a table to be."""

HOLD = """
SELECT k.digest, k.integration_id,
  pg_advisory_xact_lock(%(organisation)s::int, (k.integration_id %% 2147483648)::int),
  set_config('enable_seqscan', 'off', true), set_config('enable_hashjoin', 'off', true), set_config('enable_mergejoin', 'off', true),
  set_config('plan_cache_mode', 'force_generic_plan', true)
FROM (SELECT s.digest, s.integration_id FROM incidents_integrationsecret s JOIN incidents_integration i ON i.id = s.integration_id
      WHERE s.digest = ANY(%(digests)s::text[]) AND i.is_active ORDER BY s.integration_id OFFSET 0) k
"""
OPEN_SIGNALS = """
SELECT s.integration_id, s.group_key, s.id, s.state FROM incidents_signal s WHERE s.is_open AND s.id = ANY(ARRAY(
  SELECT o.id FROM unnest(%(digests)s::text[]) AS d CROSS JOIN unnest(%(groups)s::text[]) AS g
  CROSS JOIN LATERAL (SELECT k.integration_id FROM incidents_integrationsecret k WHERE k.digest = d OFFSET 0) k
  CROSS JOIN LATERAL (SELECT o.id FROM incidents_signal o
    WHERE o.integration_id = k.integration_id AND o.group_key = g AND o.kind = 'alerts' AND o.is_open OFFSET 0) o))
ORDER BY s.id FOR KEY SHARE
"""

KNOWN = """
SELECT t.i, t.f, t.s FROM json_to_recordset(%(keys)s::json) AS t(i bigint, f text, s timestamptz) CROSS JOIN LATERAL (
  SELECT o.state, o.last_seen_at FROM incidents_alert o
  WHERE o.integration_id = t.i AND o.fingerprint = t.f AND o.started_at = t.s OFFSET 0) o
WHERE o.state = 'firing' OR o.last_seen_at > %(late)s OR EXISTS (SELECT 1 FROM incidents_alert n
  WHERE n.integration_id = t.i AND n.fingerprint = t.f AND n.started_at > t.s OFFSET 0)
"""

SAID = """said AS MATERIALIZED (SELECT * FROM json_to_recordset(%(alerts)s::json) AS t(integration_id bigint, fingerprint text,
  started_at timestamptz, signal_id bigint, name text, summary text, labels jsonb, annotations jsonb, url text, ended_at timestamptz))"""

# Each request as it came; and it is counted on its integration's pulse.
_KEEP = """
kept AS (INSERT INTO incidents_inbound (organisation_id, integration_id, headers, body, group_key, alerts, received_at, status, problem, note)
  SELECT (SELECT muster.organisation()), i, h, b, g, a, %(moment)s, 202, '', n
  FROM ROWS FROM (json_to_recordset(%(requests)s::json) AS (i bigint, h jsonb, a int, g text, n text), unnest(%(bodies)b::bytea[]))
    AS t(i, h, a, g, n, b)),
pulse AS (INSERT INTO incidents_integrationpulse (organisation_id, integration_id, last_heard_at, accepted, refused)
  SELECT (SELECT muster.organisation()), i, %(moment)s, count(*), 0 FROM json_to_recordset(%(requests)s::json) AS t(i bigint) GROUP BY i
  ON CONFLICT (organisation_id, integration_id) DO UPDATE
  SET last_heard_at = excluded.last_heard_at, accepted = incidents_integrationpulse.accepted + excluded.accepted)"""

# An event for each change of state, on the incident's timeline where the alert belongs to one.
TELL = """
INSERT INTO ledger_event (organisation_id, kind, subject_type, subject_id, incident_id, actor_kind, actor_name, via, request_id,
  occurred_at, data)
SELECT (SELECT muster.organisation()), 'alert.' || c.what, 'incidents.alert', c.id, c.incident_id, 'integration',
  coalesce(i.name, %(name)s), %(via)s, %(request_id)s, %(moment)s,
  jsonb_build_object('name', c.name, 'summary', c.summary, 'service', c.labels ->> 'service', 'fingerprint', c.fingerprint)
FROM changed c LEFT JOIN LATERAL (SELECT i.name FROM incidents_integration i WHERE i.id = c.integration_id OFFSET 0) i ON true
ORDER BY c.what DESC, c.id"""

CHANGED = "a.id, a.incident_id, a.integration_id, a.name, a.summary, a.labels, a.fingerprint"

_KEY = "organisation_id, integration_id, fingerprint, started_at"
_COLUMNS = f"{_KEY}, signal_id, incident_id, name, summary, labels, annotations, source_url, state, ended_at, received_at, last_seen_at, seen"
_VALUES = "said.name, said.summary, said.labels, said.annotations, said.url"

# A row that has ended fires again where this is said later than a late repeat could be; not where a later start is known.
_AGAIN = "(a.state = 'resolved' AND excluded.state = 'firing' AND a.last_seen_at <= %(late)s)"
# A row that fires ends where it is named beside its own next start.
_OVER = "(a.state = 'firing' AND excluded.state = 'resolved')"

# Insert new firing alerts, count repeats, end what a later start supersedes. A repeat of an alert whose signal was answered
# keeps that signal; a new alert needs the open one, and has ended where a later start of it is known already.
# Rows are looked up by LATERAL and changed by ON CONFLICT, so that each is found by its key, however large the planner believes
# the table to be.
FIRE = f"""
WITH {SAID}, {_KEEP},
ended AS (INSERT INTO incidents_alert AS a ({_COLUMNS})
  SELECT DISTINCT ON (o.id) (SELECT muster.organisation()), said.integration_id, said.fingerprint, o.started_at, o.signal_id,
    o.incident_id, {_VALUES}, 'resolved', said.started_at, %(moment)s, %(moment)s, 1
  FROM said CROSS JOIN LATERAL (SELECT o.* FROM incidents_alert o WHERE o.integration_id = said.integration_id
    AND o.fingerprint = said.fingerprint AND o.state = 'firing' AND o.started_at < said.started_at OFFSET 0) o
  WHERE (o.integration_id, o.fingerprint, o.started_at) NOT IN (SELECT s.integration_id, s.fingerprint, s.started_at FROM said s)
    -- those end below: no statement changes a row twice
  ORDER BY o.id, said.started_at
  ON CONFLICT ({_KEY}) DO UPDATE SET state = 'resolved', ended_at = excluded.ended_at, last_seen_at = excluded.last_seen_at
  WHERE a.state = 'firing' RETURNING {CHANGED}),
fired AS (INSERT INTO incidents_alert AS a ({_COLUMNS})
  SELECT (SELECT muster.organisation()), said.integration_id, said.fingerprint, said.started_at,
    coalesce(nullif(said.signal_id, 0), o.signal_id), s.incident_id, {_VALUES},
    CASE WHEN coalesce(said.ended_at, n.started_at) IS NULL THEN 'firing' ELSE 'resolved' END, coalesce(said.ended_at, n.started_at),
    %(moment)s, %(moment)s, 1
  FROM said LEFT JOIN LATERAL (SELECT s.incident_id FROM incidents_signal s WHERE s.id = said.signal_id OFFSET 0) s ON true
  LEFT JOIN LATERAL (SELECT o.signal_id FROM incidents_alert o WHERE said.signal_id = 0 AND o.integration_id = said.integration_id
    AND o.fingerprint = said.fingerprint AND o.started_at = said.started_at OFFSET 0) o ON true
  LEFT JOIN LATERAL (SELECT o.started_at FROM incidents_alert o WHERE o.integration_id = said.integration_id
    AND o.fingerprint = said.fingerprint AND o.started_at > said.started_at ORDER BY o.started_at LIMIT 1) n ON true
  ON CONFLICT ({_KEY}) DO UPDATE SET seen = a.seen + 1,
    last_seen_at = CASE WHEN a.state = 'firing' OR {_AGAIN} THEN excluded.last_seen_at ELSE a.last_seen_at END,
    state = CASE WHEN {_AGAIN} THEN 'firing' WHEN {_OVER} THEN 'resolved' ELSE a.state END,
    ended_at = CASE WHEN {_AGAIN} THEN NULL WHEN {_OVER} THEN excluded.ended_at ELSE a.ended_at END,
    signal_id = CASE WHEN {_AGAIN} THEN excluded.signal_id ELSE a.signal_id END,
    incident_id = CASE WHEN {_AGAIN} THEN excluded.incident_id ELSE a.incident_id END
  RETURNING {CHANGED}, a.state, CASE WHEN xmax = 0 THEN true WHEN a.state = 'resolved' THEN false
    ELSE (SELECT o.state = 'resolved' FROM incidents_alert o WHERE o.id = a.id) END AS is_new, -- as it was before this statement
    xmax <> 0 AND a.state = 'resolved' AND (SELECT o.state = 'firing' FROM incidents_alert o WHERE o.id = a.id) AS is_over),
changed AS (SELECT 'resolved' AS what, a.* FROM ended a
  UNION ALL SELECT 'fired', {CHANGED} FROM fired a WHERE is_new
  UNION ALL SELECT 'resolved', {CHANGED} FROM fired a WHERE is_over OR is_new AND a.state = 'resolved')
{TELL}"""

# End the alerts that are said to have ended, and only those: a resolve of an older start touches no newer one that began after that
# end, and one that was said before (with the same end) does not end what fires again since. What began before that end is the same
# alert, whose start its source has moved back since (Alertmanager does, once a second Prometheus tells of it).
RESOLVE = f"""
WITH {SAID},
changed AS (INSERT INTO incidents_alert AS a ({_COLUMNS})
  SELECT DISTINCT ON (o.id) (SELECT muster.organisation()), said.integration_id, said.fingerprint, o.started_at, o.signal_id,
    o.incident_id, {_VALUES}, 'resolved', said.ended_at, %(moment)s, %(moment)s, 1
  FROM said CROSS JOIN LATERAL (SELECT o.* FROM incidents_alert o WHERE o.integration_id = said.integration_id
    AND o.fingerprint = said.fingerprint AND o.started_at >= said.started_at AND o.state = 'firing'
    AND (o.started_at = said.started_at OR o.started_at < said.ended_at)
    AND o.ended_before IS DISTINCT FROM said.ended_at OFFSET 0) o
  ORDER BY o.id, said.started_at DESC
  ON CONFLICT ({_KEY}) DO UPDATE SET state = 'resolved', ended_at = excluded.ended_at, ended_before = excluded.ended_at,
    last_seen_at = excluded.last_seen_at
  WHERE a.state = 'firing' RETURNING {CHANGED}, 'resolved' AS what)
{TELL}"""

# The latest start of each key, for sources that name an alert by a key alone.
STARTS = """
SELECT t.i, t.f, o.started_at, o.state FROM json_to_recordset(%(keys)s::json) AS t(i bigint, f text) CROSS JOIN LATERAL (
  SELECT o.started_at, o.state FROM incidents_alert o WHERE o.integration_id = t.i AND o.fingerprint = t.f
  ORDER BY o.started_at DESC LIMIT 1) o
"""

# Its source says that somebody there has seen it: once.
ACKNOWLEDGE = f"""
WITH changed AS (UPDATE incidents_alert a SET acknowledged_at = %(moment)s
  FROM json_to_recordset(%(keys)s::json) AS t(i bigint, f text, s timestamptz)
  WHERE a.integration_id = t.i AND a.fingerprint = t.f AND a.started_at = t.s AND a.acknowledged_at IS NULL
  RETURNING {CHANGED}, 'acknowledged' AS what)
{TELL}"""
