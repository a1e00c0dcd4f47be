"""What the database itself does for a legal hold: it says what is held, and refuses that any of it goes (breach.preserve-logs).

One function, muster.held_during, answers "which hold keeps this?", and everything asks it: the triggers, the retention job, the rules,
packs. Most evidence needs no trigger of these: events, history, raw requests, attachments, deliveries are append-only, and go for nobody,
held or not. These are for the rows that may be deleted at all.
"""

from typing import Any

from tenants.walls import Sql

HELD = """
-- The hold that keeps something, of those that stand; null for none. Of an organisation by its id: for triggers, whose row says whose it is.
CREATE FUNCTION muster.held_in(organisation bigint, incident bigint, person bigint, at timestamptz) RETURNS bigint LANGUAGE sql STABLE
  SECURITY DEFINER SET search_path = public, pg_temp AS $$
SELECT h.id FROM incidents_legalhold h WHERE h.organisation_id = $1 AND h.released_at IS NULL AND (h.incident_id = $2 OR h.person_id = $3
  OR (h.starts_at <= $4 AND (h.ends_at IS NULL OR h.ends_at > $4))
  OR (h.starts_at IS NOT NULL AND EXISTS (SELECT 1 FROM incidents_incident i WHERE i.organisation_id = $1 AND i.id = $2
      AND i.declared_at >= h.starts_at AND (h.ends_at IS NULL OR i.declared_at < h.ends_at))))
ORDER BY h.id LIMIT 1 $$;
REVOKE EXECUTE ON FUNCTION muster.held_in(bigint, bigint, bigint, timestamptz) FROM PUBLIC;

-- The same inside the organisation whose context is open. A hold of an incident that the asker may not see keeps what it keeps.
CREATE FUNCTION muster.held(incident bigint, person bigint, at timestamptz) RETURNS bigint LANGUAGE sql STABLE SECURITY DEFINER
  SET search_path = public, pg_temp AS $$ SELECT muster.held_in(muster.organisation(), $1, $2, $3) $$;
-- The auditor's role asks it too (tenants/roles.py): what would go next, and what is held, stands on a page that an auditor reads.
-- Of secrets it counts the rows, and reads none.
GRANT SELECT (id, organisation_id, method_id) ON notifications_contactsecret TO {auditor};

-- Another organisation that knows this person, as a member or as one who has left; null for none. Their account is not this one's alone then.
CREATE FUNCTION muster.elsewhere(person bigint) RETURNS bigint LANGUAGE sql STABLE SECURITY DEFINER
  SET search_path = public, pg_temp AS
$$ SELECT organisation_id FROM tenants_membership WHERE user_id = $1 AND organisation_id <> muster.organisation() ORDER BY 1 LIMIT 1 $$;

-- The organisations there are, so that each can be tidied in a scope of its own.
CREATE FUNCTION muster.every_organisation() RETURNS SETOF bigint LANGUAGE sql STABLE SECURITY DEFINER
  SET search_path = public, pg_temp AS $$ SELECT id FROM tenants_organisation ORDER BY id $$;
"""

