"""When a duty of law is due: vectors counted by hand, over both edges of daylight saving, ends of months, leap years, holidays."""

from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest

from compliance.duties_file import rules_of, shipped
from compliance.duties_law import From, Limit, Roll, Terms, Unit, due, reminders, terms
from standard.calendar import BusinessHours, Exceptions
from tenants.refusals import Refused

BERLIN = BusinessHours(ZoneInfo("Europe/Berlin"), time(9), time(17), range(1, 6), Exceptions("DE", "BE"))
YORK = BusinessHours(ZoneInfo("America/New_York"), time(9), time(17), range(1, 6))
HOUR, DAY, BUSINESS, MONTH = Unit.HOUR, Unit.DAY, Unit.BUSINESS_DAY, Unit.MONTH


def at(text: str) -> datetime:
    """An instant: with its own offset, or in UTC."""
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


VECTORS = [
    # Hours are elapsed hours, whatever clocks on walls do (Berlin: 29 March 2026 has 23 hours, 25 October has 25).
    ("72 h", BERLIN, 72, HOUR, "organisation", Roll.NONE, "", "2026-03-03T10:00:00", "2026-03-06T10:00:00"),
    (
        "72 h over spring",
        BERLIN,
        72,
        HOUR,
        "organisation",
        Roll.NONE,
        "",
        "2026-03-27T15:00:00+01:00",
        "2026-03-30T16:00:00+02:00",
    ),
    (
        "72 h over autumn",
        BERLIN,
        72,
        HOUR,
        "organisation",
        Roll.NONE,
        "",
        "2026-10-23T15:00:00+02:00",
        "2026-10-26T14:00:00+01:00",
    ),
    ("72 h end on Sunday", BERLIN, 72, HOUR, "organisation", Roll.NONE, "", "2026-11-05T09:00:00", "2026-11-08T09:00:00"),
    ("72 h end on Christmas", BERLIN, 72, HOUR, "organisation", Roll.NONE, "", "2026-12-22T09:00:00", "2026-12-25T09:00:00"),
    ("72 h in a leap February", BERLIN, 72, HOUR, "organisation", Roll.NONE, "", "2028-02-27T09:00:00", "2028-03-01T09:00:00"),
    ("hours that roll", BERLIN, 72, HOUR, "organisation", Roll.NEXT, "12:00", "2026-11-05T09:00:00", "2026-11-09T12:00:00+01:00"),
    # Days end at midnight of the organisation's zone, whether that day has 23, 24 or 25 hours.
    ("60 days", YORK, 60, DAY, "organisation", Roll.NONE, "", "2026-01-15T15:00:00-05:00", "2026-03-17T00:00:00-04:00"),
    (
        "60 days over autumn",
        YORK,
        60,
        DAY,
        "organisation",
        Roll.NONE,
        "",
        "2026-09-10T15:00:00-04:00",
        "2026-11-10T00:00:00-05:00",
    ),
    (
        "late at night it is the local date",
        YORK,
        1,
        DAY,
        "organisation",
        Roll.NONE,
        "",
        "2026-06-02T02:00:00",
        "2026-06-03T00:00:00-04:00",
    ),
    (
        "60 days in a leap year",
        YORK,
        60,
        DAY,
        "organisation",
        Roll.NONE,
        "",
        "2028-01-01T12:00:00-05:00",
        "2028-03-02T00:00:00-05:00",
    ),
    ("days end on Sunday", BERLIN, 4, DAY, "organisation", Roll.NONE, "", "2026-11-04T09:00:00", "2026-11-09T00:00:00+01:00"),
    ("days roll to Monday", BERLIN, 4, DAY, "organisation", Roll.NEXT, "", "2026-11-04T09:00:00", "2026-11-10T00:00:00+01:00"),
    (
        "days roll back to Friday",
        BERLIN,
        4,
        DAY,
        "organisation",
        Roll.PREVIOUS,
        "",
        "2026-11-04T09:00:00",
        "2026-11-07T00:00:00+01:00",
    ),
    (
        "days roll over Christmas",
        BERLIN,
        3,
        DAY,
        "organisation",
        Roll.NEXT,
        "",
        "2026-12-22T09:00:00",
        "2026-12-29T00:00:00+01:00",
    ),
    # Months end on the day of the same number, or on the last.
    (
        "31 January and a month",
        BERLIN,
        1,
        MONTH,
        "organisation",
        Roll.NONE,
        "",
        "2026-01-31T09:00:00",
        "2026-03-01T00:00:00+01:00",
    ),
    (
        "31 January of a leap year",
        BERLIN,
        1,
        MONTH,
        "organisation",
        Roll.NONE,
        "",
        "2028-01-31T09:00:00",
        "2028-03-01T00:00:00+01:00",
    ),
    (
        "29 February and 12 months",
        BERLIN,
        12,
        MONTH,
        "organisation",
        Roll.NONE,
        "",
        "2028-02-29T09:00:00",
        "2029-03-01T00:00:00+01:00",
    ),
    ("over the year", BERLIN, 1, MONTH, "organisation", Roll.NONE, "", "2026-12-15T09:00:00", "2027-01-16T00:00:00+01:00"),
    ("a month over spring", BERLIN, 1, MONTH, "organisation", Roll.NONE, "", "2026-03-15T09:00:00", "2026-04-16T00:00:00+02:00"),
    # Business days of the calendar that the rule names.
    ("4 business days", YORK, 4, BUSINESS, "US", Roll.NONE, "", "2026-06-05T15:00:00-04:00", "2026-06-12T00:00:00-04:00"),
    ("over Independence Day", YORK, 4, BUSINESS, "US", Roll.NONE, "", "2026-06-30T15:00:00-04:00", "2026-07-08T00:00:00-04:00"),
    (
        "no holidays of its own",
        YORK,
        4,
        BUSINESS,
        "organisation",
        Roll.NONE,
        "",
        "2026-06-30T15:00:00-04:00",
        "2026-07-07T00:00:00-04:00",
    ),
    ("from a Saturday", YORK, 1, BUSINESS, "US", Roll.NONE, "", "2026-06-06T15:00:00-04:00", "2026-06-09T00:00:00-04:00"),
    ("Women's Day in Berlin", BERLIN, 1, BUSINESS, "DE-BE", Roll.NONE, "", "2027-03-05T09:00:00", "2027-03-10T00:00:00+01:00"),
]


