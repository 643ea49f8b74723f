"""The command line of the benchmarks."""

from __future__ import annotations

import argparse
import asyncio
import importlib
import json
from dataclasses import asdict
from pathlib import Path

from benchmarks.measure import table

NAMES = {
    "core": "the codec and the embedded engine beside the peers",
    "traits": "the same operations on models with one trait each, beside the plain model",
    "observing": "what it costs to be observed, and what it does not where nobody observes",
    "growth": "a query of one partition while the table around it grows",
    "inprocess": "AWS's clients on `mock_dynamodb`, on moto, and on a constant answer",
    "server": "`anydynamo serve` beside other servers; the CPU time is the server's",
}


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Measure anydynamo beside its peers. Compare figures of one run only.",
        epilog="; ".join(f"{name}: {text}" for name, text in NAMES.items()),
    )
    parser.add_argument("name", choices=NAMES)
    parser.add_argument("--quick", action="store_true", help="shorter, and less precise")
    parser.add_argument("--json", type=Path, metavar="FILE", help="also write the results there")
    arguments = parser.parse_args()
    module = importlib.import_module(f"benchmarks.{arguments.name}")
    results = asyncio.run(module.run(quick=arguments.quick))
    print(table(results))
    if arguments.json:
        document = {"results": [asdict(result) for result in results]}
        arguments.json.write_text(json.dumps(document, indent=2) + "\n")


if __name__ == "__main__":
    main()
