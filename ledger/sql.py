"""The ledger's own SQL: numbering of an incident's events, and the opening through which due outbox rows are found."""

EVENT_STAMP = """
CREATE FUNCTION muster.stamp_event() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF NEW.incident_id IS NULL THEN
    NEW.seq := NULL;
  ELSE
    INSERT INTO ledger_incidentsequence (organisation_id, incident_id, last_seq) VALUES (NEW.organisation_id, NEW.incident_id, 1)
    ON CONFLICT (organisation_id, incident_id) DO UPDATE SET last_seq = ledger_incidentsequence.last_seq + 1
    RETURNING last_seq INTO NEW.seq;
  END IF;
  NEW.recorded_at := clock_timestamp(); -- after the wait for the counter's row, so that seq and recorded_at run alike
  RETURN NEW;
END $$;
CREATE TRIGGER stamp BEFORE INSERT ON ledger_event FOR EACH ROW EXECUTE FUNCTION muster.stamp_event();
ALTER TABLE ledger_event ENABLE ALWAYS TRIGGER stamp;
"""

DUE_OUTBOX = """
CREATE FUNCTION muster.due_outbox(timestamptz, integer) RETURNS TABLE (organisation_id bigint, id bigint) LANGUAGE sql STABLE
SECURITY DEFINER SET search_path = public, pg_temp AS
$$ SELECT o.organisation_id, o.id FROM ledger_outbox o WHERE o.next_try_at <= $1 ORDER BY o.next_try_at LIMIT $2 $$;
"""

FORGET_ANSWERS = """
CREATE FUNCTION muster.forget_answers(timestamptz) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS
$$ DELETE FROM ledger_rememberedanswer WHERE created_at < $1 $$;
"""
