"""The roles of the database, and the database they meet in.

The owner owns every table and makes the changes (`manage.py migrate`); the serving role owns nothing, is held by the
tenants' policies, and serves every request and task; the auditor's role is held by the same policies, selects, and does nothing else;
the sealer's role adds to the sealed log, which no other may. `DATABASE_OWNER_URL`, `DATABASE_URL`, `DATABASE_AUDITOR_URL` and
`DATABASE_SEALER_URL` name them; the administrator, a superuser, is needed here only.
"""

from dataclasses import dataclass
from typing import LiteralString

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from portal.embedded.errors import EmbeddedError

LOCK = 6_108_783_297
"""Any number: two runs at once, of this and of nothing else, wait for each other."""

COMMON: LiteralString = "LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEROLE NOREPLICATION"
SERVING_RIGHTS: LiteralString = COMMON + " NOCREATEDB NOINHERIT"
# The tests clone databases; a database's owner may use its schema public only by inheriting that right (pg_database_owner).
OWNER_RIGHTS: LiteralString = COMMON + " CREATEDB INHERIT"

Connection = psycopg.Connection[tuple[object, ...]]


@dataclass(frozen=True)
class Login:
    """What a database URL says about who connects to what."""

    role: str
    password: str | None
    database: str

    @classmethod
    def of(cls, url: str, variable: str) -> "Login":
        """Read `url`, the value of `variable`."""
        try:
            parts = conninfo_to_dict(url)
        except psycopg.ProgrammingError as error:
            raise EmbeddedError(f"{variable} is not a database URL: {str(error).strip()}") from None
        role, database = parts.get("user"), parts.get("dbname")
        if not role or not database:
            raise EmbeddedError(f"{variable} must name a user and a database: postgresql://user@host/database")
        password = parts.get("password")
        return cls(str(role), None if password is None else str(password), str(database))


def make_roles(
    admin_url: str, owner_url: str, serving_url: str, auditor_url: str, sealer_url: str, *, for_tests: bool = False
) -> None:
    """Make the roles and their database, or bring existing ones to what they must be; running it again changes nothing.

    `for_tests` lets the serving role become the auditor's, whose rights are a part of its own: what a test has not committed, no
    other connection would see.
    """
    owner, serving = Login.of(owner_url, "DATABASE_OWNER_URL"), Login.of(serving_url, "DATABASE_URL")
    auditor, sealer = Login.of(auditor_url, "DATABASE_AUDITOR_URL"), Login.of(sealer_url, "DATABASE_SEALER_URL")
    for other, variable in ((serving, "DATABASE_URL"), (auditor, "DATABASE_AUDITOR_URL"), (sealer, "DATABASE_SEALER_URL")):
        if owner.database != other.database:
            raise EmbeddedError(
                f"DATABASE_OWNER_URL names the database {owner.database}, {variable} names {other.database}: it must be one."
            )
        if owner.role == other.role:
            raise EmbeddedError(
                f"DATABASE_OWNER_URL and {variable} both name the role {owner.role}: the role that serves must own nothing."
            )
    if serving.role == auditor.role:
        raise EmbeddedError(
            f"DATABASE_URL and DATABASE_AUDITOR_URL both name the role {auditor.role}: an auditor's role must write nothing."
        )
    if sealer.role in (serving.role, auditor.role):
        raise EmbeddedError(
            f"DATABASE_SEALER_URL names the role {sealer.role}, which is another's: only the sealer may add to the log."
        )
    try:
        with psycopg.connect(admin_url, autocommit=True) as admin:
            admin.execute("SELECT pg_advisory_lock(%s)", (LOCK,))
            _make_role(admin, owner, OWNER_RIGHTS)
            _make_role(admin, serving, SERVING_RIGHTS)
            for other in (auditor, sealer):
                _make_role(admin, other, SERVING_RIGHTS)
            names = {"serving": sql.Identifier(serving.role), "auditor": sql.Identifier(auditor.role)}
            admin.execute(sql.SQL("ALTER ROLE {auditor} SET default_transaction_read_only = on").format(**names))
            become: LiteralString = "GRANT {auditor} TO {serving}" if for_tests else "REVOKE {auditor} FROM {serving}"
            admin.execute(sql.SQL(become).format(**names))
            _make_database(admin, owner, serving, auditor, sealer)
            # The lock is held until the schemas are done too.
            with psycopg.connect(make_conninfo(admin_url, dbname=owner.database)) as inside:
                _make_schemas(inside, owner.role, serving.role, auditor.role, sealer.role)
    except psycopg.Error as error:
        raise EmbeddedError(f"The roles could not be made: {str(error).strip()}") from error


def _make_role(admin: Connection, login: Login, rights: LiteralString) -> None:
    role = sql.Identifier(login.role)
    if admin.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (login.role,)).fetchone() is None:
        admin.execute(sql.SQL("CREATE ROLE {}").format(role))
    admin.execute(sql.SQL("ALTER ROLE {} " + rights).format(role))
    if login.password is not None:
        # Hashed here, so that no server log ever holds it.
        hashed = admin.pgconn.encrypt_password(login.password.encode(), login.role.encode(), b"scram-sha-256").decode()
        admin.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(role, sql.Literal(hashed)))


def _make_database(admin: Connection, owner: Login, *others: Login) -> None:
    names = {"database": sql.Identifier(owner.database), "owner": sql.Identifier(owner.role)}
    if admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", (owner.database,)).fetchone() is None:
        admin.execute(sql.SQL("CREATE DATABASE {database} OWNER {owner} TEMPLATE template0 ENCODING 'UTF8'").format(**names))
    admin.execute(sql.SQL("ALTER DATABASE {database} OWNER TO {owner}").format(**names))
    for other in others:
        admin.execute(
            sql.SQL("GRANT CONNECT ON DATABASE {database} TO {other}").format(**names, other=sql.Identifier(other.role))
        )


def _make_schemas(inside: Connection, owner: str, serving: str, auditor: str, sealer: str) -> None:
    names = {"owner": sql.Identifier(owner), "serving": sql.Identifier(serving)}
    names |= {"auditor": sql.Identifier(auditor), "sealer": sql.Identifier(sealer)}
    statements: tuple[LiteralString, ...] = (
        "ALTER SCHEMA public OWNER TO {owner}",
        "REVOKE CREATE ON SCHEMA public FROM PUBLIC, {serving}, {auditor}, {sealer}",
        "CREATE SCHEMA IF NOT EXISTS muster AUTHORIZATION {owner}",
        "ALTER SCHEMA muster OWNER TO {owner}",
        "GRANT USAGE ON SCHEMA public, muster TO {serving}, {auditor}, {sealer}",
    )
    for statement in statements:
        inside.execute(sql.SQL(statement).format(**names))
