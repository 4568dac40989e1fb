"""A file as it comes in by multipart: one part named `file`, handed on piece by piece, never held whole."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import PurePosixPath, PureWindowsPath

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import ClientDisconnect, Request

from api.limits import FILE_LIMIT, BodyTooLarge
from api.refusals import Malformed, WrongMedia
from golive.errors import Invalid
from golive.words import N_

_NAME_MOST = 200
_TYPE_MOST = 100
_HEADER_MOST = 8 * 1024
PLAIN = "application/octet-stream"


class Upload:
    """The file part of a request. `name` and `content_type` are known once its first bytes have come."""

    def __init__(self, request: Request):
        kind, options = parse_options_header(request.headers.get("content-type"))
        if kind != b"multipart/form-data" or not options.get(b"boundary"):
            raise WrongMedia(
                "wrong_media_type", N_("Send the file as multipart/form-data, in a part named “file”.")
            )
        self.name, self.content_type = "", PLAIN
        self.seen = False
        self._request = request
        self._mine = False
        self._field = self._value = b""
        self._headers: dict[bytes, bytes] = {}
        self._pieces: list[bytes] = []
        self._ended = False
        self._parser = MultipartParser(options[b"boundary"], self._callbacks())  # type: ignore[arg-type]

    async def pieces(self) -> AsyncIterator[bytes]:
        """Yield the bytes of the file. Raises Malformed, Invalid `file_missing` or BodyTooLarge."""
        size = 0
        try:
            async for chunk in self._request.stream():
                self._parser.write(chunk)
                for piece in self._taken():
                    size += len(piece)
                    if size > FILE_LIMIT:
                        raise BodyTooLarge(FILE_LIMIT)
                    yield piece
        except (FormParserError, ClientDisconnect) as broken:
            raise _broken() from broken
        if not self._ended:
            raise _broken()
        if not self.seen:
            raise Invalid("file_missing", N_("The body holds no file in a part named “file”."))

    def _taken(self) -> list[bytes]:
        taken, self._pieces = self._pieces, []
        return taken

    def _callbacks(self) -> dict[str, object]:
        return {
            "on_part_begin": self._part_begins,
            "on_header_field": self._header_field,
            "on_header_value": self._header_value,
            "on_header_end": self._header_ends,
            "on_headers_finished": self._headers_end,
            "on_part_data": self._part_data,
            "on_part_end": self._part_ends,
            "on_end": self._all_ends,
        }

    def _part_begins(self) -> None:
        self._headers = {}

    def _header_field(self, given: bytes, start: int, end: int) -> None:
        self._field += given[start:end]
        self._within_limit()

    def _header_value(self, given: bytes, start: int, end: int) -> None:
        self._value += given[start:end]
        self._within_limit()

    def _within_limit(self) -> None:
        if len(self._field) + len(self._value) > _HEADER_MOST:
            raise _broken()

    def _header_ends(self) -> None:
        self._headers[self._field.lower()] = self._value
        self._field = self._value = b""

    def _headers_end(self) -> None:
        _, options = parse_options_header(self._headers.get(b"content-disposition"))
        self._mine = options.get(b"name") == b"file" and b"filename" in options
        if not self._mine:
            return
        if self.seen:
            raise Invalid("one_file_only", N_("Send one file at a time."))
        self.seen = True
        self.name = plain_name(options[b"filename"])
        self.content_type = plain_type(self._headers.get(b"content-type", b""))

    def _part_data(self, given: bytes, start: int, end: int) -> None:
        if self._mine:
            self._pieces.append(given[start:end])

    def _part_ends(self) -> None:
        self._mine = False

    def _all_ends(self) -> None:
        self._ended = True


def _broken() -> Malformed:
    return Malformed("malformed", N_("The file did not come in whole as multipart/form-data; send it again."))


def plain_name(written: bytes) -> str:
    """Return the name without folders and control characters, whoever's system it comes from."""
    text = written.decode("utf-8", "replace")
    name = PureWindowsPath(PurePosixPath(text).name).name
    shown = "".join(letter for letter in name if letter.isprintable())
    return shown[-_NAME_MOST:] or "file"


def plain_type(written: bytes) -> str:
    """Return the media type that was claimed, without parameters; PLAIN for what is none."""
    text = written.decode("ascii", "replace").partition(";")[0].strip().lower()
    kind, slash, detail = text.partition("/")
    plain = all(
        part and part.replace("-", "").replace(".", "").replace("+", "").isalnum() for part in (kind, detail)
    )
    return text if slash and plain and text.isascii() and len(text) <= _TYPE_MOST else PLAIN
