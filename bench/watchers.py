"""Makes members of acme who only watch, as the owner role: `python -m bench.watchers <how many>`."""

import os
import sys


def main(count: int) -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "portal.settings"
    import django

    django.setup()
    from ledger import people
    from tenants.actors import Role, Via, system
    from tenants.models import Organisation
    from tenants.scope import scope

    organisation = Organisation.objects.get(slug="acme")
    by = system(organisation.pk, Via.COMMAND)
    for number in range(count):
        user = people.person(f"watcher-{number}@example.org", f"Watcher {number}", None)
        with scope(organisation.pk, surface=Via.COMMAND, actor=by):
            people.enrol(user, [Role.PRACTITIONER], by=by)


if __name__ == "__main__":
    main(int(sys.argv[1]))