# A trigger's arguments: the columns that say of which incident, person and moment the row is; '' for none.
REFUSE_HELD = """
CREATE FUNCTION muster.refuse_held() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE old_row jsonb := to_jsonb(OLD); hold bigint; whose bigint;
BEGIN
  whose := (old_row ->> 'organisation_id')::bigint;
  IF whose IS NOT NULL THEN
    hold := muster.held_in(whose, (old_row ->> TG_ARGV[0])::bigint, (old_row ->> TG_ARGV[1])::bigint, (old_row ->> TG_ARGV[2])::timestamptz);
  ELSE -- an account belongs to no organisation: whoever holds the person holds it
    SELECT min(h.id) INTO hold FROM incidents_legalhold h
    WHERE h.person_id = (old_row ->> TG_ARGV[1])::bigint AND h.released_at IS NULL;
  END IF;
  IF hold IS NOT NULL THEN
    RAISE EXCEPTION '% on % is refused: legal hold % keeps it', lower(TG_OP), TG_TABLE_NAME, hold
      USING ERRCODE = 'integrity_constraint_violation', HINT = 'Legal and a second person release a hold.';
  END IF;
  IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
  RETURN NEW;
END $$;

CREATE FUNCTION muster.refuse_held_whole() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM incidents_legalhold h WHERE h.released_at IS NULL) THEN
    RAISE EXCEPTION '% on % is refused: legal holds stand', lower(TG_OP), TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NULL;
END $$;

-- Where a held person's contact method led stays, although they remove the method: the method ends, and the address waits for the release.
CREATE FUNCTION muster.keep_held_secret() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF muster.held_in(OLD.organisation_id, NULL, (SELECT m.user_id FROM notifications_contactmethod m WHERE m.id = OLD.method_id), NULL)
     IS NULL THEN
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    RETURN NEW;
  END IF;
  IF TG_OP = 'UPDATE' THEN
    RAISE EXCEPTION 'update on % is refused: a legal hold keeps it', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NULL;
END $$;

CREATE FUNCTION muster.refuse_held_organisation() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE hold bigint;
BEGIN
  SELECT min(h.id) INTO hold FROM incidents_legalhold h WHERE h.organisation_id = OLD.id AND h.released_at IS NULL;
  IF hold IS NOT NULL THEN
    RAISE EXCEPTION 'an organisation is not given up while legal hold % stands', hold USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN OLD;
END $$;

-- A hold itself is never deleted, keeps what it was placed for (its matter is a label, and may be corrected),
-- and ends only by two people, each of whom acts for themselves.
CREATE FUNCTION muster.guard_hold() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    RAISE EXCEPTION 'legal hold % is not deleted: it is released', OLD.id USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF OLD.released_at IS NOT NULL THEN
    RAISE EXCEPTION 'legal hold % is over: it is not changed any more', OLD.id USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF ROW(OLD.incident_id, OLD.person_id, OLD.starts_at, OLD.ends_at,
         OLD.reason, OLD.placed_by_id, OLD.placed_at)
     IS DISTINCT FROM
     ROW(NEW.incident_id, NEW.person_id, NEW.starts_at, NEW.ends_at,
         NEW.reason, NEW.placed_by_id, NEW.placed_at) THEN
    RAISE EXCEPTION 'what legal hold % keeps is not changed', OLD.id USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  IF NEW.released_at IS NOT NULL THEN
    IF OLD.release_asked_at IS NULL OR OLD.released_by_id IS DISTINCT FROM NEW.released_by_id
       OR NEW.second_person_id IS DISTINCT FROM muster.person() OR NEW.second_person_id = NEW.released_by_id THEN
      RAISE EXCEPTION 'legal hold % is released by two people', OLD.id USING ERRCODE = 'integrity_constraint_violation';
    END IF;
  ELSIF NEW.release_asked_at IS NOT NULL AND NEW.release_asked_at IS DISTINCT FROM OLD.release_asked_at
        AND NEW.released_by_id IS DISTINCT FROM muster.person() THEN
    RAISE EXCEPTION 'whoever asks that legal hold % end says so themselves', OLD.id USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END $$;
"""

