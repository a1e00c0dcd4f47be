"""By what an incident is recognised, as SQL: the words of its record (PostgreSQL's full text), its services, components and alerts.

One select serves the search, the learning of one incident and the migration that learns all those of before.
"""

LANGUAGE = "english"  # of the stemmer and the stop words; words that it does not know are kept as they are
SAID_MOST = 1000  # characters of a summary, or of what was confirmed, that are read
WORD_MOST = 60  # longer ones are no words


def traits(which: str) -> str:
    """A select of (organisation_id, incident_id, trait, weight) of the incidents `which` (a condition on `i`)."""
    words = f"""SELECT i.organisation_id, i.id AS incident_id, 'word:' || w.word AS trait, CASE WHEN w.titled THEN 2.0 ELSE 1.0 END AS weight
  FROM incidents_incident i CROSS JOIN LATERAL (
    SELECT word, bool_or(titled) AS titled FROM (
      SELECT unnest(tsvector_to_array(to_tsvector('{LANGUAGE}', i.title))) AS word, true AS titled
      UNION ALL SELECT unnest(tsvector_to_array(to_tsvector('{LANGUAGE}', left(i.summary, {SAID_MOST})))), false
      UNION ALL SELECT unnest(tsvector_to_array(to_tsvector('{LANGUAGE}', left(h.text, {SAID_MOST})))), false
        FROM incidents_hypothesis h WHERE h.organisation_id = i.organisation_id AND h.incident_id = i.id AND h.verdict = 'confirmed'
    ) said WHERE length(word) <= {WORD_MOST} GROUP BY word) w
  WHERE {which}"""
    return f"""{words}
UNION ALL SELECT i.organisation_id, i.id, 'service:' || s.service_id, 3.0 FROM incidents_incident i
  JOIN incidents_incidentservice s ON s.organisation_id = i.organisation_id AND s.incident_id = i.id WHERE {which}
UNION ALL SELECT DISTINCT i.organisation_id, i.id, 'component:' || c.component_id, 2.0 FROM incidents_incident i
  JOIN incidents_componentstate c ON c.organisation_id = i.organisation_id AND c.incident_id = i.id WHERE {which}
UNION ALL SELECT DISTINCT i.organisation_id, i.id, 'alert:' || left(a.name, {WORD_MOST}), 4.0 FROM incidents_incident i
  JOIN incidents_alert a ON a.organisation_id = i.organisation_id AND a.incident_id = i.id WHERE {which}"""


# What the organisation has been through before there was a place for it. (As the owner role, whom no wall holds.)
LEARN_ALL = f"""
INSERT INTO postmortems_trait (organisation_id, incident_id, trait)
SELECT organisation_id, incident_id, trait FROM ({traits("i.state IN ('resolved', 'closed')")}) t
ON CONFLICT DO NOTHING
"""

# One incident, again: what it was recognised by may have changed since.
FORGET_ONE = "DELETE FROM postmortems_trait WHERE organisation_id = (SELECT muster.organisation()) AND incident_id = %(incident)s"
LEARN_ONE = f"""
INSERT INTO postmortems_trait (organisation_id, incident_id, trait)
SELECT organisation_id, incident_id, trait FROM ({traits("i.id = %(incident)s")}) t ON CONFLICT DO NOTHING
"""
