"""System checks: a misconfiguration is a sentence with a hint, before anything is served."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register


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


@register(Tags.database)
def serving_role_is_plain(app_configs: Any, databases: Any = None, **_: Any) -> list[CheckMessage]:
    """The role that serves requests owns nothing and passes no wall (run by `check --database default` and at start-up)."""
    from django.db import connection

    if settings.AS_OWNER or not databases:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT rolsuper OR rolbypassrls, EXISTS (SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
            "WHERE c.relowner = r.oid AND n.nspname IN ('public', 'muster')) FROM pg_roles r WHERE rolname = current_user"
        )
        passes_walls, owns = cursor.fetchone()
    if passes_walls or owns:
        what = "is a superuser or has BYPASSRLS" if passes_walls else "owns tables"
        hint = "Make the roles with `manage.py roles`, and put the serving one into DATABASE_URL."
        return [Error(f"The role of DATABASE_URL {what}: the walls between tenants would not hold.", hint=hint, id="muster.E002")]
    return []