@pytest.mark.parametrize(
    ("name", "hours", "amount", "unit", "calendar", "roll", "until", "start", "ends"), VECTORS, ids=lambda v: str(v)[:30]
)
def test_a_limit_ends_when_the_law_says(
    name: str, hours: BusinessHours, amount: int, unit: Unit, calendar: str, roll: Roll, until: str, start: str, ends: str
) -> None:
    said = Terms([Limit("awareness", amount, unit)], calendar, roll, until)
    assert due(said, {"awareness": at(start)}, hours) == (at(start), at(ends)), name


def test_the_shipped_rules_are_due_as_their_articles_say() -> None:
    rules = {rule.key: rule for rule in rules_of(shipped())}
    aware, discovered = at("2026-03-27T15:00:00+01:00"), at("2028-01-31T23:30:00+01:00")
    assert due(terms(rules["gdpr.authority"]), {"awareness": aware}, BERLIN) == (aware, at("2026-03-30T16:00:00+02:00"))
    hipaa = [key for key in rules if key.startswith("hipaa.")]
    assert {rules[key].citation[:11] for key in hipaa} == {"45 CFR 164."}
    assert len(hipaa) == 5
    annual = rules[hipaa.pop(hipaa.index("hipaa.secretary-annual"))]
    assert due(terms(annual), {"discovery": discovered}, BERLIN) == (discovered, at("2029-03-02T00:00:00+01:00"))
    for key in hipaa:
        assert due(terms(rules[key]), {"discovery": discovered}, BERLIN) == (discovered, at("2028-04-01T00:00:00+02:00"))


