"""How sign-ins, those that were refused, and sign-outs read, which belong to no incident: to an auditor. Whose account it was is the subject."""

from incidents.sentences.kind import Data, Kind

_WAYS = {"password": "a password", "totp": "a second factor", "recovery_codes": "a recovery code"}


def _opened(data: Data) -> str:
    ways = " and ".join(_WAYS.get(way, way) for way in data["ways"])
    return f"Signed in with {ways}." if ways else "Signed in."


KINDS = {
    "session.opened": Kind("Sign-in", _opened),
    "session.refused": Kind("Sign-in refused", lambda data: f"Refused at the step “{data['step']}”."),
    "session.ended": Kind("Sign-out", lambda data: "Signed out."),
}
