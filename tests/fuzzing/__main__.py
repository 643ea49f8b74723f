"""Fuzz one part of the library: `python -m tests.fuzzing parsers --seconds 600`.

With atheris, the dependency group `fuzzing`, libFuzzer looks for inputs that reach new code; with
`--plain` inputs of the corpus are changed at random. An input that fails is written to the current
folder, by libFuzzer as `crash-...`. Put into the corpus, it is replayed by test_corpus.py for good.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from tests.fuzzing.driving import TARGETS, explore, fuzz, minimise


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzzing", description=__doc__)
    parser.add_argument("target", choices=TARGETS)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--plain", action="store_true", help="without atheris")
    parser.add_argument("--work", type=Path, help="where libFuzzer keeps what it found")
    parser.add_argument("--minimise", type=Path, metavar="FOLDER", help="replace the corpus")
    arguments = parser.parse_args()
    if arguments.minimise:
        minimise(arguments.target, arguments.minimise)
    elif arguments.plain:
        count = explore(arguments.target, seconds=arguments.seconds, seed=arguments.seed)
        print(f"{arguments.target}: {count} inputs, nothing found")
    else:
        fuzz(arguments.target, seconds=arguments.seconds, work=arguments.work)


if __name__ == "__main__":
    main()
