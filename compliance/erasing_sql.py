"""What an erasure takes out of the ledger: the bodies of the entries that tell of somebody's contact methods and account.

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
