"""What PostgreSQL tells the web processes, on one channel, when a transaction commits: ids, never content.

`event <organisation> <incident> <seq>` after timeline writes: one a statement and incident, with the last number, because notifying
makes commits queue for a moment. `revoke <organisation> <person> <incident>` (0 for any) where somebody may see less than before;
`session <SHA-256 of its key>` where a session has ended.
"""

CHANNEL = "muster_live"

NOTIFY = f"""
CREATE FUNCTION muster.tell_live() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM pg_notify('{CHANNEL}', concat_ws(' ', 'event', organisation_id, incident_id, max(seq)))
  FROM written WHERE incident_id IS NOT NULL GROUP BY organisation_id, incident_id;
  RETURN NULL;
END $$;
CREATE TRIGGER live AFTER INSERT ON ledger_event REFERENCING NEW TABLE AS written
  FOR EACH STATEMENT EXECUTE FUNCTION muster.tell_live();
ALTER TABLE ledger_event ENABLE ALWAYS TRIGGER live;

-- Whoever may see less from now on: a person (of an organisation, or wherever they are), or all who watch one incident.
CREATE FUNCTION muster.revoke(organisation bigint, person bigint, incident bigint DEFAULT NULL) RETURNS void LANGUAGE sql
  SET search_path = public, pg_temp
  AS $$ SELECT pg_notify('{CHANNEL}', concat_ws(' ', 'revoke', coalesce($1, 0), coalesce($2, 0), coalesce($3, 0))) $$;
"""
