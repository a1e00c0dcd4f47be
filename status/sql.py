"""What the database itself keeps of the status page: nothing restricted and no drill is there; what is held is not deleted."""

# Asked of the incident at the moment of writing. It runs as the owner, whom no wall hides anything from.
PUBLIC_ONLY = """
CREATE FUNCTION muster.public_only() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM incidents_incident i
             WHERE i.organisation_id = NEW.organisation_id AND i.id = NEW.incident_id AND (i.restricted OR i.exercise)) THEN
    RAISE EXCEPTION '% on % is refused: nothing of a restricted incident, or of a drill, is public', lower(TG_OP), TG_TABLE_NAME
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;

CREATE TRIGGER public_only BEFORE INSERT ON status_publicincident FOR EACH ROW EXECUTE FUNCTION muster.public_only();
CREATE TRIGGER public_only BEFORE INSERT ON status_publicupdate FOR EACH ROW EXECUTE FUNCTION muster.public_only();
CREATE TRIGGER public_only BEFORE INSERT ON status_publicpostmortem FOR EACH ROW EXECUTE FUNCTION muster.public_only();
CREATE TRIGGER public_again BEFORE UPDATE ON status_publicpostmortem FOR EACH ROW
  WHEN (NEW.withdrawn_at IS NULL) EXECUTE FUNCTION muster.public_only();
ALTER TABLE status_publicincident ENABLE ALWAYS TRIGGER public_only;
ALTER TABLE status_publicupdate ENABLE ALWAYS TRIGGER public_only;
ALTER TABLE status_publicpostmortem ENABLE ALWAYS TRIGGER public_only;
ALTER TABLE status_publicpostmortem ENABLE ALWAYS TRIGGER public_again;
"""

# What a legal hold keeps (compliance/holds_sql.py has the function).
HELD = "".join(
    f"""
CREATE TRIGGER held BEFORE DELETE ON status_{name} FOR EACH ROW EXECUTE FUNCTION muster.refuse_held('incident_id', '', '');
ALTER TABLE status_{name} ENABLE ALWAYS TRIGGER held;
"""
    for name in ("publicincident", "publicpostmortem")
)
