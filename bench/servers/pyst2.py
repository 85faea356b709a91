"""pyst2's AGI, one thread a call: what a Python shop without asyncio would run. No row."""

import argparse
import io
import socketserver

from asterisk.agi import AGI


class _Nowhere(io.TextIOBase):
    """For pyst2's commentary, which is meant for Asterisk's console."""

    def write(self, text: str) -> int:
        return len(text)


class _ThreadAgi(AGI):  # type: ignore[misc]  # the library has no types
    """As the library's own, without its signal handler, which only a main thread may set."""

    def __init__(self, stdin: io.TextIOBase, stdout: io.TextIOBase) -> None:
        self.stdin, self.stdout, self.stderr = stdin, stdout, _Nowhere()
        self._got_sighup = False
        self.env: dict[str, str] = {}
        self._get_agi_env()


class _Talk(socketserver.StreamRequestHandler):
    wbufsize = -1  # the library flushes after each command

    def handle(self) -> None:
        agi = _ThreadAgi(
            io.TextIOWrapper(self.rfile, encoding="utf-8", newline="\n"),
            io.TextIOWrapper(self.wfile, encoding="utf-8", newline="\n"),
        )
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
