"""The shapes of what the API is sent. No rules: those are in rules/ and actions/."""
