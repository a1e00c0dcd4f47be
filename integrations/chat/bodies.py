"""What a line was read as, judged as the API judges a body."""

from collections.abc import Mapping
from typing import Any

from ledger.api import StrictSerializer
from tenants.refusals import Reason, Refused


def valid(body: type[StrictSerializer], data: Mapping[str, Any]) -> dict[str, Any]:
    """The body as the API would take it. Refuses (422) naming the fields."""
    bound = body(data=dict(data))
    if not bound.is_valid():
        raise Refused(
            *(
                Reason("invalid", f"{field.replace('_', ' ').capitalize()}: {_sentence(errors)}", field=field, status=422)
                for field, errors in bound.errors.items()
            )
        )
    found: dict[str, Any] = bound.validated_data
    return found


def _sentence(errors: Any) -> str:
    return " ".join(str(error) for error in errors) if isinstance(errors, list) else str(errors)
