"""The engine and moto give the same answers, as far as moto goes."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from hypothesis.stateful import run_state_machine_as_test
from tests.differential.adjudication import moto
from tests.differential.machine import bounded
from tests.differential.versus import Versus
from tests.differential.wires import Remote

if TYPE_CHECKING:
    from tests.servers import Server

_log = logging.getLogger(__name__)


class AgainstMoto(Versus):
    known = moto.RULES
    malforms = False
    unasked = staticmethod(moto.unasked)
    rewritten = staticmethod(moto.plain)


def test_the_engine_and_moto_agree(moto_server: Server) -> None:
    AgainstMoto.server = moto_server
    AgainstMoto.remote = Remote(moto_server)
    try:
        run_state_machine_as_test(AgainstMoto, settings=bounded(30, 25))
    finally:
        AgainstMoto.remote.close()
        _log.info("asked moto: %s", dict(AgainstMoto.remote.asked))
