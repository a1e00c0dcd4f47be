"""Who acts: a person, the system itself, an integration or a rule, in one organisation, through one surface."""

from dataclasses import dataclass, field
from enum import StrEnum


class Role(StrEnum):
    """Membership roles. An auditor holds no other role in the same organisation (clause people.auditor)."""

    PRACTITIONER = "practitioner"
    PROCESS_OWNER = "process_owner"
    ADMINISTRATOR = "administrator"
    AUDITOR = "auditor"
    SUPPORT = "support"
    EXECUTIVE = "executive"

    @property
    def label(self) -> str:
        """The role's name for people."""
        return self.value.replace("_", " ").capitalize()


class Duty(StrEnum):
    """Named seats of the whole organisation; a team's manager and a service's product owner stand on those."""

    ENGINEERING_DIRECTOR = "engineering_director"
    EXECUTIVE_TEAM = "executive_team"
    PRIVACY_OFFICER = "privacy_officer"
    LEGAL_COUNSEL = "legal_counsel"
    PR = "pr"
    CFO = "cfo"

    @property
    def label(self) -> str:
        """The duty's name for people."""
        return {"pr": "PR", "cfo": "CFO"}.get(self.value, self.value.replace("_", " ").capitalize())


class Via(StrEnum):
    """The surface through which somebody acts. Every event says it."""

    WEB = "web"
    API = "api"
    EMAIL = "email"
    HOOK = "hook"
    ADMIN = "admin"
    CLOCK = "clock"
    RELAY = "relay"
    COMMAND = "command"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who is acting. Actions take it as `by`; it is recorded with each event as a snapshot.

    `user_id` is None for the system, an integration and a rule. `scopes` limits what a token may do ("read", "write").
    """

    organisation_id: int
    name: str
    via: Via
    kind: str = "person"
    user_id: int | None = None
    email: str = ""
    roles: frozenset[Role] = field(default_factory=frozenset)
    scopes: frozenset[str] = frozenset({"read", "write"})
    request_id: str = ""

    @property
    def person_id(self) -> int:
        """The user id of a person. Raises RuntimeError for an actor that is none: the rules let only people get there."""
        if self.user_id is None:
            raise RuntimeError(f"{self.name} is no person and cannot do this.")
        return self.user_id

    def has(self, *roles: Role) -> bool:
        """Whether the actor holds any of `roles`."""
        return not self.roles.isdisjoint(roles)

    @property
    def is_system(self) -> bool:
        """Whether Muster itself acts (a clock, a reaction, a rule)."""
        return self.kind == "system"


def system(organisation_id: int, via: Via) -> Actor:
    """Muster itself, acting in one organisation."""
    return Actor(organisation_id=organisation_id, name="Muster", via=via, kind="system")
