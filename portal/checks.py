"""System checks: a misconfiguration is a sentence with a hint, before anything is served."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.exceptions import ImproperlyConfigured
from django.db import connections

from notifications import webpush
from tenants import context


@register(Tags.security, deploy=True)
def secret_is_set(app_configs: Any, **_: Any) -> list[CheckMessage]:
    """A secret key of the deployment's own."""
    if settings.SECRET_KEY.startswith("insecure-"):
        return [
            Error(
                "No secret key is set.", hint="Set MUSTER_SECRET_KEY_FILE to a file with 50 random characters.", id="muster.E001"
            )
        ]
    return []


@register(Tags.security, deploy=True)
def contexts_can_be_signed(app_configs: Any, **_: Any) -> list[CheckMessage]:
    """A key with which the database is told whose request it is."""
    try:
        context.pads(settings.CONTEXT_KEY)
    except ImproperlyConfigured as error:
        hint = "Make one, the same for every process, and run `manage.py migrate`."
        return [Error(str(error), hint=hint, id="muster.E005")]
    return []


@register(Tags.compatibility)
def contact_methods_can_be_sent_to(app_configs: Any, **_: Any) -> list[CheckMessage]:
    """What deployments set about contact methods is found wrong here, and not by whoever is to be paged."""
    found: list[CheckMessage] = []
    for name in ("MUSTER_SMS_URL", "MUSTER_VOICE_URL"):
        if getattr(settings, name) and "{to}" not in getattr(settings, name):
            hint = "Write {to} where the number goes, such as twilio://SID:TOKEN@+15550100/{to}."
            found.append(Error(f"{name} says nowhere whom to send to.", hint=hint, id="muster.E003"))
    try:
        webpush.public_key()
    except (OSError, ValueError, TypeError) as error:
        hint = "Name a PEM file with a private key of the curve P-256, or leave MUSTER_VAPID_KEY_FILE out."
        found.append(Error(f"The key of browser push cannot be read: {error}", hint=hint, id="muster.E004"))
    return found


@register(Tags.database)
def roles_are_plain(app_configs: Any, databases: Any = None, **_: Any) -> list[CheckMessage]:
    """The roles that serve own nothing and pass no wall, and the auditor's writes nothing (run by `check --database default --database auditor`)."""
    if settings.AS_OWNER or not databases:
        return []
    found: list[CheckMessage] = []
    for alias in databases:
        with connections[alias].cursor() as cursor:
            cursor.execute(
                "SELECT rolsuper OR rolbypassrls, EXISTS (SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
                "WHERE c.relowner = r.oid AND n.nspname IN ('public', 'muster')), EXISTS (SELECT 1 FROM pg_class c "
                "WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') "
                "AND has_table_privilege(c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE')) FROM pg_roles r WHERE rolname = current_user"
            )
            passes_walls, owns, writes = cursor.fetchone()
        variable = "DATABASE_AUDITOR_URL" if alias == "auditor" else "DATABASE_URL"
        hint = f"Make the roles with `manage.py roles`, and put the right one into {variable}."
        if passes_walls or owns:
            what = "is a superuser or has BYPASSRLS" if passes_walls else "owns tables"
            found.append(
                Error(f"The role of {variable} {what}: the walls between tenants would not hold.", hint=hint, id="muster.E002")
            )
        elif writes and alias == "auditor":
            found.append(Error("The role of DATABASE_AUDITOR_URL may write: auditors only read.", hint=hint, id="muster.E006"))
    return found
