"""What an erasure takes out of the ledger: the bodies of the entries that tell of somebody's contact methods, account and custodies.

Of what a legal hold asked them to keep, the rows that those entries were of lose their words with them.
Chosen by table and row, never by words: what somebody did stays, and names them (docs/guide-legal-holds.md).
"""

ERASING = """
-- By the row that an entry tells of, where it tells of no incident: for what packs and erasures look up. (Those of incidents have an index.)
CREATE INDEX entry_of_no_incident ON ledger_entry (organisation_id, "table", pk) WHERE incident_id IS NULL;

-- The entries of the open organisation that still hold a person's data, each with its incident and the hold that keeps it; null for none.
-- `account`: those too that tell the account's name or address, for an account that is erased.
CREATE FUNCTION muster.personal_entries(person bigint, account boolean) RETURNS TABLE (entry bigint, incident bigint, hold bigint)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
WITH here AS MATERIALIZED (SELECT muster.organisation() AS id),
  method AS (SELECT DISTINCT m.id FROM here JOIN notifications_historicalcontactmethod m ON m.organisation_id = here.id WHERE m.user_id = $1),
  seat (kind, id) AS (
    SELECT 'tenants.membership', m.id FROM here JOIN tenants_historicalmembership m ON m.organisation_id = here.id WHERE m.user_id = $1
    UNION SELECT 'tenants.dutyholder', d.id FROM here JOIN tenants_historicaldutyholder d ON d.organisation_id = here.id WHERE d.user_id = $1),
  wanted (kind, pk) AS (
    SELECT 'notifications_historicalcontactmethod', id::text FROM method
    UNION SELECT 'ledger_event', e.id::text FROM here JOIN ledger_event e ON e.organisation_id = here.id
      WHERE e.subject_type = 'notifications.contactmethod' AND e.subject_id IN (SELECT id FROM method)
    UNION SELECT 'ledger_event', e.id::text FROM here JOIN ledger_event e ON e.organisation_id = here.id
      WHERE $2 AND e.kind = 'configuration.changed' AND (e.subject_type, e.subject_id) IN (SELECT kind, id FROM seat)
    UNION SELECT 'ledger_event', e.id::text FROM here JOIN ledger_event e ON e.organisation_id = here.id
      JOIN tenants_apitoken t ON t.organisation_id = e.organisation_id AND t.id = e.subject_id AND t.user_id = $1
      WHERE $2 AND e.kind = 'token.issued' AND e.subject_type = 'tenants.apitoken'
    UNION SELECT 'notifications_attempt', a.id::text FROM here JOIN notifications_delivery d ON d.organisation_id = here.id
      JOIN notifications_attempt a ON a.organisation_id = d.organisation_id AND a.delivery_id = d.id JOIN tenants_user u ON u.id = $1
      WHERE $2 AND d.recipient_id = $1 AND strpos(lower(a.detail), u.email) > 0)
SELECT e.id, e.incident_id, muster.held_in(e.organisation_id, e.incident_id, e.actor, e.at)
FROM here JOIN ledger_entry e ON e.organisation_id = here.id JOIN wanted w ON w.kind = e."table" AND w.pk = e.pk
WHERE e.body IS NOT NULL ORDER BY e.id $$;

-- Take their bodies and salts away, each with its ledger_redaction, for an erasure that waits and that somebody else asked for. Returns how many.
-- What a hold keeps stays, and so does all the rest then.
CREATE FUNCTION muster.redact_person(wish bigint, account boolean) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER
  SET search_path = public, pg_temp AS $$
DECLARE here bigint := muster.organisation(); me bigint := muster.person(); whom bigint; called text; one record; done bigint := 0;
BEGIN
  SELECT r.person_id INTO whom FROM compliance_erasurerequest r
  WHERE r.organisation_id = here AND r.id = wish AND r.state = 'asked' AND r.asked_by_id <> me;
  IF whom IS NULL THEN
    RAISE EXCEPTION 'no erasure % waits for this person''s decision', wish USING ERRCODE = 'insufficient_privilege';
  END IF;
  SELECT left(u.name, 120) INTO called FROM tenants_user u WHERE u.id = me;
  FOR one IN SELECT * FROM muster.personal_entries(whom, account) LOOP
    IF one.hold IS NOT NULL THEN
      RAISE EXCEPTION 'legal hold % keeps entry %', one.hold, one.entry USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    INSERT INTO ledger_redaction (organisation_id, entry, incident_id, by_id, by_name, reason)
    VALUES (here, one.entry, one.incident, me, called, 'Erasure ' || wish || ' of personal data');
    PERFORM muster.redact_entry(one.entry);
    done := done + 1;
  END LOOP;
  RETURN done;
END $$;
"""

