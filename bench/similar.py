"""Similar past incidents among 100,000 of one organisation, inside the walls; another organisation has its own beside it."""

import random
import time

from bench.figures import Report, percentile
from bench.stage import Stage, in_process, stage

INCIDENTS = 100_000
ASKED = 200
GUARDED = ("incidents_incident", "incidents_incidentservice")
WORDS = 4_000  # of the vocabulary; how often each is said follows Zipf's law, as in real texts
# What is said all the time, of which the index has tens of thousands of rows each.
COMMON = [
    "checkout",
    "search",
    "payments",
    "login",
    "latency",
    "errors",
    "timeouts",
    "database",
    "deploy",
    "slow",
    "fails",
    "down",
]

BATCH = 10_000
INSERT = """
INSERT INTO incidents_incident (organisation_id, number, ref, title, severity, state, exercise, standard_id, detected_by, detected_at,
  declared_at, resolved_at, relapses, reopened, summary, channel, bridge_url, restricted)
SELECT %s, n, 'INC-' || n, title, 1 + n %% 4, 'resolved', false, standard, 'monitoring', at, at, at + interval '1 hour', 0, 0, summary, '', '',
  n %% 500 = 0
FROM (SELECT n, title, summary, now() - (%s - n) * interval '15 minutes' AS at, %s AS standard
  FROM unnest(%s::int[], %s::text[], %s::text[]) AS u(n, title, summary)) made
"""


def main() -> int:
    report = Report()
    with stage() as on:
        for number, (slug, incidents) in enumerate((("acme", INCIDENTS), ("globex", INCIDENTS // 5))):
            fill(on, slug, incidents, random.Random(number))
            report.say(f"{slug}: filled")
        on.owner.execute("ANALYZE postmortems_trait, incidents_incident")
        in_process(on)
        ask(on, report)
    return report.end()


def fill(on: Stage, slug: str, incidents: int, chance: random.Random) -> None:
    """Incidents as of three years, resolved, each with a service and what it is recognised by."""
    organisation = on.organisation_id(slug)
    standard = on.one("SELECT max(id) FROM standard_standardversion WHERE organisation_id = %s", organisation)
    vocabulary = COMMON + [f"{chance.choice('bcdfgklmnprst')}{chance.choice('aeiou')}{n:x}" for n in range(WORDS)]
    weights = [1 / (rank + 5) for rank in range(len(vocabulary))]
    services = [
        row[0] for row in on.owner.execute("SELECT id FROM oncall_service WHERE organisation_id = %s", [organisation]).fetchall()
    ]
    for table in GUARDED:  # rows of a bench have no history
        on.owner.execute(f"ALTER TABLE {table} DISABLE TRIGGER complete")
    numbers = list(range(1, incidents + 1))
    said = [chance.choices(vocabulary, weights, k=16) for _ in numbers]
    for begin in range(0, incidents, BATCH):
        part = slice(begin, begin + BATCH)
        titles, summaries = ([" ".join(words[:8]) for words in said[part]], [" ".join(words[8:]) for words in said[part]])
        on.owner.execute(INSERT, [organisation, incidents, standard, numbers[part], titles, summaries])
    on.owner.execute(
        "INSERT INTO incidents_incidentservice (organisation_id, incident_id, service_id) "
        "SELECT organisation_id, id, (%s::bigint[])[1 + id %% %s] FROM incidents_incident WHERE organisation_id = %s",
        [services, len(services), organisation],
    )
    on.owner.execute(
        "INSERT INTO incidents_incidentnumber (organisation_id, last) VALUES (%s, %s) "
        "ON CONFLICT (organisation_id) DO UPDATE SET last = excluded.last",
        [organisation, incidents],
    )
    for table in GUARDED:
        on.owner.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER complete")
    on.owner.execute("ANALYZE incidents_incident, incidents_incidentservice")
    from postmortems.sql import LEARN_ALL

    on.owner.execute(LEARN_ALL.replace("i.state IN", f"i.organisation_id = {organisation} AND i.state IN"))  # type: ignore[arg-type]


def ask(on: Stage, report: Report) -> None:
    """As the serving role, as a person who is named on none of the restricted ones."""
    from django.db import connection

    from incidents.models import Incident
    from postmortems.models import Trait
    from postmortems.similar import similar_to
    from tenants.models import Membership
    from tenants.scope import scope

    organisation = on.organisation_id()
    with scope(organisation, surface="command"):
        person = Membership.objects.filter(roles__contains=["practitioner"]).values_list("user_id", flat=True).first()
    chance, took, found = random.Random(7), [], 0
    with scope(organisation, surface="web", user_id=person):
        chosen = Incident.objects.filter(number__in=[chance.randint(1, INCIDENTS) for _ in range(ASKED)])
        for incident in list(chosen):
            began = time.perf_counter()
            alike = similar_to(incident)
            took.append((time.perf_counter() - began) * 1000)
            found += bool(alike)
            report.rows_match &= not any(one.incident.restricted for one in alike)
        report.rows("incidents that this person may see", INCIDENTS - INCIDENTS // 500, Incident.objects.count())
        report.say(f"{Trait.objects.count():,} traits of this organisation; something was like {found} of {len(took)}")
    report.figure("similar past incidents of one, median", percentile(took, 0.5), "ms")
    report.figure("the same, p95", percentile(took, 0.95), "ms", most=200.0)
    report.figure("the same, p99", percentile(took, 0.99), "ms")
    report.holds("a restricted one is offered to nobody who is not named on it", report.rows_match)
    connection.close()
    connection.close_pool()
