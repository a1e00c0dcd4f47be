"""The bodies for people: labels, hints and widgets. No rules."""
