"""The engine, Dynoxide and moto make, change and describe tables alike."""

from __future__ import annotations

import contextlib
import logging
from typing import TYPE_CHECKING

import hypothesis
import pytest
from tests.differential.adjudication.rules import settle
from tests.differential.adjudication.tables import RULES
from tests.differential.machine import bounded
from tests.differential.outcomes import Difference, differences
from tests.differential.tabling import described, located, sequences
from tests.differential.versus import make_engine
from tests.differential.wires import Remote

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.differential.adjudication.rules import Call, Rule
    from tests.servers import Server

_log = logging.getLogger(__name__)


def unsettled(difference: Difference) -> None:
    raise AssertionError(str(difference))


def compare(
    calls: Sequence[Call],
    remote: Remote,
    rules: Sequence[Rule],
    report: Callable[[Difference], None] = unsettled,
) -> None:
    """Make the calls, and stop at a difference: from there on the tables are not the same."""
    engine = make_engine()
    for operation, request in calls:
        ours = engine.call(operation, located(request, engine.account))
        theirs = remote.call(operation, located(request, remote.account))
        found = list(differences(operation, request, described(ours), described(theirs)))
        for difference in found:
            if settle(rules, difference) is None:
                report(difference)
        if found:
            return


@pytest.mark.parametrize("name", ["dynoxide", "moto"])
def test_tables_are_made_and_changed_alike(name: str, request: pytest.FixtureRequest) -> None:
    server: Server = request.getfixturevalue(f"{name}_server")
    remote = Remote(server)

    @bounded(60 if name == "dynoxide" else 25, 1)
    @hypothesis.given(calls=sequences(malforms=name == "dynoxide"))
    def check(calls: list[Call]) -> None:
        server.reset()
        compare(calls, remote, RULES[name])

    with contextlib.closing(remote):
        check()
    _log.info("asked %s: %s", name, dict(remote.asked))
