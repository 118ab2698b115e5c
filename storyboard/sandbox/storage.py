"""fal's storage and CDN: signed PUT and CDN token, both in one piece or in parts, and the files again.

signed PUT   POST /storage/upload/initiate → PUT <upload_url>
in parts     POST /storage/upload/initiate-multipart → PUT <upload_url path>/<n>?… → POST <…>/complete?…
CDN token    POST /storage/auth/token → POST /files/upload
in parts     POST /files/upload/multipart → PUT <access_url>/multipart/<id>/<n> → POST <…>/complete
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import shutil
from pathlib import Path
from typing import Any

from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response

from storyboard.sandbox import access
from storyboard.sandbox.broken import Cut
from storyboard.sandbox.ids import token
from storyboard.sandbox.keeping import refused_clip
from storyboard.sandbox.output import clip_path
from storyboard.sandbox.preference import preference_of
from storyboard.sandbox.queue import base_url
from storyboard.sandbox.record import Upload
from storyboard.sandbox.sandbox import Sandbox
from storyboard.sandbox.times import iso

TOKEN_SECONDS = 3600
UNKNOWN_TYPE = "application/octet-stream"
ANYWHERE = {"access-control-allow-origin": "*"}
NOT_FOUND = {"detail": "Not Found"}
FORBIDDEN = {"detail": "Forbidden"}


async def initiate(request: Request) -> Response:
    sandbox: Sandbox = request.app.state.sandbox
    refused = access.paid_refusal(request, sandbox)
    if refused is not None:
        return refused
    asked = await _asked(request)
    upload = _new_upload(sandbox, asked.get("file_name"), asked.get("content_type"))
    life = preference_of(request).seconds
    if life is not None:
        upload = sandbox.state.save_upload(replace(upload, expires_at=sandbox.now() + life))
    file_url = f"{base_url(request)}/{upload.path}"
    parts = f"/multipart/{upload.token}" if request.url.path.endswith("-multipart") else ""
    upload_url = f"{file_url}{parts}?signature={upload.signature}"
    return JSONResponse({"file_url": file_url, "upload_url": upload_url})


async def _asked(request: Request) -> dict[str, Any]:
    try:
        asked = await request.json()
    except ValueError:
        return {}
    return asked if isinstance(asked, dict) else {}


def _new_upload(sandbox: Sandbox, name: Any, content_type: Any) -> Upload:
    number, seed = sandbox.state.next_number("uploads"), sandbox.settings.seed
    own = token(seed, "upload", number)
    path = f"files/b/{own[:8]}/{own}_{_plain(name)}"
    kind = content_type if isinstance(content_type, str) and content_type.isascii() else UNKNOWN_TYPE
    return sandbox.state.save_upload(Upload(own, path, kind, token(seed, "signature", number)))


def _plain(name: Any) -> str:
    """The last part of a file name in characters that need no care in a URL."""
    last = re.split(r"[/\\]", name if isinstance(name, str) else "")[-1]
    return re.sub(r"[^A-Za-z0-9._-]", "_", last) or "upload.bin"


async def put_file(request: Request) -> Response:
    """The signed PUT. It carries no key: the signature is the permission."""
    sandbox: Sandbox = request.app.state.sandbox
    upload = sandbox.state.uploads.get(request.url.path.lstrip("/"))
    if upload is None:
        return JSONResponse(NOT_FOUND, 404)
    if request.query_params.get("signature") != upload.signature:
        return JSONResponse(FORBIDDEN, 403)
    await _receive(request, sandbox, upload)
    return Response(b"", 200, ANYWHERE | {"x-fal-backend-id": sandbox.runner_id})


async def _receive(request: Request, sandbox: Sandbox, upload: Upload) -> None:
    path = sandbox.state.uploads_folder / upload.token
    kind = request.headers.get("content-type", upload.content_type)
    size = await _write(request, path)
    sandbox.state.save_upload(replace(upload, content_type=kind, size=size))


async def _write(request: Request, path: Path) -> int:
    """The request's body, written aside and renamed: a broken upload leaves nothing."""
    aside = path.with_name(path.name + ".part")
    with aside.open("wb") as file:
        async for piece in request.stream():
            file.write(piece)
        size = file.tell()
    aside.replace(path)
    return size


async def cdn_token(request: Request) -> Response:
    sandbox: Sandbox = request.app.state.sandbox
    refused = access.paid_refusal(request, sandbox)
    if refused is not None:
        return refused
    return JSONResponse(
        {
            "token": _cdn_token(sandbox),
            "token_type": "Bearer",
            "base_url": base_url(request),
            "expires_at": iso(sandbox.now() + TOKEN_SECONDS),
        }
    )


def _cdn_token(sandbox: Sandbox) -> str:
    return token(sandbox.settings.seed, "cdn", 1)


