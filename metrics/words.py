"""Spans of time and shares in people's words."""


def span(seconds: float | None) -> str:
    """ "3 d 4 h", "1 h 5 min", "3 min 20 s", "40 s"; "" for none."""
    if seconds is None:
        return ""
    sign, whole = "-" if seconds <= -0.5 else "", round(abs(seconds))
    for size, unit, then, smaller in ((86400, "d", 3600, "h"), (3600, "h", 60, "min"), (60, "min", 1, "s")):
        if whole >= size:
            rest = whole % size // then
            return f"{sign}{whole // size} {unit}" + (f" {rest} {smaller}" if rest else "")
    return f"{sign}{whole} s"


def percent(share: float | None, digits: int = 1) -> str:
    """A share of one, as percent; "" for none. What is not quite all is never rounded up to it."""
    if share is None:
        return ""
    shown = f"{share * 100:.{digits}f}"
    return f"{99.9999 if digits > 1 else 99.9} %" if share < 1 and float(shown) >= 100 else f"{shown} %"
