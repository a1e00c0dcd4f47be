"""Markdown that people write cannot harm who reads it."""

import re

import pytest

from incidents.markdown import render
from tests.incidents.scene import Scene

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "![x](https://evil.example/pixel.png)",
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](vbscript:x)",
    "<a href='javascript:alert(1)'>x</a>",
    "<svg/onload=alert(1)>",
    "<iframe src=//evil.example></iframe>",
    "<style>*{display:none}</style>",
    "<div style='position:fixed'>x</div>",
    "<form action=/o/acme/><button>x</button></form>",
    "[x]: javascript:alert(1)\n\n[x]",
    "`<script>alert(1)</script>`",
    "<<script>script>alert(1)<</script>/script>",
    '[x](https://e.example "onmouseover=alert(1)")',
    '[x](https://e.example/"onmouseover="alert(1))',
    "<https://evil.example/<script>>",
    "{{ settings.SECRET_KEY }}{% debug %}",
    "<base href=//evil.example>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
]
_TAG = re.compile(r"<\s*/?\s*([a-zA-Z0-9]+)([^>]*)>")
_HARMLESS = {
    "p",
    "br",
    "strong",
    "em",
    "s",
    "code",
    "pre",
    "blockquote",
    "ul",
    "ol",
    "li",
    "a",
    "hr",
    "h3",
    "h4",
    "table",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
}


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_hostile_is_left(text: str) -> None:
    html = render(text)
    for name, attributes in _TAG.findall(html):
        assert name in _HARMLESS, html
        for attribute in re.findall(r"([a-zA-Z-]+)\s*=", re.sub(r'"[^"]*"', '""', attributes)):
            assert attribute in ("href", "rel"), html
    for address in re.findall(r'href="([^"]*)"', html):
        assert address.startswith(("http://", "https://", "mailto:")), html


@pytest.mark.servers
def test_nothing_hostile_reaches_a_page_from_any_field(scene: Scene) -> None:
    mark = "<script>alert(1)</script><img src=x onerror=alert(1)>"
    report = scene.api("support").post("reports/", {"title": mark[:190], "text": mark, "ticket": mark[:70]})
    assert report.status_code == 201
    ref = scene.declare(title=mark, summary=mark)
    scene.do("amira", ref, "claim")
    for text in HOSTILE:
        scene.do("amira", ref, "note", text=text)
    scene.do("amira", ref, "update", known=mark, impact=mark, doing=mark)
    scene.do("amira", ref, "severity", severity="SEV2", reason=mark)
    scene.follow()
    for path in (f"incidents/{ref}/", "incidents/", "triage/", "inbox/"):
        page = scene.page("amira").get(f"/o/acme/{path}").content.decode()
        assert "<script>alert" not in page, path
        assert not re.search(r"<[^>]*\son\w+\s*=", page), path
        assert "<img src=x" not in page, path
        assert "javascript:" not in re.sub(r"&[^;]+;|>[^<]*<", "", page).lower(), path


def test_what_people_mean_is_kept() -> None:
    html = render("**bold** and `code`\n\n- one\n- two\n\n[docs](https://docs.example/a?b=1&c=2)")
    assert "<strong>bold</strong>" in html
    assert "<code>code</code>" in html
    assert html.count("<li>") == 2
    assert 'href="https://docs.example/a?b=1&amp;c=2" rel="noopener noreferrer nofollow"' in html
