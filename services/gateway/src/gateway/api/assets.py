"""The few files the pages load, read once; their names carry a hash, so that browsers may keep them for ever."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from fastapi import APIRouter, Response

from shared.web import HTTPProblem

_FOLDER = Path(__file__).parent / "static"
_MEDIA_TYPES = {".css": "text/css; charset=utf-8", ".svg": "image/svg+xml"}
_KEPT_FOR_EVER = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class Asset:
    """One file: the name it is served under, its media type and its content."""

    name: str
    media_type: str
    content: bytes


def load_assets(folder: Path = _FOLDER) -> dict[str, Asset]:
    """Return every asset by its plain file name."""
    found = sorted(path for path in folder.iterdir() if path.suffix in _MEDIA_TYPES)
    return {path.name: _load(path) for path in found}


def _load(path: Path) -> Asset:
    content = path.read_bytes()
    digest = hashlib.blake2b(content, digest_size=6).hexdigest()
    return Asset(f"{path.stem}-{digest}{path.suffix}", _MEDIA_TYPES[path.suffix], content)


def router(assets: dict[str, Asset]) -> APIRouter:
    """Return the route that serves the assets."""
    routes = APIRouter(include_in_schema=False)
    by_name = {asset.name: asset for asset in assets.values()}

    @routes.get("/static/{name}")
    async def static_file(name: str) -> Response:
        asset = by_name.get(name)
        if asset is None:
            raise HTTPProblem(404, "not-found", "Not Found", "There is no such file.")
        return Response(asset.content, media_type=asset.media_type, headers={"Cache-Control": _KEPT_FOR_EVER})

    return routes
