"""A mail server of benches: a process of its own that takes every mail by SMTP (RFC 5321) and counts."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import Connection

from socialshop.infra import lifeline

_ID = re.compile(rb"^Message-ID: (\S+)", re.MULTILINE | re.IGNORECASE)
_END = b"\r\n.\r\n"
_OPTIONS = b"250-bench\r\n250 8BITMIME\r\n"


@dataclass(slots=True)
class Mailbox:
    """What came: mails, how many were different ones, and how many the one got who got most."""

    port: int = 0
    mails: int = 0
    different: int = 0
    most_to_one: int = 0


@dataclass(slots=True)
class _Taken:
    ids: set[bytes] = field(default_factory=set)
    to: Counter[bytes] = field(default_factory=Counter)
    mails: int = 0


@contextmanager
def mailbox() -> Iterator[Mailbox]:
    """A server that runs while the block does; what came is known after it."""
    spawn = get_context("spawn")
    here, there = spawn.Pipe()
    process = spawn.Process(target=_serve, args=(there,))
    process.start()
    found = Mailbox(port=here.recv())
    try:
        yield found
    finally:
        here.send("stop")
        found.mails, found.different, found.most_to_one = here.recv()
        process.join()


def _serve(parent: Connection) -> None:
    lifeline.follow_parent()
    asyncio.run(_take_all(parent))


async def _take_all(parent: Connection) -> None:
    taken = _Taken()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            await _talk(reader, writer, taken)
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    parent.send(server.sockets[0].getsockname()[1])
    await asyncio.to_thread(parent.recv)
    parent.send((taken.mails, len(taken.ids), max(taken.to.values(), default=0)))


async def _talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, taken: _Taken) -> None:
    """One conversation: every sender and recipient is good, every mail is taken."""
    writer.write(b"220 bench\r\n")
    recipient = b""
    while line := await reader.readline():
        word = line[:4].upper()
        if word == b"EHLO":
            writer.write(_OPTIONS)
        elif word == b"DATA":
            writer.write(b"354 go on\r\n")
            mail = await reader.readuntil(_END)
            taken.mails += 1
            taken.to[recipient] += 1
            if (found := _ID.search(mail)) is not None:
                taken.ids.add(found[1])
            writer.write(b"250 taken\r\n")
        elif word == b"QUIT":
            writer.write(b"221 bye\r\n")
            return
        else:
            if word == b"RCPT":
                recipient = line.strip()
            writer.write(b"250 good\r\n")
