"""The components that an organisation is founded with (clause tools.components); its administrators change them."""

from incidents.models import Component
from ledger.actions import configure
from tenants.actors import Actor

SHIPPED = {
    "api": "API",
    "web-app": "Web App",
    "ios": "iOS",
    "android": "Android",
    "payments": "Payments",
    "third-party": "Third-party dependencies",
}


def ship_components(*, by: Actor) -> list[Component]:
    """Give an organisation the shipped set, in its order. One event each."""
    return [
        configure(Component(), {"slug": slug, "name": name, "position": position}, by=by)
        for position, (slug, name) in enumerate(SHIPPED.items(), start=1)
    ]
