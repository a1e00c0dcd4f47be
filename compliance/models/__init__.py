"""What this room keeps."""

from compliance.models.conformance import ConformanceFigure

__all__ = ["ConformanceFigure"]
