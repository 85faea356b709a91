"""pyst2's AGI, one thread a call: what a Python shop without asyncio would run. No row."""

import argparse
import io
import socketserver
from typing import TextIO

from asterisk.agi import AGI


class _Nowhere(io.TextIOBase):
    """For pyst2's commentary, which is meant for Asterisk's console."""

    def write(self, text: str) -> int:
        return len(text)


class _ThreadAgi(AGI):  # type: ignore[misc]  # the library has no types
    """As the library's own, without its signal handler, which only a main thread may set."""

    def __init__(self, stdin: TextIO, stdout: TextIO) -> None:
        self.stdin, self.stdout, self.stderr = stdin, stdout, _Nowhere()
        self._got_sighup = False
        self.env: dict[str, str] = {}
        self._get_agi_env()


class _Talk(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        with (
            self.request.makefile("r", encoding="utf-8", newline="\n") as heard,
            self.request.makefile("w", encoding="utf-8", newline="\n") as said,
        ):
            agi = _ThreadAgi(heard, said)
            agi.answer()
            agi.stream_file("beep")
            agi.hangup()


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 1024


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("host")
    parser.add_argument("port", type=int)
    options = parser.parse_args()
    with _Server((options.host, options.port), _Talk) as server:
        print("ready", flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main()
