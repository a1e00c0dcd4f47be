"""What does each verb of contact methods once (tests/ledger/test_events.py): the preparation, then the act."""

from collections.abc import Callable
from typing import Any

from notifications import contacts
from notifications.codes import code_of
from notifications.models import ContactCode, ContactMethod

type Act = Callable[[], object]


def _method(s: Any, name: str = "home") -> ContactMethod:
    return contacts.add(by=s.amira, kind="email", address=f"{name}@example.com", label=name)


def _on(act: Callable[[Any, ContactMethod], object]) -> Callable[[Any], Act]:
    def driver(s: Any) -> Act:
        method = _method(s)
        return lambda: act(s, method)

    return driver


def _arrange(s: Any) -> Act:
    first, second = _method(s), _method(s, "work")
    return lambda: contacts.arrange([second.pk, first.pk], by=s.amira)


def _verify(s: Any, method: ContactMethod) -> object:
    return contacts.verify(method, by=s.amira, code=code_of(ContactCode.objects.get(method=method)))


DRIVERS: dict[str, Callable[[Any], Act]] = {
    "contact method:add": lambda s: lambda: _method(s),
    "contact method:arrange": _arrange,
    "contact method:ask-code": _on(lambda s, method: contacts.ask_code(method, by=s.amira)),
    "contact method:lose": _on(lambda s, method: contacts.lose(s.cast.id, method.pk, "410")),
    "contact method:quiet": _on(lambda s, method: contacts.set_quiet(method, by=s.amira, quiet="hours")),
    "contact method:remove": _on(lambda s, method: contacts.remove(method, by=s.amira)),
    "contact method:test": lambda s: lambda: contacts.test(by=s.amira),
    "contact method:verify": _on(_verify),
}
