"""A hand-written S3: as much of the protocol as a store needs, in memory, for one bucket."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

_NAMESPACE = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'


class _Bucket(ThreadingHTTPServer):
    """`flip`: every object loses its last byte on its way in, as on a bad disk."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.objects: dict[str, bytes] = {}
        self.parts: dict[str, dict[int, bytes]] = {}
        self.away = False
        self.flip = False

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def keep(self, key: str, data: bytes) -> None:
        self.objects[key] = data[:-1] + bytes([data[-1] ^ 1]) if self.flip else data


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Bucket

    def _serve(self) -> None:
        data = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        url = urlsplit(self.path)
        key = unquote(url.path).partition("/")[2].partition("/")[2]
        query = {name: values[0] for name, values in parse_qs(url.query, True).items()}
        if self.server.away:
            self._answer(403, b"")
        elif self.command == "PUT" and "partNumber" in query:
            self.server.parts[query["uploadId"]][int(query["partNumber"])] = data
            self._answer(200, b"", ETag='"part"')
        elif self.command == "PUT":
            self.server.keep(key, data)
            self._answer(200, b"", ETag='"whole"')
        elif self.command == "POST":
            self._post(key, query, data)
        elif "list-type" in query:
            self._list(query.get("prefix", ""), query.get("delimiter", ""))
        else:
            self._get(key)

    do_GET = do_PUT = do_POST = do_HEAD = _serve  # noqa: N815

    def _post(self, key: str, query: dict[str, str], data: bytes) -> None:
        if "uploads" in query:
            upload = str(len(self.server.parts))
            self.server.parts[upload] = {}
            self._xml("InitiateMultipartUploadResult", f"<UploadId>{upload}</UploadId>")
        elif "uploadId" in query:
            parts = self.server.parts.pop(query["uploadId"])
            self.server.keep(key, b"".join(parts[number] for number in sorted(parts)))
            self._xml("CompleteMultipartUploadResult", "<ETag>whole</ETag>")
        else:
            keys = re.findall("<Key>(.*?)</Key>", data.decode())
            for one in keys:
                self.server.objects.pop(one, None)
            gone = "".join(f"<Deleted><Key>{one}</Key></Deleted>" for one in keys)
            self._xml("DeleteResult", gone)

    def _list(self, prefix: str, delimiter: str) -> None:
        items, folders = "", set()
        for key, data in sorted(self.server.objects.items()):
            rest = key.removeprefix(prefix)
            if not key.startswith(prefix):
                continue
            if delimiter and delimiter in rest:
                folders.add(prefix + rest.partition(delimiter)[0] + delimiter)
                continue
            items += (
                f"<Contents><Key>{key}</Key><Size>{len(data)}</Size><ETag>x</ETag>"
                "<LastModified>2026-01-05T00:00:00.000Z</LastModified></Contents>"
            )
        for folder in sorted(folders):
            items += f"<CommonPrefixes><Prefix>{folder}</Prefix></CommonPrefixes>"
        self._xml("ListBucketResult", f"<IsTruncated>false</IsTruncated>{items}")

    def _get(self, key: str) -> None:
        data = self.server.objects.get(key)
        if data is None:
            self._answer(404, b"")
            return
        times = {"ETag": '"x"', "Last-Modified": "Mon, 05 Jan 2026 00:00:00 GMT"}
        asked = re.fullmatch(r"bytes=(\d+)-(\d+)", self.headers.get("Range") or "")
        if asked is None:
            self._answer(200, data, **times)
            return
        start, end = int(asked[1]), min(int(asked[2]) + 1, len(data))
        where = {"Content-Range": f"bytes {start}-{end - 1}/{len(data)}"}
        self._answer(206, data[start:end], **times, **where)

    def _xml(self, name: str, body: str) -> None:
        self._answer(200, f"<{name} {_NAMESPACE}>{body}</{name}>".encode())

    def _answer(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Quiet."""


@contextmanager
def s3() -> Iterator[_Bucket]:
    """A bucket that answers at `url` until the end of the block."""
    with _Bucket() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
