"""What was said, as pages show it: Markdown as HTML that cannot harm who reads it."""

import re
from typing import Any

from django.utils.safestring import SafeString

from incidents import markdown
from status.reading import Said

_HIGH = re.compile(r"^#{1,2}(?=\s)", re.MULTILINE)


def html(text: str) -> SafeString:
    """Markdown as HTML. Its headings stand below those of the page."""
    return markdown.render(_HIGH.sub("###", text))


def written(said: Said) -> dict[str, Any]:
    """An update for a template."""
    return {
        "public_id": said.public_id,
        "status": said.status.label,
        "at": said.at,
        "next_update_at": said.next_update_at,
        "parts": [html(text) for text in said.texts],
        "changes": [{"name": one.name, "label": one.after.label} for one in said.changes],
    }
