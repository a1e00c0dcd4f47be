"""What the serving role may do with the tables of libraries, which have no tenant; and the figures for /metrics."""

from django.db import migrations

from tenants.walls import Grant, Sql

FIGURES = """
CREATE FUNCTION muster.figures() RETURNS TABLE (outbox_waiting bigint, outbox_set_aside bigint, deliveries_waiting bigint,
  clocks_running bigint, clocks_due bigint) LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
SELECT (SELECT count(*) FROM ledger_outbox WHERE next_try_at IS NOT NULL),
       (SELECT count(*) FROM ledger_outbox WHERE next_try_at IS NULL),
       (SELECT count(*) FROM notifications_queueddelivery),
       (SELECT count(*) FROM standard_clock WHERE next_at IS NOT NULL),
       (SELECT count(*) FROM standard_clock WHERE next_at <= clock_timestamp()) $$;
"""


class Migration(migrations.Migration):
    initial = True
    dependencies = [
        ("incidents", "0002_guards"),
        ("sessions", "0001_initial"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("account", "__latest__"),
        ("mfa", "__latest__"),
    ]
    operations = [
        Grant("django_session"),
        Grant("django_content_type", "SELECT"),
        Grant("django_migrations", "SELECT"),
        Grant("account_emailaddress"),
        Grant("account_emailconfirmation"),
        Grant("mfa_authenticator"),
        Sql(FIGURES),
    ]
