"""The floor: the same AGI dialogue on bare asyncio streams, with no library, checks or row."""

import argparse
import asyncio

import uvloop

_DIALOGUE = (b"ANSWER\n", b'STREAM FILE beep ""\n', b"HANGUP\n")


async def _talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        await reader.readuntil(b"\n\n")
        for command in _DIALOGUE:
            writer.write(command)
            await writer.drain()
            while (await reader.readline()).startswith(b"HANGUP"):
                pass
    finally:
        writer.close()


async def _serve(host: str, port: int) -> None:
    server = await asyncio.start_server(_talk, host, port, backlog=1024)
    print("ready", flush=True)
    async with server:
        await server.serve_forever()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("host")
    parser.add_argument("port", type=int)
    parser.add_argument("--uvloop", action="store_true")
    options = parser.parse_args()
    factory = uvloop.new_event_loop if options.uvloop else asyncio.new_event_loop
    with asyncio.Runner(loop_factory=factory) as runner:
        runner.run(_serve(options.host, options.port))


if __name__ == "__main__":
    main()
