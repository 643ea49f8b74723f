"""The engine and Dynoxide, which were written apart, give the same answers."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from hypothesis.stateful import run_state_machine_as_test
from tests.differential.adjudication import dynoxide
from tests.differential.machine import bounded
from tests.differential.versus import Versus
from tests.differential.wires import Remote

if TYPE_CHECKING:
    from tests.servers import Server

_log = logging.getLogger(__name__)


class AgainstDynoxide(Versus):
    known = dynoxide.RULES
    unasked = staticmethod(dynoxide.unasked)


def test_the_engine_and_dynoxide_agree(dynoxide_server: Server) -> None:
    AgainstDynoxide.server = dynoxide_server
    AgainstDynoxide.remote = Remote(dynoxide_server)
    try:
        run_state_machine_as_test(AgainstDynoxide, settings=bounded(60, 30))
    finally:
        AgainstDynoxide.remote.close()
        _log.info("asked Dynoxide: %s", dict(AgainstDynoxide.remote.asked))
