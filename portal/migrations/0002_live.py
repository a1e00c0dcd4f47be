"""Tell the live streams at once when a membership, a person, a token, a session or a restriction lets somebody see less than before."""

from django.db import migrations

from ledger.live import CHANNEL
from tenants.walls import Sql

REVOKE = f"""
CREATE FUNCTION muster.revoke_member() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN PERFORM muster.revoke(OLD.organisation_id, OLD.user_id); RETURN NULL; END $$;
CREATE FUNCTION muster.revoke_person() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN PERFORM muster.revoke(NULL, OLD.id); RETURN NULL; END $$;

CREATE TRIGGER live AFTER UPDATE ON tenants_membership FOR EACH ROW
  WHEN (OLD.is_active IS DISTINCT FROM NEW.is_active OR OLD.roles IS DISTINCT FROM NEW.roles)
  EXECUTE FUNCTION muster.revoke_member();
CREATE TRIGGER live_end AFTER DELETE ON tenants_membership FOR EACH ROW EXECUTE FUNCTION muster.revoke_member();
CREATE TRIGGER live AFTER UPDATE ON tenants_apitoken FOR EACH ROW WHEN (OLD.revoked_at IS DISTINCT FROM NEW.revoked_at)
  EXECUTE FUNCTION muster.revoke_member();
CREATE TRIGGER live AFTER UPDATE ON tenants_user FOR EACH ROW
  WHEN (OLD.is_active IS DISTINCT FROM NEW.is_active OR OLD.password IS DISTINCT FROM NEW.password)
  EXECUTE FUNCTION muster.revoke_person();

-- An incident that is restricted is hidden from all who are not named on it; who is removed does not see it any more.
CREATE FUNCTION muster.revoke_incident() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN PERFORM muster.revoke(OLD.organisation_id, NULL, OLD.id); RETURN NULL; END $$;
CREATE FUNCTION muster.revoke_named() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN PERFORM muster.revoke(OLD.organisation_id, OLD.user_id, OLD.incident_id); RETURN NULL; END $$;
CREATE TRIGGER live AFTER UPDATE ON incidents_incident FOR EACH ROW WHEN (OLD.restricted IS DISTINCT FROM NEW.restricted)
  EXECUTE FUNCTION muster.revoke_incident();
CREATE TRIGGER live AFTER UPDATE ON incidents_needtoknow FOR EACH ROW
  WHEN (OLD.removed_at IS DISTINCT FROM NEW.removed_at OR OLD.expires_at IS DISTINCT FROM NEW.expires_at)
  EXECUTE FUNCTION muster.revoke_named();

-- Many sessions at once are old ones being cleared: then everybody is looked at again, with one message.
CREATE FUNCTION muster.end_sessions() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  IF (SELECT count(*) FROM ended) > 100 THEN
    PERFORM muster.revoke(NULL, NULL);
  ELSE
    PERFORM pg_notify('{CHANNEL}', 'session ' || encode(sha256(convert_to(session_key, 'UTF8')), 'hex')) FROM ended;
  END IF;
  RETURN NULL;
END $$;
CREATE TRIGGER live AFTER DELETE ON django_session REFERENCING OLD TABLE AS ended
  FOR EACH STATEMENT EXECUTE FUNCTION muster.end_sessions();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("portal", "0001_rights"),
        ("ledger", "0003_live"),
        ("incidents", "0004_room_walls"),
        ("tenants", "0002_walls"),
        ("sessions", "0001_initial"),
    ]
    operations = [Sql(REVOKE)]
