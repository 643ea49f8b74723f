"""How targets are driven: by libFuzzer, by a mutator of our own, and by their corpus alone."""

from __future__ import annotations

import faulthandler
import hashlib
import importlib
import itertools
import random
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType

__all__ = ["CORPUS", "TARGETS", "corpus", "explore", "fuzz", "load", "minimise", "mutations"]

TARGETS = ("parsers", "evaluators", "values", "http")

CORPUS = Path(__file__).with_name("corpus")

LONGEST = 4096
"""Bytes of an input; what is built from them may be much longer."""

_SLOW_SECONDS = 60
_STDERR = 2


def load(target: str) -> tuple[Callable[[bytes], None], tuple[bytes, ...]]:
    """Import a target: what runs an input, and its seeds."""
    module = importlib.import_module(f"tests.fuzzing.{target}")
    return module.run, module.SEEDS


def corpus(target: str) -> list[bytes]:
    """Return a target's corpus and its seeds, in a fixed order."""
    kept = [path.read_bytes() for path in sorted(CORPUS.joinpath(target).glob("*"))]
    return [*load(target)[1], *kept]


def mutations(seeds: list[bytes], seed: int) -> Iterator[bytes]:
    """Change inputs at random, the same way for the same seed."""
    source = random.Random(seed)
    while True:
        data = bytearray(source.choice(seeds))
        for _ in range(1 << source.randrange(6)):
            place = source.randrange(len(data) + 1)
            match source.randrange(6):
                case 0:
                    data[place:place] = source.randbytes(1 + source.randrange(8))
                case 1:
                    del data[place : place + 1 + source.randrange(8)]
                case 2:
                    other = source.choice(seeds)
                    cut = source.randrange(len(other) + 1)
                    data[place:] = other[cut:]
                case 3:
                    data[place:place] = data[source.randrange(len(data) + 1) :][:16]
                case _ if place < len(data):
                    data[place] = source.randrange(256)
                case _:
                    data.append(source.randrange(256))
        yield bytes(data[:LONGEST])


def explore(target: str, *, seconds: float, seed: int = 1) -> int:
    """Run mutations of the corpus for a time, and return how many.

    An input that fails is written beside the corpus before its error goes on, and one that takes
    too long ends the process with a traceback.
    """
    run, _ = load(target)
    end = time.monotonic() + seconds
    for count, data in enumerate(mutations(corpus(target), seed)):
        if time.monotonic() >= end:
            return count
        faulthandler.dump_traceback_later(_SLOW_SECONDS, exit=True, file=_STDERR)
        try:
            run(data)
        except BaseException:
            kept = Path(f"crash-{target}-{_name(data)}")
            kept.write_bytes(data)
            print(f"seed {seed}, input {count}, written to {kept}", file=sys.stderr)
            raise
        finally:
            faulthandler.cancel_dump_traceback_later()
    raise AssertionError("mutations never end")


def fuzz(target: str, *, seconds: int, work: Path | None = None) -> None:
    """Let libFuzzer look for inputs that reach new code; the process ends with it."""
    import atheris

    with atheris.instrument_imports(include=["anydynamo"], enable_loader_override=False):
        run, _ = load(target)
    work = work or Path(tempfile.mkdtemp(prefix=f"fuzzing-{target}-"))
    work.mkdir(parents=True, exist_ok=True)
    for data in corpus(target):
        work.joinpath(_name(data)).write_bytes(data)
    limits = (f"-max_total_time={seconds}", f"-max_len={LONGEST}", f"-timeout={_SLOW_SECONDS}")
    atheris.Setup(
        [sys.argv[0], str(work), *limits, "-rss_limit_mb=3000", "-print_final_stats=1"], run
    )
    print(f"{target}: inputs are kept in {work}", flush=True)
    atheris.Fuzz()


def minimise(target: str, folder: Path, *, most: int = 180_000) -> None:
    """Replace a target's corpus by a few small inputs that go every way that a folder's go."""
    run, seeds = load(target)
    ways: dict[bytes, set[object]] = {}
    candidates = {path.read_bytes() for path in folder.iterdir()} | set(seeds)
    for data in sorted(candidates, key=lambda data: (len(data), data)):
        ways[data] = _ways(run, data)
    place = CORPUS / target
    place.mkdir(parents=True, exist_ok=True)
    for old in place.iterdir():
        old.unlink()
    known: set[object] = set().union(*(ways.pop(seed) for seed in seeds))
    total = 0
    for data, found in ways.items():
        if found <= known or total + len(data) > most:
            continue
        known |= found
        total += len(data)
        place.joinpath(_name(data)).write_bytes(data)
    print(f"{target}: {len(list(place.iterdir()))} inputs, {total} bytes")


def _ways(run: Callable[[bytes], None], data: bytes) -> set[object]:
    """Return the steps from line to line of the library that an input leads to."""
    found: set[object] = set()
    steps = itertools.count()

    def trace(frame: FrameType, event: str, argument: Any) -> Any:
        code = frame.f_code
        if "anydynamo" not in code.co_filename:
            return None
        last = 0

        def step(frame: FrameType, event: str, argument: Any) -> Any:
            nonlocal last
            next(steps)
            if event == "line":
                found.add((code.co_filename, last, frame.f_lineno))
                last = frame.f_lineno
            return step

        return step

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        run(data)
    finally:
        sys.settrace(before)
    return found


def _name(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]