YEARS = [
    # 60 days after the end of the calendar year (45 CFR 164.408(c)): 31 January and 28 or 29 days of February are 59 or 60 of them.
    ("in the middle of a year", YORK, 60, DAY, "2026-06-15T12:00:00-04:00", "2027-03-02T00:00:00-05:00"),
    ("before a leap year", YORK, 60, DAY, "2027-06-15T12:00:00-04:00", "2028-03-01T00:00:00-05:00"),
    ("in a leap year", YORK, 60, DAY, "2028-02-29T12:00:00-05:00", "2029-03-02T00:00:00-05:00"),
    ("on 31 December", YORK, 60, DAY, "2026-12-31T09:00:00-05:00", "2027-03-02T00:00:00-05:00"),
    ("in its last second", YORK, 60, DAY, "2026-12-31T23:59:59-05:00", "2027-03-02T00:00:00-05:00"),
    ("at New Year", YORK, 60, DAY, "2027-01-01T00:00:00-05:00", "2028-03-01T00:00:00-05:00"),
    # The year is the organisation's: what is New Year in UTC already is New Year's Eve in New York, and the other way round in Berlin.
    ("New Year in UTC alone", YORK, 60, DAY, "2027-01-01T03:00:00+00:00", "2027-03-02T00:00:00-05:00"),
    ("New Year in Berlin alone", BERLIN, 60, DAY, "2026-12-31T23:30:00+00:00", "2028-03-01T00:00:00+01:00"),
    ("over both edges of daylight saving", BERLIN, 100, DAY, "2026-07-01T09:00:00+02:00", "2027-04-11T00:00:00+02:00"),
    ("hours", YORK, 24, HOUR, "2026-06-15T12:00:00-04:00", "2027-01-02T00:00:00-05:00"),
    ("months", BERLIN, 2, MONTH, "2026-06-15T12:00:00+02:00", "2027-03-01T00:00:00+01:00"),
    (
        "business days",
        BERLIN,
        1,
        BUSINESS,
        "2026-06-15T12:00:00+02:00",
        "2027-01-05T00:00:00+01:00",
    ),  # a Friday's holiday, a weekend
]


@pytest.mark.parametrize(("name", "hours", "amount", "unit", "start", "ends"), YEARS, ids=lambda v: str(v)[:34])
def test_a_limit_that_is_counted_from_the_end_of_the_year(
    name: str, hours: BusinessHours, amount: int, unit: Unit, start: str, ends: str
) -> None:
    """Its clock begins with the start: what is due much later may be filed at once."""
    said = Terms([Limit("discovery", amount, unit, From.YEAR_END)])
    assert due(said, {"discovery": at(start)}, hours) == (at(start), at(ends)), name


def test_it_rolls_as_others_do() -> None:
    said = Terms([Limit("discovery", 60, DAY, From.YEAR_END)], roll=Roll.NEXT)  # 60 days after 2025 end on Sunday, 1 March 2026
    start = at("2025-03-03T12:00:00-05:00")
    assert due(said, {"discovery": start}, YORK) == (start, at("2026-03-03T00:00:00-05:00"))


def test_a_file_says_what_a_limit_is_counted_from() -> None:
    """A limit without it is counted from its start, and stays as it was written; anything else is refused by name."""
    text = (
        "rules: [{key: a.b, regime: A, stage: B, trigger: manual, recipient: C, citation: D, "
        "limits: [{start: discovery, amount: 60, unit: day%s}]}]"
    )
    (plain,), (start,), (year,) = (rules_of(text % more) for more in ("", ", from: start", ", from: year_end"))
    assert plain.limits == start.limits == [{"start": "discovery", "amount": 60, "unit": "day"}]
    assert year.limits == [{"start": "discovery", "amount": 60, "unit": "day", "from": "year_end"}]
    for more, code in (
        (", from: month_end", "no_such_from"),
        (", from: [year_end]", "no_such_from"),
        (", until: x", "no_limits"),
    ):
        with pytest.raises(Refused) as refused:
            rules_of(text % more)
        assert [reason.code for reason in refused.value.reasons] == [code]


def test_of_two_limits_whichever_ends_first_counts_and_none_without_a_start() -> None:
    said = Terms([Limit("classification", 4, HOUR), Limit("awareness", 24, HOUR)])
    aware = at("2026-11-02T08:00:00")
    assert due(said, {}, BERLIN) is None
    assert due(said, {"awareness": aware}, BERLIN) == (aware, at("2026-11-03T08:00:00"))
    soon, late = at("2026-11-02T10:00:00"), at("2026-11-03T06:00:00")
    assert due(said, {"awareness": aware, "classification": soon}, BERLIN) == (soon, at("2026-11-02T14:00:00"))
    assert due(said, {"awareness": aware, "classification": late}, BERLIN) == (aware, at("2026-11-03T08:00:00"))


def test_reminders_come_at_a_half_three_quarters_and_nine_tenths() -> None:
    began, ends = at("2026-11-02T00:00:00"), at("2026-11-05T00:00:00")
    assert reminders(began, ends) == [at("2026-11-03T12:00:00"), at("2026-11-04T06:00:00"), at("2026-11-04T16:48:00")]
