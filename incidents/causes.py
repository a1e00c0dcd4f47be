"""Hearing that a text gives a cause (clause roles.cl-no-speculation): conservative, and asking rather than judging."""

import re

# Wording that hardly ever says anything else. ("because" alone does: "because you may see errors".)
_CAUSAL = re.compile(
    r"\b(?:caused\s+by|due\s+to|because\s+of|root[\s-]+causes?|the\s+cause\s+(?:is|was|of)|triggered\s+by|"
    r"a\s+result\s+of|result(?:ed|s|ing)\s+from|stem(?:s|med|ming)?\s+from|owing\s+to|attribut(?:ed|able)\s+to)\b",
    re.IGNORECASE,
)


def causal_wording(*texts: str) -> str:
    """The first words of the texts that sound like a cause, as they stand there; "" where none do."""
    for text in texts:
        if found := _CAUSAL.search(text):
            return " ".join(found[0].split())
    return ""
