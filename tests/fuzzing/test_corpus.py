"""What fuzzing kept is replayed, and changed a little, always in the same way."""

from __future__ import annotations

import itertools
import sys
from typing import TYPE_CHECKING

import pytest
from tests.fuzzing.driving import CORPUS, TARGETS, corpus, explore, load, minimise, mutations

if TYPE_CHECKING:
    from pathlib import Path

INPUTS = {"parsers": 1500, "evaluators": 1500, "values": 3000, "http": 400}


@pytest.mark.parametrize("target", TARGETS)
def test_every_input_that_was_kept_is_answered(target: str) -> None:
    run, _ = load(target)
    for data in corpus(target):
        run(data)


@pytest.mark.parametrize("target", TARGETS)
def test_inputs_that_differ_a_little_from_those_are_answered(target: str) -> None:
    run, _ = load(target)
    for data in itertools.islice(mutations(corpus(target), seed=4), INPUTS[target]):
        run(data)


def test_the_corpus_is_small() -> None:
    files = [path for path in CORPUS.rglob("*") if path.is_file()]
    assert {path.parent.name for path in files} == set(TARGETS)
    assert sum(path.stat().st_size for path in files) < 1_000_000


def test_an_input_that_fails_is_kept_beside_the_corpus(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def run(data: bytes) -> None:
        assert len(data) < 3

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("tests.fuzzing.driving.load", lambda target: (run, (b"abc",)))
    with pytest.raises(AssertionError):
        explore("parsers", seconds=60)
    (kept,) = tmp_path.iterdir()
    with pytest.raises(AssertionError):
        run(kept.read_bytes())
    assert kept.name in capsys.readouterr().err


def test_minimising_keeps_what_goes_another_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found, kept = tmp_path / "found", tmp_path / "kept"
    found.mkdir()
    _, (seed, *_) = load("parsers")
    for name, data in {"a": b"\x04\x07SELECT", "b": b"\x04\x07SELECTT", "c": seed}.items():
        found.joinpath(name).write_bytes(data)
    monkeypatch.setattr("tests.fuzzing.driving.CORPUS", kept)
    tracer = sys.gettrace()
    minimise("parsers", found)
    assert sys.gettrace() is tracer
    assert len(list(kept.joinpath("parsers").iterdir())) <= 2
