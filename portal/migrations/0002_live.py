"""Tell the live streams at once when a membership, a person, a token or a session opens less than before."""

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
    dependencies = [("portal", "0001_rights"), ("ledger", "0003_live"), ("tenants", "0002_walls"), ("sessions", "0001_initial")]
    operations = [Sql(REVOKE)]
