"""The OpenAPI document as it is served: the same for everybody, so a process makes it once and not for each who asks."""

from functools import lru_cache
from typing import Any, ClassVar

from django.utils.translation import get_language
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer, OpenApiJsonRenderer2, OpenApiYamlRenderer, OpenApiYamlRenderer2
from drf_spectacular.views import SpectacularAPIView


@lru_cache(maxsize=2)
def _document(language: str | None) -> dict[str, Any]:
    """The document in a language (`?lang=`). It says what the API is, which depends on neither person nor organisation."""
    made: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return made


class _Generator(SchemaGenerator):
    """Where the view gets the document."""

    def get_schema(self, request: Any = None, public: bool = False) -> Any:
        """The one that is there, or else it is made."""
        return _document(get_language())


class _WrittenOnce:
    """A format that keeps what it wrote last: writing a megabyte of YAML takes as long as finding out what is in it."""

    _kept: ClassVar[dict[type, tuple[dict[str, Any], bytes]]] = {}

    def render(self, data: Any, media_type: str | None = None, renderer_context: Any = None) -> Any:
        """The document as it was written; anything else (a refusal) is written now."""
        kept = self._kept.get(type(self))
        if kept is not None and kept[0] is data:
            return kept[1]
        written = super().render(data, media_type, renderer_context)  # type: ignore[misc]
        if isinstance(data, dict) and "openapi" in data:
            self._kept[type(self)] = (data, written)
        return written


class _Yaml(_WrittenOnce, OpenApiYamlRenderer): ...


class _YamlToo(_WrittenOnce, OpenApiYamlRenderer2): ...


class _Json(_WrittenOnce, OpenApiJsonRenderer): ...


class _JsonToo(_WrittenOnce, OpenApiJsonRenderer2): ...


class Documentation(SpectacularAPIView):
    """The API's description, in YAML or JSON as the request asks."""

    generator_class = _Generator
    renderer_classes = [_Yaml, _YamlToo, _Json, _JsonToo]