# What runs over time is held by a period that it ran into, not only by the one that it began in. The two that ask now are put in the place of
# those above, and of the moment that a row's trigger names an alert has its span instead.
HELD_SPANS = """
-- From when to when something went on, both included. An alert: since it was heard, until monitoring last spoke of it, or it fires still.
CREATE FUNCTION muster.span(a incidents_alert) RETURNS tstzrange LANGUAGE sql STABLE AS
$$ SELECT tstzrange(a.received_at, greatest(a.received_at, CASE WHEN a.state = 'firing' THEN now() ELSE a.last_seen_at END), '[]') $$;
-- An incident: from the first that is known of it until it was closed; until then a resolution may be taken back, and its post-mortem is
-- written. One that was none, or was merged, until its row last changed.
CREATE FUNCTION muster.span(i incidents_incident) RETURNS tstzrange LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
SELECT tstzrange(least(i.impact_start, i.detected_at, i.declared_at), greatest(i.impact_start, i.detected_at, i.declared_at, CASE
  WHEN i.state = 'closed' THEN i.closed_at WHEN i.state IN ('false_positive', 'merged')
  THEN (SELECT max(h.history_date) FROM incidents_historicalincident h WHERE h.organisation_id = i.organisation_id AND h.id = i.id)
  ELSE now() END), '[]') $$;

-- The hold that keeps something, of those that stand; null for none: of its incident, of its person, or of a period that has a moment in common
-- with its span or its incident's. Of an organisation by its id: for triggers, whose row says whose it is.
CREATE FUNCTION muster.held_during(organisation bigint, incident bigint, person bigint, during tstzrange) RETURNS bigint LANGUAGE sql STABLE
  SECURITY DEFINER SET search_path = public, pg_temp AS $$
SELECT h.id FROM incidents_legalhold h WHERE h.organisation_id = $1 AND h.released_at IS NULL AND (h.incident_id = $2 OR h.person_id = $3
  OR (h.starts_at IS NOT NULL AND (tstzrange(h.starts_at, h.ends_at) && $4
    OR EXISTS (SELECT 1 FROM incidents_incident i WHERE i.organisation_id = $1 AND i.id = $2
      AND muster.span(i) && tstzrange(h.starts_at, h.ends_at)))))
ORDER BY h.id LIMIT 1 $$;
REVOKE EXECUTE ON FUNCTION muster.held_during(bigint, bigint, bigint, tstzrange) FROM PUBLIC;

-- The same of a moment.
CREATE OR REPLACE FUNCTION muster.held_in(organisation bigint, incident bigint, person bigint, at timestamptz) RETURNS bigint LANGUAGE sql STABLE
  SECURITY DEFINER SET search_path = public, pg_temp AS
$$ SELECT muster.held_during($1, $2, $3, CASE WHEN $4 IS NOT NULL THEN tstzrange($4, $4, '[]') END) $$;

-- The same inside the organisation whose context is open. A hold of an incident that the asker may not see keeps what it keeps.
DROP FUNCTION muster.held(bigint, bigint, timestamptz);
CREATE FUNCTION muster.held(incident bigint, person bigint, during tstzrange) RETURNS bigint LANGUAGE sql STABLE SECURITY DEFINER
  SET search_path = public, pg_temp AS $$ SELECT muster.held_during(muster.organisation(), $1, $2, $3) $$;
GRANT EXECUTE ON FUNCTION muster.held(bigint, bigint, tstzrange), muster.span(incidents_alert) TO {auditor};

CREATE OR REPLACE FUNCTION muster.refuse_held() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE old_row jsonb := to_jsonb(OLD); hold bigint; whose bigint; incident bigint; person bigint;
BEGIN
  whose := (old_row ->> 'organisation_id')::bigint;
  incident := (old_row ->> TG_ARGV[0])::bigint;
  person := (old_row ->> TG_ARGV[1])::bigint;
  IF whose IS NULL THEN -- an account belongs to no organisation: whoever holds the person holds it
    SELECT min(h.id) INTO hold FROM incidents_legalhold h WHERE h.person_id = person AND h.released_at IS NULL;
  ELSIF TG_TABLE_NAME = 'incidents_alert' THEN
    hold := muster.held_during(whose, incident, person, muster.span(jsonb_populate_record(NULL::incidents_alert, old_row)));
  ELSE
    hold := muster.held_in(whose, incident, person, (old_row ->> TG_ARGV[2])::timestamptz);
  END IF;
  IF hold IS NOT NULL THEN
    RAISE EXCEPTION '% on % is refused: legal hold % keeps it', lower(TG_OP), TG_TABLE_NAME, hold
      USING ERRCODE = 'integrity_constraint_violation', HINT = 'Legal and a second person release a hold.';
  END IF;
  IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
  RETURN NEW;
END $$;
"""

