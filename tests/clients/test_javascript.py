"""The AWS SDK for JavaScript, in Node; what it is asked stands in `sdk.test.cjs`."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from tests.clients.fetched import node_modules
from tests.clients.versions import JAVASCRIPT

if TYPE_CHECKING:
    from tests.clients.conftest import Account

SCRIPT = Path(__file__).with_name("sdk.test.cjs")


def test_the_sdk_for_javascript_reads_and_writes(account: Account) -> None:
    modules = node_modules(JAVASCRIPT, "aws-sdk-{}-{}-{}".format(*JAVASCRIPT.values()))
    node = shutil.which("node")
    assert node is not None
    done = subprocess.run(
        [node, "--test", "--test-reporter=tap", str(SCRIPT)],
        env={**account.environ(), "NODE_PATH": str(modules), "NODE_NO_WARNINGS": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    # Node ends well, too, when it found no test.
    assert len(re.findall(r"^ok \d+ - ", done.stdout, re.MULTILINE)) == SCRIPT.read_text(
        encoding="utf-8"
    ).count("\ntest(")
