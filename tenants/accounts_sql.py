"""The opening by which an organisation's administrator reaches an account that the walls hide: to make its person a member."""

ACCOUNT_FOR = """
-- The account of whoever signs in with this e-mail address, made where there is none; null for one that is switched off. It returns an
-- id, and nothing of what another organisation knows of its person. What is made has no password that opens it: as Django writes that,
-- "!" and chance.
CREATE FUNCTION muster.account_for(wanted text, called text) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER
  SET search_path = public, pg_temp AS $$
DECLARE found bigint;
BEGIN
  IF muster.organisation() IS NULL THEN
    RAISE EXCEPTION 'An account is made for a member only.';
  END IF;
  SELECT user_id INTO found FROM account_emailaddress WHERE lower(email) = lower(wanted) AND verified LIMIT 1;
  IF found IS NOT NULL THEN
    RETURN (SELECT id FROM tenants_user WHERE id = found AND is_active);
  END IF;
  INSERT INTO tenants_user (email, name, password, time_zone, is_active, joined_at)
    VALUES (lower(wanted), called, '!' || replace(gen_random_uuid()::text, '-', ''), 'UTC', true, now()) ON CONFLICT DO NOTHING;
  SELECT id INTO found FROM tenants_user WHERE email = lower(wanted) AND is_active;
  INSERT INTO account_emailaddress (user_id, email, verified, "primary")
    SELECT id, email, true, true FROM tenants_user
    WHERE id = found AND NOT EXISTS (SELECT 1 FROM account_emailaddress WHERE user_id = found);
  RETURN found;
END $$;
REVOKE ALL ON FUNCTION muster.account_for(text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION muster.account_for(text, text) TO {role};
"""
