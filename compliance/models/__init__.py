"""What this room keeps: each of its parts brings its own."""

from compliance.models.packs import EvidencePack, PackCause, PackKind, PackPart, PackState, PackWork

__all__ = ["EvidencePack", "PackCause", "PackKind", "PackPart", "PackState", "PackWork"]
