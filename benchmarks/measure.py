"""Timing of calls: CPU per call and calls per second, rounds of all subjects in turn."""

from __future__ import annotations

import asyncio
import gc
import statistics
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from itertools import count
from typing import Any

__all__ = ["Result", "Subject", "compare", "table"]

Call = Callable[[int], Any]


@dataclass(frozen=True, slots=True)
class Subject:
    """One client doing one operation.

    Attributes:
        client: The library under test.
        operation: What it does.
        call: Does it once; gets a running number, and may return an awaitable.
        concurrency: How many calls are in flight at once; more than one needs awaitables.
        within: Makes the context in which it is measured.
    """

    client: str
    operation: str
    call: Call
    concurrency: int = 1
    within: Callable[[], AbstractContextManager[Any]] = nullcontext


@dataclass(frozen=True, slots=True)
class Result:
    """What was measured of a subject; medians over the rounds.

    Attributes:
        client: The library under test.
        operation: What it did.
        concurrency: How many calls were in flight at once.
        cpu_us: CPU time of this process per call, all threads together, in microseconds.
        per_second: Calls per second of wall time.
    """

    client: str
    operation: str
    concurrency: int
    cpu_us: float
    per_second: float


async def compare(subjects: Sequence[Subject], *, quick: bool) -> list[Result]:
    """Measure every subject, in rounds, so that a slow moment of the machine meets all of them."""
    rounds, seconds = (3, 0.1) if quick else (7, 0.4)
    samples: dict[int, list[tuple[float, float]]] = {i: [] for i in range(len(subjects))}
    numbers = count()
    for subject in subjects:
        with subject.within():
            await _slice(subject, seconds / 10, numbers)
    for _ in range(rounds):
        for i, subject in enumerate(subjects):
            gc.collect()
            with subject.within():
                samples[i].append(await _slice(subject, seconds, numbers))
    return [
        Result(
            subject.client,
            subject.operation,
            subject.concurrency,
            round(statistics.median(cpu for cpu, _ in samples[i]), 2),
            round(statistics.median(rate for _, rate in samples[i]), 1),
        )
        for i, subject in enumerate(subjects)
    ]


async def _slice(subject: Subject, seconds: float, numbers: count[int]) -> tuple[float, float]:
    probe = subject.call(next(numbers))
    asynchronous = isinstance(probe, Awaitable)
    if asynchronous:
        await probe
    done = 0
    stop = time.perf_counter() + seconds
    began, cpu = time.perf_counter(), time.process_time()
    if asynchronous:
        tasks = [_worker(subject.call, stop, numbers) for _ in range(subject.concurrency)]
        done = sum(await asyncio.gather(*tasks))
    else:
        while time.perf_counter() < stop or not done:
            subject.call(next(numbers))
            done += 1
    cpu, wall = time.process_time() - cpu, time.perf_counter() - began
    return cpu / done * 1e6, done / wall


async def _worker(call: Call, stop: float, numbers: count[int]) -> int:
    done = 0
    while time.perf_counter() < stop or not done:
        await call(next(numbers))
        done += 1
    return done


def table(results: Sequence[Result]) -> str:
    """Lay results out for people: each operation with its clients, and the ratio to the first."""
    lines = [f"{'operation':<26}{'client':<26}{'in flight':>9}{'CPU µs':>12}{'per second':>14}"]
    first: dict[tuple[str, int], Result] = {}
    for result in sorted(results, key=lambda r: (r.operation, r.concurrency)):
        base = first.setdefault((result.operation, result.concurrency), result)
        ratio = "" if base is result else f"   {result.cpu_us / base.cpu_us:.1f} x"
        lines.append(
            f"{result.operation:<26}{result.client:<26}{result.concurrency:>9}"
            f"{result.cpu_us:>12,.2f}{result.per_second:>14,.0f}{ratio}"
        )
    return "\n".join(lines)
