"""Gateway's public face: JSON under /api/v1, pages at the root."""

from gateway.api.application import build, describe
from gateway.api.parts import Parts

__all__ = ["Parts", "build", "describe"]
