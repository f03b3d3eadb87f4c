"""What a browser fetches beside the page: our own style and scripts, and the few files of packages that pages use.

Every address carries the hash of its content, so it may be kept for ever; every text is packed once a process.
"""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

from flask import Flask, Response, abort, current_app, redirect, request
from werkzeug.wrappers import Response as Werkzeug

from socialshop.infra.settings import Settings

ENDPOINT = "static"
MARK_ENDPOINT = "favicon"
OURS = Path(__file__).resolve().parent / "static"
_PROJECT = Path(__file__).resolve().parents[2]
_HASH_LENGTH = 12
_MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
}
# Under which name a page asks for a file of a package (package.json); nothing else of a package is served.
THEIRS = {
    "reboot.css": "bootstrap/dist/css/bootstrap-reboot.min.css",
    "htmx.js": "htmx.org/dist/htmx.min.js",
    "alpine.js": "@alpinejs/csp/dist/cdn.min.js",
    "echarts.js": "echarts/dist/echarts.min.js",
    "cytoscape.js": "cytoscape/dist/cytoscape.min.js",
}
# Without these a page still says all that it has to say, in a table: they are no reason to answer 503.
_EXTRA = frozenset({"cytoscape.js"})


@dataclass(frozen=True)
class Asset:
    """A file as it is served."""

    content: bytes
    media_type: str

    @cached_property
    def fingerprint(self) -> str:
        """What in the address changes with the content."""
        return hashlib.sha256(self.content).hexdigest()[:_HASH_LENGTH]

    @cached_property
    def packed(self) -> bytes:
        """The content in gzip."""
        return gzip.compress(self.content, 9, mtime=0)


def attach(app: Flask, settings: Settings) -> None:
    """Serve the files, and tell templates their addresses: `asset('page.css')`."""
    app.extensions["socialshop_packages"] = settings.packages_dir or _PROJECT / "node_modules"
    app.add_url_rule("/static/<fingerprint>/<path:name>", ENDPOINT, _serve, methods=["GET"])
    app.add_url_rule("/favicon.ico", MARK_ENDPOINT, _mark, methods=["GET"])
    app.jinja_env.globals["asset"] = address_of
    app.jinja_env.globals["has_asset"] = lambda name: _find(name) is not None


def are_missing() -> bool:
    """Whether set-up could not fetch the packages: pages then say so instead of looking broken."""
    return not all((packages() / path).is_file() for name, path in THEIRS.items() if name not in _EXTRA)


def address_of(name: str) -> str:
    """The address of a file. Raises LookupError for one that is not there."""
    asset = _find(name)
    if asset is None:
        raise LookupError(f"no page may ask for {name}")
    return f"/static/{asset.fingerprint}/{name}"


def _serve(fingerprint: str, name: str) -> Response:
    asset = _find(name)
    # An old address is gone: what stands there now has another name, and must not be kept under this one.
    if asset is None or asset.fingerprint != fingerprint:
        abort(404)
    packed = request.accept_encodings.quality("gzip") > 0 and asset.media_type != "image/png"
    answer = Response(asset.packed if packed else asset.content, content_type=asset.media_type)
    answer.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    answer.headers["Vary"] = "Accept-Encoding"
    if packed:
        answer.headers["Content-Encoding"] = "gzip"
    return answer


def _mark() -> Werkzeug:
    """What browsers ask for of their own accord, beside a picture that is opened by itself."""
    return redirect(address_of("mark.svg"))


def _find(name: str) -> Asset | None:
    path = packages() / THEIRS[name] if name in THEIRS else OURS / name
    if name not in THEIRS and name not in _own_names():
        return None
    return _read(path) if path.is_file() else None


@lru_cache(maxsize=1)
def _own_names() -> frozenset[str]:
    return frozenset(path.relative_to(OURS).as_posix() for path in OURS.rglob("*") if path.suffix in _MEDIA_TYPES)


@lru_cache(maxsize=64)
def _read(path: Path) -> Asset:
    return Asset(path.read_bytes(), _MEDIA_TYPES[path.suffix])


def packages() -> Path:
    """The folder of the pages' packages."""
    found: Path = current_app.extensions["socialshop_packages"]
    return found