# Of custodians, whose name and address stand on the task that they were asked by, in its history and in what tells of it: append-only rows,
# whose words go where the ledger has lost theirs, and not otherwise (docs/decisions/0031).
ERASING_CUSTODIANS = """
-- The tasks of a person, or of somebody outside by one of theirs (all that were sent to the same address), each with the hold that keeps it;
-- null once that was released.
CREATE FUNCTION muster.custody_of(person bigint, custodian bigint) RETURNS TABLE (task bigint, hold bigint)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
WITH here AS MATERIALIZED (SELECT muster.organisation() AS id),
  address AS (
    SELECT lower(u.email) AS email FROM tenants_user u WHERE u.id = $1
    UNION SELECT lower(c.email) FROM here JOIN compliance_custodiantask c ON c.organisation_id = here.id
      WHERE c.id = $2 AND c.person_id IS NULL AND c.erased_at IS NULL)
SELECT t.id, CASE WHEN h.released_at IS NULL THEN h.id END
FROM here JOIN compliance_custodiantask t ON t.organisation_id = here.id
JOIN incidents_legalhold h ON h.organisation_id = t.organisation_id AND h.id = t.hold_id
WHERE t.erased_at IS NULL AND (t.person_id = $1 OR (t.person_id IS NULL AND lower(t.email) IN (SELECT a.email FROM address a)))
ORDER BY t.id $$;

-- A row without the words that lead to a custodian: of somebody outside what they typed too. Other rows as they are.
CREATE FUNCTION muster.erased(kind text, r jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE SET search_path = pg_catalog AS $$
SELECT CASE $1
  WHEN 'compliance_historicalcustodiantask' THEN $2
    || jsonb_build_object('name', 'Erased custodian ' || ($2 ->> 'id'), 'email', 'erased-custodian-' || ($2 ->> 'id') || '@erased.invalid')
    || CASE WHEN $2 ->> 'person_id' IS NOT NULL THEN '{}'::jsonb
       ELSE jsonb_build_object('location', CASE WHEN $2 ->> 'location' = '' THEN '' ELSE 'erased' END, 'said', '') END
  WHEN 'compliance_custodianfile' THEN $2 || '{"name": "erased", "body": "\\\\x"}'
  WHEN 'notifications_attempt' THEN $2 || '{"detail": "erased"}'
  WHEN 'ledger_event' THEN CASE WHEN $2 ->> 'subject_type' <> 'compliance.custodiantask' THEN $2 ELSE $2
    || CASE WHEN $2 ->> 'actor_kind' = 'custodian'
       THEN jsonb_build_object('actor_name', 'Erased custodian ' || ($2 ->> 'subject_id')) ELSE '{}'::jsonb END
    || jsonb_build_object('data', ($2 -> 'data') || jsonb_build_object('custodian', 'Erased custodian ' || ($2 ->> 'subject_id'))
       || CASE WHEN $2 -> 'data' ->> 'person_id' IS NULL AND $2 -> 'data' ? 'location' THEN '{"location": "erased"}'::jsonb ELSE '{}'::jsonb END
       || CASE WHEN $2 -> 'data' ->> 'person_id' IS NULL AND $2 -> 'data' ? 'file' THEN '{"file": "erased"}'::jsonb ELSE '{}'::jsonb END) END
  ELSE $2 END $$;

-- An append-only row is never changed, but for one thing: it loses those words, and nothing else, once the ledger has lost all it had of it.
CREATE FUNCTION muster.keep_but_erased() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE was jsonb; told bigint; kept bigint;
BEGIN
  IF TG_OP = 'UPDATE' THEN
    was := to_jsonb(OLD);
    IF to_jsonb(NEW) IS DISTINCT FROM was AND to_jsonb(NEW) = muster.erased(TG_TABLE_NAME, was) THEN
      IF was ->> 'incident_id' IS NULL THEN
        SELECT count(*), count(e.body) INTO told, kept FROM ledger_entry e
        WHERE e.organisation_id = OLD.organisation_id AND e.incident_id IS NULL AND e."table" = TG_TABLE_NAME AND e.pk = OLD.id::text;
      ELSE
        SELECT count(*), count(e.body) INTO told, kept FROM ledger_entry e
        WHERE e.organisation_id = OLD.organisation_id AND e.incident_id = (was ->> 'incident_id')::bigint
          AND e."table" = TG_TABLE_NAME AND e.pk = OLD.id::text;
      END IF;
      IF told > 0 AND kept = 0 THEN RETURN NEW; END IF;
    END IF;
  END IF;
  RAISE EXCEPTION '% on % is refused: it is append-only, and words go only where an erasure took them out of the ledger',
    lower(TG_OP), TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
"""

