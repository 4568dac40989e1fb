from __future__ import annotations

import hashlib

import pytest

from settings import Settings
from tests.api.client import Client, problem
from tests.databases import ON_BOTH

pytestmark = ON_BOTH

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'


async def test_a_file_is_stored_by_its_digest_and_given_back_as_a_download(admin: Client) -> None:
    attachment = await admin.upload("évil/../../pic ture.svg", SVG)
    answer = await admin.ask("GET", f"/attachments/{attachment}")
    assert answer.content == SVG
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"] == "attachment; filename*=UTF-8''pic%20ture.svg"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]
    assert answer.headers["etag"] == f'"sha256:{hashlib.sha256(SVG).hexdigest()}"'


async def test_a_download_is_as_long_as_the_file_whatever_the_browser_unpacks(admin: Client) -> None:
    text = b"the same line again\n" * 1000
    attachment = await admin.upload("log.txt", text)
    answer = await admin.ask("GET", f"/attachments/{attachment}", headers={"Accept-Encoding": "gzip"})
    assert (answer.content, answer.headers["content-length"]) == (text, str(len(text)))
    assert "content-encoding" not in answer.headers


async def test_the_same_upload_with_the_same_key_is_one_attachment(admin: Client) -> None:
    async def send(content: bytes) -> str:
        files = {"file": ("a.txt", content, "text/plain")}
        answer = await admin.ask("POST", "/attachments", files=files, headers={"Idempotency-Key": "k"})
        return str(answer.json().get("id", answer.json().get("code")))

    assert await send(b"one") == await send(b"one")
    assert await send(b"two") == "idempotency_key_reused"


async def test_a_file_of_exactly_the_limit_is_taken_and_one_byte_more_is_not(
    admin: Client, settings: Settings
) -> None:
    limit = 20 * 1024 * 1024
    await admin.upload("most.bin", bytes(limit))
    answer = await admin.ask("POST", "/attachments", files={"file": ("more.bin", bytes(limit + 1))})
    told = problem(answer, 413, "too_large")
    assert told["limit_bytes"] == limit
    answer = await admin.ask("POST", "/attachments", files={"file": ("much.bin", bytes(50_000_000))})
    problem(answer, 413, "too_large")
    kept = [file for file in (settings.home / "attachments").rglob("*") if file.is_file()]
    assert [file.stat().st_size for file in kept] == [limit]


@pytest.mark.parametrize(
    ("body", "media", "status", "code"),
    [
        (b"{}", "application/json", 415, "wrong_media_type"),
        (b"", "multipart/form-data", 415, "wrong_media_type"),
        (b"--b\r\nbroken", "multipart/form-data; boundary=b", 400, "malformed"),
        (b"nothing of the kind", "multipart/form-data; boundary=b", 400, "malformed"),
        (
            b'--b\r\nContent-Disposition: form-data; name="other"\r\n\r\nx\r\n--b--\r\n',
            "multipart/form-data; boundary=b",
            422,
            "file_missing",
        ),
        (
            b'--b\r\nContent-Disposition: form-data; name="file"; filename="cut.txt"\r\n\r\nhalf',
            "multipart/form-data; boundary=b",
            400,
            "malformed",
        ),
        (
            b'--b\r\nContent-Disposition: form-data; name="file"; filename="' + b"n" * 20_000 + b'"\r\n\r\n',
            "multipart/form-data; boundary=b",
            400,
            "malformed",
        ),
    ],
)
async def test_a_broken_upload_is_refused_and_keeps_nothing(
    admin: Client, settings: Settings, body: bytes, media: str, status: int, code: str
) -> None:
    answer = await admin.ask("POST", "/attachments", content=body, headers={"Content-Type": media})
    problem(answer, status, code)
    assert not [file for file in settings.home.rglob("attachments/*/*") if file.is_file()]


async def test_two_files_at_once_are_refused(admin: Client) -> None:
    files = [("file", ("a.txt", b"a")), ("file", ("b.txt", b"b"))]
    problem(await admin.ask("POST", "/attachments", files=files), 422, "one_file_only")
