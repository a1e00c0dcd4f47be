"""The API's description is made once in a process, and is what it would be if it were made anew."""

import json

import pytest
from django.test import Client
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer, OpenApiYamlRenderer

from portal import documentation
from tests.conftest import Cast

pytestmark = pytest.mark.servers
WHERE = "/api/v1/schema/"


def test_the_document_is_what_would_be_made_now(acme: Cast) -> None:
    """In each format, the second time as the first: to the byte what Django REST framework's generator says."""
    made = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    for asked, writer in (("", OpenApiYamlRenderer), ("?format=json", OpenApiJsonRenderer)):
        answers = [Client().get(WHERE + asked) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [200, 200]
        assert answers[0].content == answers[1].content == writer().render(made)
        assert answers[0]["Content-Type"] == answers[1]["Content-Type"]
    assert json.loads(answers[0].content)["openapi"].startswith("3.1")


def test_it_is_made_once(acme: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever asks again is given what is there; the generator does not run."""
    first = Client().get(WHERE).content

    def never(*_: object, **__: object) -> None:
        raise AssertionError("the document was made again")

    monkeypatch.setattr(SchemaGenerator, "get_schema", never)
    monkeypatch.setattr(OpenApiYamlRenderer, "render", never)
    assert Client().get(WHERE).content == first


def test_another_language_has_a_document_of_its_own(acme: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is kept for one language is not given in another."""
    monkeypatch.setattr(documentation, "get_language", lambda: "de")
    of_another = documentation._document("de")
    assert of_another is not documentation._document("en")
    assert Client().get(WHERE).status_code == 200


def test_what_is_no_document_is_not_kept() -> None:
    """A refusal in the same format is written as it is, and the document stays."""
    writer = documentation._Json()
    document = {"openapi": "3.1.0"}
    written = writer.render(document)
    assert b"sorry" in writer.render({"detail": "sorry"})
    assert writer.render(document) is written
    assert writer.render({"openapi": "3.1.1"}) != written