def _may_write(request: Request, sandbox: Sandbox, upload: Upload | None) -> bool:
    """With the CDN's token, or with the signature of the file."""
    if upload is not None and request.query_params.get("signature") == upload.signature:
        return True
    return request.headers.get("authorization") == f"Bearer {_cdn_token(sandbox)}"


async def upload_file(request: Request) -> Response:
    """With a CDN token: the whole file, or the announcement of its parts."""
    sandbox: Sandbox = request.app.state.sandbox
    if not _may_write(request, sandbox, None):
        return JSONResponse({"detail": access.INVALID}, 401)
    upload = _new_upload(sandbox, request.headers.get("x-fal-file-name"), request.headers.get("content-type"))
    access_url = f"{base_url(request)}/{upload.path}"
    if request.url.path.endswith("/multipart"):
        return JSONResponse({"access_url": access_url, "uploadId": upload.token})
    await _receive(request, sandbox, upload)
    return JSONResponse({"access_url": access_url})


async def put_part(request: Request) -> Response:
    sandbox: Sandbox = request.app.state.sandbox
    upload = _of_parts(request, sandbox)
    if upload is None:
        return JSONResponse(NOT_FOUND, 404)
    if not _may_write(request, sandbox, upload):
        return JSONResponse(FORBIDDEN, 403)
    number: int = request.path_params["number"]
    path = _parts(sandbox, upload) / str(number)
    path.parent.mkdir(exist_ok=True)
    await _write(request, path)
    etag = _etag(path)
    return JSONResponse({"partNumber": number, "etag": etag}, 200, ANYWHERE | {"etag": etag})


async def complete(request: Request) -> Response:
    """Joins the parts, in the order of their numbers, when each is the one that was announced."""
    sandbox: Sandbox = request.app.state.sandbox
    upload = _of_parts(request, sandbox)
    if upload is None:
        return JSONResponse(NOT_FOUND, 404)
    if not _may_write(request, sandbox, upload):
        return JSONResponse(FORBIDDEN, 403)
    parts = (await _asked(request)).get("parts", [])
    folder = _parts(sandbox, upload)
    announced = sorted((part["partNumber"], part["etag"]) for part in parts)
    if not announced or any(not _is_there(folder / str(number), etag) for number, etag in announced):
        return JSONResponse({"detail": "A part is missing or differs from its etag"}, 400)
    _join([folder / str(number) for number, _ in announced], sandbox, upload)
    shutil.rmtree(folder)
    return JSONResponse({"access_url": f"{base_url(request)}/{upload.path}"})


def _of_parts(request: Request, sandbox: Sandbox) -> Upload | None:
    path = request.url.path.lstrip("/").partition("/multipart/")[0]
    upload = sandbox.state.uploads.get(path)
    return upload if upload is not None and upload.token == request.path_params["upload"] else None


def _parts(sandbox: Sandbox, upload: Upload) -> Path:
    return sandbox.state.uploads_folder / f"{upload.token}.parts"


def _is_there(path: Path, etag: str) -> bool:
    return path.exists() and _etag(path) == etag


def _etag(path: Path) -> str:
    with path.open("rb") as file:
        return f'"{hashlib.file_digest(file, "sha256").hexdigest()[:32]}"'


def _join(parts: list[Path], sandbox: Sandbox, upload: Upload) -> None:
    path = sandbox.state.uploads_folder / upload.token
    aside = path.with_name(path.name + ".part")
    with aside.open("wb") as whole:
        for part in parts:
            with part.open("rb") as file:
                shutil.copyfileobj(file, whole)
        size = whole.tell()
    aside.replace(path)
    sandbox.state.save_upload(replace(upload, size=size))


async def get_file(request: Request) -> Response:
    """An upload or a clip, without a key, as from fal's CDN."""
    sandbox: Sandbox = request.app.state.sandbox
    path = request.url.path.lstrip("/")
    upload = sandbox.state.uploads.get(path)
    if upload is not None and upload.size is not None:
        if upload.expires_at is not None and sandbox.now() >= upload.expires_at:
            return JSONResponse(NOT_FOUND, 404)
        return FileResponse(sandbox.state.uploads_folder / upload.token, 200, ANYWHERE, upload.content_type)
    queued = next((q for q in sandbox.state.requests.values() if q.clip and clip_path(q) == path), None)
    if queued is None or queued.clip is None:
        return JSONResponse(NOT_FOUND, 404)
    refused = refused_clip(request, sandbox, queued)
    if refused is not None:
        return refused
    file = sandbox.state.clips_folder / queued.clip
    if request.method == "GET" and sandbox.first_fault("download") is not None:
        return Cut(await asyncio.to_thread(file.read_bytes), 200, ANYWHERE, "video/mp4")
    return FileResponse(file, 200, ANYWHERE, "video/mp4")
