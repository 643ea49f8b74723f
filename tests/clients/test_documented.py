"""What the guide to the server says of clients and of set-ups, held to what is tried."""

from __future__ import annotations

import re
import shlex
import tomllib
from typing import TYPE_CHECKING, Any

import yaml
from tests.clients.documents import LOCAL
from tests.clients.versions import AIODYNAMO, AWS_CLI, CONNECT_DYNAMODB, JAVASCRIPT
from tests.documentation import ROOT
from tests.serving import start

if TYPE_CHECKING:
    from pathlib import Path

GUIDE = (ROOT / "docs" / "guides" / "server.md").read_text(encoding="utf-8")


def lower_bounds() -> dict[str, str]:
    """Return the oldest versions that the project is tested with."""
    project: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    named = [
        *project["project"]["dependencies"],
        *project["project"]["optional-dependencies"]["dynamodb"],
        *(each for each in project["dependency-groups"]["tests"] if isinstance(each, str)),
    ]
    found = (re.match(r"([\w-]+)(?:\[[\w,-]+\])?[>=]=([\d.]+)", each) for each in named)
    return {match[1]: match[2] for match in found if match}


def test_the_guide_names_the_versions_of_the_clients_that_are_tried() -> None:
    table = GUIDE.split("| client | versions |")[1].split("\n\n")[0]
    said = dict(
        re.findall(r"^\| ([A-Z]?[\w .-]+?) \| ([\d.]+(?: and newer)?) \|", table, re.MULTILINE)
    )
    bounds = lower_bounds()
    assert bounds["aiodynamo"] == AIODYNAMO
    assert said == {
        "boto3": f"{bounds['boto3']} and newer",
        "aiobotocore": f"{bounds['aiobotocore']} and newer",
        "PynamoDB": f"{bounds['pynamodb']} and newer",
        "aiodynamo": AIODYNAMO,
        "AWS SDK for JavaScript": JAVASCRIPT["@aws-sdk/client-dynamodb"],
        "AWS CLI": AWS_CLI,
        "connect-dynamodb": CONNECT_DYNAMODB,
    }


def test_the_guides_compose_file_serves_where_dynamodb_local_was(tmp_path: Path) -> None:
    (text,) = re.findall(r"^```yaml\n(.*?)^```", GUIDE, re.MULTILINE | re.DOTALL)
    service = yaml.safe_load(text)["services"]["dynamodb-local"]
    assert service["ports"] == [f"127.0.0.1:{LOCAL.rpartition(':')[2]}:8000"]
    shell, flag, script = service["command"]
    assert (shell, flag) == ("sh", "-c")
    words = shlex.split(script.partition("exec anydynamo serve ")[2])
    assert words[:4] == ["--host", "0.0.0.0", "--port", "8000"]
    # The rest as it stands, but on this machine's own address, and in a folder of the test's.
    rest = [word.replace("/data", str(tmp_path)) for word in words[4:]]
    started = start(*rest)
    assert started.client().list_tables()["TableNames"] == []
    assert started.stop() == (0, "")
    assert (tmp_path / "app.db").exists()
