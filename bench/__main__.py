"""`python -m bench` lists the measurements, `python -m bench <name> …` takes some, one after the other."""

import importlib
import sys

MEASUREMENTS = {
    "intake": "P1: one alert a request against pgbench's one-CTE rate, and p99 at half load",
    "storm": "P2: 100 alerts a request, 95 % duplicates, five hot keys",
    "rush": "1,000 alerts a second for 10 s in one organisation: durable, p95, and what another organisation notices",
    "latency": "P4: accepted alert, or committed verb, to the first attempt at an SMTP sink; with the broker killed too",
    "clocks": "P3: the sweep over 1,000,000 open clocks against 10,000, with none and 1,000 due",
    "idle": "P11: memory and CPU of everything that `up` runs, idle",
    "streams": "P7: 1,000 live streams at one web process: memory, fan-out, and a post seen by another",
    "room": "the war room with 500 entries: queries and server time",
    "postmortem": "what a post-mortem's page saves while somebody types, and the page with 300 entries",
    "verb": "P5: a verb by API against one bare Django insert",
    "oncall": "who is on call, of 10 layers and 1,000 overrides",
    "metrics": "the page of figures over 100,000 incidents of three years: queries and server time",
    "conformance": "a quarter of conformance over 2,000 incidents, with three before it; judging one",
    "pdf": "the PDF of a post-mortem with 300 entries, and the blameless check",
    "similar": "similar past incidents among 100,000 of an organisation, inside the walls",
    "signed": "a call, a scope and a request with signed contexts, against contexts that are believed without looking",
    "verify": "verify.py over the pack of an incident with 5,000 entries: MB a second of one core, and its memory",
    "pack": "the pack of an incident with 5,000 entries, and of a period and an engagement with 500 and 2,000 incidents: seconds, peak memory",
    "seal": "sealing 10,000 entries, the lag with 16 writers, and what guards and ledger cost a write",
    "guards": "P9: guards and ledger against the same write without",
}


def main(names: list[str]) -> int:
    """Take the measurements. Returns 1 where rows did not match; a missed bar is said, and is no failure."""
    if not names or (unknown := [name for name in names if name not in MEASUREMENTS]):
        if names:
            print(f"There is no measurement {', '.join(unknown)}.\n")
        print("python -m bench <name> …\n")
        for name, what in MEASUREMENTS.items():
            print(f"  {name:8} {what}")
        return 2 if names else 0
    worst = 0
    for name in names:
        print(f"== {name}: {MEASUREMENTS[name]}", flush=True)
        worst = max(worst, importlib.import_module(f"bench.{name}").main())
    return worst


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