# Table -> its columns for (incident, person, moment). `incidents_participant` is not among them: leaving a room is part of the record,
# and its history, which is append-only, keeps what was. Nor are queues, counters and figures that are made again from the record.
OF_AN_INCIDENT = (
    *(
        f"incidents_{name}"
        for name in (
            *(
                "change",
                "checklisttick",
                "componentstate",
                "flag",
                "handover",
                "hypothesis",
                "incidentservice",
                "needtoknow",
                "order",
            ),
            *("roleholding", "roleoffer", "signal", "snapshotrequest", "statusupdate"),
        )
    ),
    *("oncall_page", "standard_clock"),
    *(
        f"postmortems_{name}"
        for name in (
            *("actionitem", "attendee", "comment", "keptwording", "pick", "postmortem", "release", "review", "reviewrequest"),
            *("section", "why"),
        )
    ),
)
OF_A_PERSON = ("notifications_contactmethod", "tenants_membership", "tenants_apitoken", "oncall_calendarlink")
HELD_TABLES: dict[str, tuple[str, str, str]] = {
    "incidents_incident": ("id", "", "declared_at"),
    "incidents_alert": ("incident_id", "", "received_at"),
    **dict.fromkeys(OF_AN_INCIDENT, ("incident_id", "", "")),
    **dict.fromkeys(OF_A_PERSON, ("", "user_id", "")),
}

# Tables of this room that came after those.
HELD_SINCE: dict[str, tuple[str, str, str]] = dict.fromkeys(
    (f"compliance_{name}" for name in ("accessreview", "breakglass", "dutycase", "evidencepack", "reviewedaccess")),
    ("incident_id", "", ""),
)


def _always(table: str, name: str, what: str, function: str, each: str = "FOR EACH ROW ", arguments: str = "") -> list[str]:
    """A trigger that fires whatever `session_replication_role` says."""
    return [
        f"CREATE TRIGGER {name} BEFORE {what} ON {table} {each}EXECUTE FUNCTION muster.{function}({arguments})",
        f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}",
    ]


def _held(tables: dict[str, tuple[str, str, str]]) -> list[str]:
    found: list[str] = []
    for table, columns in tables.items():
        arguments = ", ".join(f"'{column}'" for column in columns)
        found += _always(table, "held", "DELETE", "refuse_held", arguments=arguments)
    return found


def _triggers() -> list[str]:
    found = _held(HELD_TABLES)
    found += _always("incidents_alert", "held_whole", "TRUNCATE", "refuse_held_whole", each="")
    found += _always("tenants_user", "held", "DELETE", "refuse_held", arguments="'', 'id', ''")
    renamed = "FOR EACH ROW WHEN (OLD.name IS DISTINCT FROM NEW.name OR OLD.email IS DISTINCT FROM NEW.email) "
    found += _always("tenants_user", "held_name", "UPDATE", "refuse_held", each=renamed, arguments="'', 'id', ''")
    found += _always("tenants_user", "held_whole", "TRUNCATE", "refuse_held_whole", each="")
    found += _always("notifications_contactsecret", "held", "DELETE OR UPDATE OF sealed", "keep_held_secret")
    found += _always("notifications_contactsecret", "held_whole", "TRUNCATE", "refuse_held_whole", each="")
    found += _always("tenants_organisation", "held", "DELETE", "refuse_held_organisation")
    found += _always("tenants_organisation", "held_whole", "TRUNCATE", "refuse_held_whole", each="")
    found += _always("incidents_legalhold", "two_people", "DELETE OR UPDATE", "guard_hold")
    return found


# By what the retention job finds what is over its age, without reading the rest.
INDEXES = """
CREATE INDEX retention_alerts ON incidents_alert (organisation_id, last_seen_at) WHERE incident_id IS NULL AND state = 'resolved';
CREATE INDEX retention_codes ON notifications_contactcode (organisation_id, expires_at);
"""


def operations() -> list[Any]:
    """What the room's first migration of holds runs once its tables are there."""
    return [Sql(HELD), Sql(REFUSE_HELD), *(Sql(statement) for statement in _triggers()), Sql(INDEXES)]


def held_bodies() -> list[Any]:
    """The ledger keeps the body of what is held as well: an erasure takes it away by an update (`muster.redact_entry`)."""
    return [
        Sql(statement)
        for statement in _always("ledger_entry", "held", "UPDATE", "refuse_held", arguments="'incident_id', 'actor', 'at'")
    ]


def held_since() -> list[Any]:
    """The same refusal for the tables that came after those."""
    return [Sql(statement) for statement in _held(HELD_SINCE)]
