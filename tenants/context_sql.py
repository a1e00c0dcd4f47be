"""What the database asks of a context (tenants/context.py): the functions that believe it, and the key that they compare with."""

# Whose word counts. A context is believed if it carries the HMAC-SHA-256 of a key that the serving role cannot read, was made for this
# backend, and not (much) before this transaction began: what was set elsewhere, or before, opens nothing. The two codes are compared as hashes
# with the key, so that how long it takes tells nothing. Parallel workers have backends of their own: only the leader asks.
SIGNED_CONTEXT = """
CREATE TABLE muster.context_key (id text PRIMARY KEY, inner_pad bytea NOT NULL CHECK (length(inner_pad) = 64),
  outer_pad bytea NOT NULL CHECK (length(outer_pad) = 64), installed_at timestamptz NOT NULL DEFAULT clock_timestamp());
REVOKE ALL ON muster.context_key FROM PUBLIC, {role};

-- What the context says: the key's id, organisation, person, surface, when, for which backend; NULL where it is not believed.
CREATE FUNCTION muster.context() RETURNS text[] LANGUAGE plpgsql STABLE SECURITY DEFINER PARALLEL RESTRICTED
  SET search_path = public, pg_temp AS $$
DECLARE given text := current_setting('muster.context', true); said text; part text[]; inside bytea; outside bytea;
BEGIN
  IF given IS NULL OR given = '' THEN RETURN NULL; END IF;
  said := left(given, -65);
  part := string_to_array(said, ' ');
  IF cardinality(part) <> 6 OR part[6] <> pg_backend_pid()::text THEN RETURN NULL; END IF;
  SELECT k.inner_pad, k.outer_pad INTO inside, outside FROM muster.context_key k WHERE k.id = part[1];
  IF inside IS NULL OR sha256(outside || convert_to(encode(sha256(outside || sha256(inside || convert_to(said, 'UTF8'))), 'hex'), 'UTF8'))
     <> sha256(outside || convert_to(right(given, 64), 'UTF8')) THEN RETURN NULL; END IF;
  IF part[5]::double precision < date_part('epoch', now()) - 5 OR part[5]::double precision > date_part('epoch', clock_timestamp()) + 5 THEN
    RETURN NULL;
  END IF;
  RETURN part;
END $$;

CREATE OR REPLACE FUNCTION muster.organisation() RETURNS bigint LANGUAGE sql STABLE PARALLEL RESTRICTED
  AS $$ SELECT nullif((muster.context())[2], '')::bigint $$;
CREATE OR REPLACE FUNCTION muster.person() RETURNS bigint LANGUAGE sql STABLE PARALLEL RESTRICTED
  AS $$ SELECT nullif((muster.context())[3], '')::bigint $$;
-- Muster's own work is nobody's in particular, at one of the surfaces that no person has.
CREATE FUNCTION muster.own_work(text[]) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT coalesce($1[3:4] IN (ARRAY['', 'clock'], ARRAY['', 'relay'], ARRAY['', 'hook'], ARRAY['', 'command']), false) $$;
CREATE OR REPLACE FUNCTION muster.own_work() RETURNS boolean LANGUAGE sql STABLE PARALLEL RESTRICTED AS
$$ SELECT muster.own_work(muster.context()) $$;

CREATE OR REPLACE FUNCTION muster.hidden_incidents() RETURNS bigint[] LANGUAGE plpgsql STABLE SECURITY DEFINER
  SET search_path = public, pg_temp AS $$
DECLARE said text[] := muster.context(); here bigint; who bigint; hidden bigint[];
BEGIN
  IF muster.own_work(said) THEN
    RETURN '{}';
  END IF;
  here := nullif(said[2], '');
  who := nullif(said[3], '');
  SELECT array_agg(i.id) INTO hidden FROM incidents_incident i
  WHERE i.organisation_id = here AND i.restricted AND NOT EXISTS (
    SELECT 1 FROM incidents_needtoknow n WHERE n.organisation_id = i.organisation_id AND n.incident_id = i.id
      AND n.user_id = who AND n.removed_at IS NULL AND (n.expires_at IS NULL OR n.expires_at > now()));
  RETURN coalesce(hidden, '{}');
END $$;
"""