ERASABLE = ("compliance_historicalcustodiantask", "compliance_custodianfile", "notifications_attempt", "ledger_event")

ERASING_CUSTODIANS += "".join(
    f"""
DROP TRIGGER append_only ON {table};
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION muster.keep_but_erased();
ALTER TABLE {table} ENABLE ALWAYS TRIGGER append_only;
"""
    for table in ERASABLE
)

ERASING_CUSTODIANS += """
DROP FUNCTION muster.personal_entries(bigint, boolean);

-- The entries of the open organisation that still hold a person's data, each with its incident and the hold that keeps it; null for none.
-- `account`: those too that tell the account's name or address, for an account that is erased. `custodian`: of somebody outside.
CREATE FUNCTION muster.personal_entries(person bigint, account boolean, custodian bigint)
  RETURNS TABLE (entry bigint, incident bigint, hold bigint)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
WITH here AS MATERIALIZED (SELECT muster.organisation() AS id),
  method AS (SELECT DISTINCT m.id FROM here JOIN notifications_historicalcontactmethod m ON m.organisation_id = here.id WHERE m.user_id = $1),
  seat (kind, id) AS (
    SELECT 'tenants.membership', m.id FROM here JOIN tenants_historicalmembership m ON m.organisation_id = here.id WHERE m.user_id = $1
    UNION SELECT 'tenants.dutyholder', d.id FROM here JOIN tenants_historicaldutyholder d ON d.organisation_id = here.id WHERE d.user_id = $1),
  custody AS MATERIALIZED (SELECT c.task, c.hold, t.person_id IS NULL AS outside, lower(t.email) AS email FROM here
    JOIN compliance_custodiantask t ON t.organisation_id = here.id JOIN muster.custody_of($1, $3) c ON c.task = t.id),
  wanted (kind, pk, hold) AS (
    SELECT 'notifications_historicalcontactmethod', id::text, NULL::bigint FROM method
    UNION SELECT 'ledger_event', e.id::text, NULL FROM here JOIN ledger_event e ON e.organisation_id = here.id
      WHERE e.subject_type = 'notifications.contactmethod' AND e.subject_id IN (SELECT id FROM method)
    UNION SELECT 'ledger_event', e.id::text, NULL FROM here JOIN ledger_event e ON e.organisation_id = here.id
      WHERE $2 AND e.kind = 'configuration.changed' AND (e.subject_type, e.subject_id) IN (SELECT kind, id FROM seat)
    UNION SELECT 'ledger_event', e.id::text, NULL FROM here JOIN ledger_event e ON e.organisation_id = here.id
      JOIN tenants_apitoken t ON t.organisation_id = e.organisation_id AND t.id = e.subject_id AND t.user_id = $1
      WHERE $2 AND e.kind = 'token.issued' AND e.subject_type = 'tenants.apitoken'
    UNION SELECT 'notifications_attempt', a.id::text, NULL FROM here JOIN notifications_delivery d ON d.organisation_id = here.id
      JOIN notifications_attempt a ON a.organisation_id = d.organisation_id AND a.delivery_id = d.id JOIN tenants_user u ON u.id = $1
      WHERE $2 AND d.recipient_id = $1 AND strpos(lower(a.detail), u.email) > 0
    UNION SELECT 'compliance_historicalcustodiantask', c.task::text, c.hold FROM custody c
    UNION SELECT 'compliance_custodianfile', f.id::text, c.hold FROM here JOIN custody c ON c.outside
      JOIN compliance_custodianfile f ON f.organisation_id = here.id AND f.task_id = c.task
    UNION SELECT 'ledger_event', e.id::text, c.hold FROM here JOIN ledger_event e ON e.organisation_id = here.id
      JOIN custody c ON e.subject_type = 'compliance.custodiantask' AND e.subject_id = c.task
    UNION SELECT 'notifications_attempt', a.id::text, c.hold FROM here JOIN custody c ON c.outside
      JOIN notifications_delivery d ON d.organisation_id = here.id AND d.template = 'custodian-outside' AND d.subject_id = c.task
      JOIN notifications_attempt a ON a.organisation_id = d.organisation_id AND a.delivery_id = d.id AND strpos(lower(a.detail), c.email) > 0)
SELECT e.id, e.incident_id, coalesce(muster.held_in(e.organisation_id, e.incident_id, e.actor, e.at), w.hold)
FROM here JOIN ledger_entry e ON e.organisation_id = here.id JOIN wanted w ON w.kind = e."table" AND w.pk = e.pk
WHERE e.body IS NOT NULL ORDER BY e.id $$;

-- Take their bodies and salts away, each with its ledger_redaction, and the words of custodians out of the rows, for an erasure that waits and
-- that somebody else asked for. Returns how many entries. What a hold keeps stays, and so does all the rest then.
CREATE OR REPLACE FUNCTION muster.redact_person(wish bigint, account boolean) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER
  SET search_path = public, pg_temp AS $$
DECLARE here bigint := muster.organisation(); me bigint := muster.person(); asked compliance_erasurerequest; called text; one record;
  done bigint := 0; tasks bigint[]; tries bigint[] := '{}';
BEGIN
  SELECT * INTO asked FROM compliance_erasurerequest r
  WHERE r.organisation_id = here AND r.id = wish AND r.state = 'asked' AND r.asked_by_id <> me;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'no erasure % waits for this person''s decision', wish USING ERRCODE = 'insufficient_privilege';
  END IF;
  SELECT left(u.name, 120) INTO called FROM tenants_user u WHERE u.id = me;
  SELECT coalesce(array_agg(c.task), '{}') AS ids, min(c.hold) AS hold INTO one FROM muster.custody_of(asked.person_id, asked.custodian_id) c;
  IF one.hold IS NOT NULL THEN
    RAISE EXCEPTION 'legal hold % keeps what this custodian was asked', one.hold USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  tasks := one.ids;
  FOR one IN SELECT * FROM muster.personal_entries(asked.person_id, account, asked.custodian_id) LOOP
    IF one.hold IS NOT NULL THEN
      RAISE EXCEPTION 'legal hold % keeps entry %', one.hold, one.entry USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    INSERT INTO ledger_redaction (organisation_id, entry, incident_id, by_id, by_name, reason)
    VALUES (here, one.entry, one.incident, me, called, 'Erasure ' || wish || ' of personal data');
    PERFORM muster.redact_entry(one.entry);
    tries := tries || ARRAY(SELECT e.pk::bigint FROM ledger_entry e WHERE e.id = one.entry AND e."table" = 'notifications_attempt');
    done := done + 1;
  END LOOP;
  UPDATE notifications_attempt SET detail = 'erased' WHERE organisation_id = here AND id = ANY(tries);
  UPDATE compliance_custodianfile f SET name = 'erased', body = ''
  WHERE f.organisation_id = here AND f.task_id = ANY(tasks)
    AND EXISTS (SELECT 1 FROM compliance_custodiantask t WHERE t.organisation_id = here AND t.id = f.task_id AND t.person_id IS NULL);
  UPDATE compliance_historicalcustodiantask h SET (name, email, location, said) =
    (SELECT n ->> 'name', n ->> 'email', n ->> 'location', n ->> 'said' FROM muster.erased('compliance_historicalcustodiantask', to_jsonb(h)) n)
  WHERE h.organisation_id = here AND h.id = ANY(tasks);
  UPDATE ledger_event e SET (actor_name, data) =
    (SELECT n ->> 'actor_name', n -> 'data' FROM muster.erased('ledger_event', to_jsonb(e)) n)
  WHERE e.organisation_id = here AND e.subject_type = 'compliance.custodiantask' AND e.subject_id = ANY(tasks);
  -- What a request was answered, and would be answered again.
  DELETE FROM ledger_rememberedanswer r USING ledger_event e
  WHERE r.organisation_id = here AND e.organisation_id = here AND e.id = r.event_id
    AND ((e.subject_type = 'compliance.custodiantask' AND e.subject_id = ANY(tasks))
      OR (e.subject_type = 'incidents.legalhold' AND e.subject_id IN
          (SELECT t.hold_id FROM compliance_custodiantask t WHERE t.organisation_id = here AND t.id = ANY(tasks))));
  RETURN done;
END $$;
"""
