from __future__ import annotations

import importlib.util
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from tests.documentation import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fastapi.testclient import TestClient

EXAMPLES = ROOT / "examples"
PRINTED = {
    "first_steps.py": (
        "By Joyce after 1915: Ulysses\nCopies of Ulysses left: 1\nNo copy is left\n"
    ),
    "blocking.py": (
        "The older copy was refused\nFirst actual case of bug being found.\nRelay 70, panel F.\n"
    ),
    "k9.py": (
        "Ann has: Dogs of the north ['husky']\n"
        "Bob has: 0\n"
        "To Bob there is no such report\n"
        "A vector of 3 numbers in an item of 126 bytes\n"
    ),
    "switching_providers.py": (
        "memory: 21.25 degrees in second 1\n"
        "json: 21.25 degrees in second 1\n"
        "sqlite: 21.25 degrees in second 1\n"
        "One answer\n"
    ),
    "ad_events.py": (
        "13 events are new; given again, 0 of them are\n"
        "8 impressions, 4 clicks: ctr 0.500\n"
        "Revenue: 19.9 USD\n"
        "A journey, from its end: conversion, click, impression, impression, impression\n"
    ),
    "github_events.py": (
        "The second time 0 of 4 events are new\n"
        "octocat/hello: docs: how, fix: greet\n"
        "octocat/spoon: Bend it\n"
        "Issues closed: 100%\n"
    ),
    "mediamesh.py": (
        "Trending: Blue Planet, Cosmos\nPopular: Night Mail\nocean: Cosmos\ntrain: Night Mail\n"
    ),
}


def test_every_example_is_tested() -> None:
    assert {path.name for path in EXAMPLES.glob("*.py")} == {*PRINTED, "fastapi_app.py"}


@pytest.mark.parametrize("name", PRINTED)
def test_an_example_prints_what_it_promises_each_time(name: str, tmp_path: Path) -> None:
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-W", "error", EXAMPLES / name],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout == PRINTED[name]


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    testclient = pytest.importorskip("fastapi.testclient")
    monkeypatch.setenv("DATABASE_PROVIDER", "memory")
    spec = importlib.util.spec_from_file_location("fastapi_app", EXAMPLES / "fastapi_app.py")
    assert spec is not None
    assert spec.loader is not None
    module: Any = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "fastapi_app", module)
    spec.loader.exec_module(module)
    with testclient.TestClient(module.app) as opened:
        yield opened


def test_the_service_keeps_tickets_and_says_why_not(client: TestClient) -> None:
    ticket = {"number": 1, "title": "It is broken", "state": "open"}
    assert client.post("/tickets", json={"number": 1, "title": "It is broken"}).json() == ticket
    assert client.get("/tickets/1").json() == ticket

    assert client.post("/tickets", json=ticket).status_code == 409
    assert client.post("/tickets", json={"number": 0, "title": ""}).status_code == 422
    assert client.get("/tickets/2").status_code == 404

    assert client.post("/tickets/1/close").json() == {**ticket, "state": "closed"}
    assert client.post("/tickets/1/close").status_code == 409


def test_the_service_gives_pages(client: TestClient) -> None:
    for number in (1, 2, 3):
        client.post("/tickets", json={"number": number, "title": f"Ticket {number}"})
    first = client.get("/tickets", params={"limit": 2}).json()
    assert [ticket["number"] for ticket in first["items"]] == [1, 2]
    second = client.get("/tickets", params={"limit": 2, "after": first["next"]}).json()
    assert [ticket["number"] for ticket in second["items"]] == [3]
    assert client.get("/tickets", params={"after": "nonsense"}).status_code == 400


def test_the_service_describes_its_tickets(client: TestClient) -> None:
    schema = client.get("/openapi.json").json()["components"]["schemas"]["Ticket"]
    assert schema["properties"]["title"]["maxLength"] == 200
