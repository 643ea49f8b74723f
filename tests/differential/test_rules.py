"""Each rule of adjudication still has a case: what the other one mended is to be taken out."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import pytest
from tests.differential.adjudication import dynoxide, moto, tables
from tests.differential.adjudication.rules import settle
from tests.differential.versus import make_engine
from tests.differential.wires import Remote
from tests.differential.witnesses import shown_by

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.differential.adjudication.rules import Rule
    from tests.servers import Server

RULES: dict[str, Sequence[Rule]] = {
    "dynoxide about items": dynoxide.RULES,
    "moto about items": moto.RULES,
    **{f"{name} about tables": rules for name, rules in tables.RULES.items()},
}


@pytest.mark.parametrize("name", RULES)
def test_every_rule_settles_the_case_that_it_shows(
    name: str, request: pytest.FixtureRequest
) -> None:
    server: Server = request.getfixturevalue(f"{name.split()[0]}_server")
    remote = Remote(server)
    idle: list[str] = []
    with contextlib.closing(remote):
        for rule in RULES[name]:
            server.reset()
            found = shown_by(rule, make_engine(), remote)
            if rule not in [settle(RULES[name], difference) for difference in found]:
                idle.append(f"{rule.reason}: {[str(one) for one in found]}")
    assert not idle, "\n\n".join(idle)
