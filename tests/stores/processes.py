"""What the store tests run in processes of their own: `python -m tests.stores.processes NAME ...`.

The result goes to the standard output, as one line.
"""

from __future__ import annotations

import asyncio
import os
import resource
import sys
from typing import TYPE_CHECKING

from anydynamo.errors import AnyDynamoError
from anydynamo.stores.jsonfile import JSONFileStore
from anydynamo.stores.sqlite import SQLiteStore

if TYPE_CHECKING:
    from anydynamo.engine.store import Store, Writer

NOBODY = 65534


def open_store(path: str) -> Store:
    return JSONFileStore(path) if path.endswith(".json") else SQLiteStore(path)


async def increment(path: str, times: str) -> str:
    def work(writer: Writer) -> None:
        count = int(writer.get("a", b"counter") or b"0")
        writer.put("a", b"counter", b"%d" % (count + 1))

    store = SQLiteStore(path, busy_timeout=60)
    await asyncio.gather(*(store.write(work) for _ in range(int(times))))
    await store.close()
    return "done"


async def write_without_rights(path: str) -> str:
    """Write as a user whom nothing belongs to; root may write everywhere."""
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(NOBODY)
        os.setuid(NOBODY)
    return await attempt(path, b"v")


async def write_much(path: str, limit: str) -> str:
    """Write more than a file may hold."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit), int(limit)))
    return await attempt(path, os.urandom(int(limit)))


async def attempt(path: str, value: bytes) -> str:
    try:
        store = open_store(path)
    except AnyDynamoError as error:
        return f"open: {type(error).__name__}: {error}"
    try:
        await store.write(lambda writer: writer.put("a", b"k", value))
    except AnyDynamoError as error:
        found = await store.read(lambda reader: list(reader.scan("a")))
        return f"write: {type(error).__name__}: {error}; left {found}"
    finally:
        await store.close()
    return "written"


async def hold(path: str) -> str:
    """Write once, and keep the store open until the standard input ends."""
    store = open_store(path)
    await store.write(lambda writer: writer.put("a", b"held", b"v"))
    sys.stdout.write("holding\n")
    sys.stdout.flush()
    sys.stdin.read()
    await store.close()
    return "done"


if __name__ == "__main__":
    _, name, *arguments = sys.argv
    sys.stdout.write(asyncio.run(globals()[name](*arguments)))
