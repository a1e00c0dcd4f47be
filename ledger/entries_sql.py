"""The ledger's functions in the database: how an entry is made, how it is kept, and how it may lose its body."""

# The envelope of docs/evidence-format.md, section 1. What is hashed is the text that stands in the row, never one made again.
ENVELOPE = """
CREATE FUNCTION muster.envelope(seq bigint, xid bigint, organisation bigint, incident bigint, tbl text, pk text, op text,
  at timestamptz, role text, actor bigint, digest bytea) RETURNS text LANGUAGE sql STABLE AS $$
SELECT '{"v":1,"seq":' || $1 || ',"xid":"' || $2 || '","organisation":' || $3 || ',"incident":' || coalesce($4::text, 'null') ||
  ',"table":"' || $5 || '","pk":' || to_json($6) || ',"op":"' || $7 || '","at":"' ||
  to_char($8 AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') || '","role":' || to_json($9) ||
  ',"actor":' || coalesce($10::text, 'null') || ',"body_sha256":"' || encode($11, 'hex') || '"}' $$;
"""

# Arguments: the column of the incident, whether the table is a history, and the column whose bytes stand in the body as their SHA-256
# (a file or a raw request would be there twice). PL/pgSQL looks at a column only where its branch is taken.
ENTER = """
CREATE FUNCTION muster.enter() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  number bigint := nextval('ledger_entry_id_seq'); wrote bigint := pg_current_xact_id()::text::bigint; moment timestamptz := clock_timestamp();
  grain bytea := uuid_send(gen_random_uuid()); said text; about bigint; done text := '+'; who bigint;
BEGIN
  IF TG_ARGV[0] = 'incident_id' THEN about := NEW.incident_id; ELSIF TG_ARGV[0] = 'id' THEN about := NEW.id; END IF;
  IF TG_ARGV[1] = 'history' THEN done := NEW.history_type; who := NEW.history_user_id; ELSE who := muster.person(); END IF;
  IF TG_ARGV[2] = 'body' THEN NEW.body := sha256(NEW.body); END IF;
  said := row_to_json(NEW)::text;
  INSERT INTO ledger_entry (id, xid, organisation_id, incident_id, "table", pk, op, at, role, actor, salt, body, envelope)
  VALUES (number, wrote, NEW.organisation_id, about, TG_TABLE_NAME, NEW.id::text, done, moment, session_user, who, grain, said,
    muster.envelope(number, wrote, NEW.organisation_id, about, TG_TABLE_NAME::text, NEW.id::text, done, moment, session_user::text, who,
                    sha256(grain || convert_to(said, 'UTF8'))));
  RETURN NULL;
END $$;
"""

# An entry is never changed, but for one thing: it loses salt and body, both, if this very transaction has said so in the ledger.
KEEP = """
CREATE FUNCTION muster.keep_entry() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF TG_OP = 'UPDATE' THEN
    IF NEW.salt IS NULL AND NEW.body IS NULL AND OLD.body IS NOT NULL AND OLD."table" <> 'ledger_redaction'
      AND ROW(NEW.id, NEW.xid, NEW.organisation_id, NEW.incident_id, NEW."table", NEW.pk, NEW.op, NEW.at, NEW.role, NEW.actor, NEW.envelope)
        IS NOT DISTINCT FROM
        ROW(OLD.id, OLD.xid, OLD.organisation_id, OLD.incident_id, OLD."table", OLD.pk, OLD.op, OLD.at, OLD.role, OLD.actor, OLD.envelope)
      AND EXISTS (SELECT 1 FROM ledger_redaction r JOIN ledger_entry e ON e.organisation_id = r.organisation_id
                  AND e."table" = 'ledger_redaction' AND e.pk = r.id::text AND e.xid = pg_current_xact_id()::text::bigint
                  WHERE r.organisation_id = OLD.organisation_id AND r.entry = OLD.id) THEN
      RETURN NEW;
    END IF;
  END IF;
  RAISE EXCEPTION '% on % is refused: it is append-only, and a body goes only with its ledger_redaction in the same transaction',
    lower(TG_OP), TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON ledger_entry FOR EACH ROW EXECUTE FUNCTION muster.keep_entry();
CREATE TRIGGER append_only_whole BEFORE TRUNCATE ON ledger_entry EXECUTE FUNCTION muster.refuse();
ALTER TABLE ledger_entry ENABLE ALWAYS TRIGGER append_only;
ALTER TABLE ledger_entry ENABLE ALWAYS TRIGGER append_only_whole;
REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON ledger_entry FROM {role};

-- For erasure: take salt and body of one entry of the open organisation away. The caller has inserted its ledger_redaction in this transaction.
-- Returns the entry's seq; NULL where there is none.
CREATE FUNCTION muster.redact_entry(bigint) RETURNS bigint LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS
$$ UPDATE ledger_entry SET salt = NULL, body = NULL WHERE id = $1 AND organisation_id = muster.organisation() RETURNING id $$;
"""

# What says nothing of which incident it is (configuration; what came in before there was one) is for Muster's own work, which makes packs.
KNOW = """
CREATE POLICY need_to_know_before ON {table} AS RESTRICTIVE TO {readers} USING (incident_id IS NOT NULL OR (SELECT muster.own_work()));
ALTER TABLE {table} ADD CONSTRAINT {table}_incident_id_within FOREIGN KEY (organisation_id, incident_id)
  REFERENCES incidents_incident (organisation_id, id) DEFERRABLE INITIALLY DEFERRED;
"""

# What the sealer may do, and the figures of it. `oldest_unsealed` asks as whoever calls it.
SEALING = """
GRANT USAGE ON SCHEMA muster, public TO {sealer};
GRANT SELECT (id, xid, organisation_id, at, envelope) ON ledger_entry TO {sealer};
GRANT SELECT, INSERT ON ledger_leaf, ledger_tile, ledger_checkpoint TO {sealer};
GRANT SELECT, INSERT, UPDATE ON ledger_sealstate, ledger_heartbeat TO {sealer};
GRANT SELECT (id, public_id) ON tenants_organisation TO {sealer};

CREATE FUNCTION muster.oldest_unsealed(bigint) RETURNS timestamptz LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
  SELECT e.at FROM ledger_entry e WHERE e.organisation_id = $1 AND e.xid >= coalesce((
      SELECT CASE WHEN c.system = (SELECT system_identifier FROM pg_control_system()) THEN c.through_xid END
      FROM ledger_checkpoint c WHERE c.organisation_id = $1 ORDER BY c.size DESC LIMIT 1), 0)
    AND NOT EXISTS (SELECT 1 FROM ledger_leaf l WHERE l.id = e.id) ORDER BY e.xid, e.id LIMIT 1 $$;
GRANT EXECUTE ON FUNCTION muster.oldest_unsealed(bigint) TO {sealer};
CREATE FUNCTION muster.seal_lag() RETURNS double precision LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS
$$ SELECT extract(epoch FROM clock_timestamp() - muster.oldest_unsealed(muster.organisation()))::double precision $$;
CREATE FUNCTION muster.seal_figures() RETURNS TABLE (lag double precision, halted bigint) LANGUAGE sql STABLE SECURITY DEFINER
SET search_path = public, pg_temp AS $$
  SELECT coalesce(max(extract(epoch FROM clock_timestamp() - muster.oldest_unsealed(o.id))), 0)::double precision,
    (SELECT count(*) FROM ledger_sealstate s WHERE s.halted_at IS NOT NULL) FROM tenants_organisation o $$;
"""
