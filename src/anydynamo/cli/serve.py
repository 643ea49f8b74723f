"""What `anydynamo serve` does: a provider behind DynamoDB's HTTP protocol."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from anydynamo.adapters.registry import Location, load_provider, open_adapter
from anydynamo.errors import ConfigurationError
from anydynamo.server.places import Isolated, Shared
from anydynamo.server.service import Service
from anydynamo.server.serving import Server, is_loopback, serve

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from anydynamo.adapters.protocol import DatabaseAdapter
    from anydynamo.server.places import Places

__all__ = ["run"]


def run(
    provider: str,
    path: Path | None,
    *,
    host: str,
    port: int,
    options: Sequence[str],
    keys: Sequence[str],
    isolate: bool,
    as_json: bool,
    faults: Path | None = None,
    seed: int | None = None,
    contention: float | None = None,
) -> None:
    """Serve until the process is told to end.

    Args:
        provider: `memory`, `json` or `sqlite`.
        path: The provider's file, if it has one.
        host: The address to listen at.
        port: The port; 0 takes one that is free.
        options: `NAME=VALUE` for each option of the provider that is set, as its URL has them.
        keys: `KEY:SECRET` for each access key that may sign; none if signatures are not verified.
        isolate: Whether each access key and region has data of its own.
        as_json: Say where requests are answered as JSON.
        faults: A file with what is to go wrong.
        seed: What chance follows from there, in place of what the file says.
        contention: How many seconds a request takes, so that transactions meet.

    Raises:
        AnyDynamoError: What stood in the way.
    """
    secrets = _secrets(keys)
    chosen = _options(options)
    troubled = _troubled(faults, seed, contention)
    if path is not None and provider == "memory":
        raise ConfigurationError("memory keeps nothing in a file; leave --path out")
    if not is_loopback(host):
        guard = "" if secrets else ", and nobody's signature is verified"
        print(f"anydynamo: other machines can reach {host}{guard}", file=sys.stderr)

    def ready(url: str) -> None:
        facts = {"url": url, "provider": provider, "isolated": isolate}
        line = json.dumps(facts) if as_json else f"DynamoDB's API on {provider} at {url}"
        # A program that started this one waits for the line.
        print(line, flush=True)

    async def served() -> None:
        places = _places(provider, path, chosen, isolate, troubled)
        service = Service(places, provider=provider, secrets=secrets)
        await serve(Server(service, host=host, port=port), ready)

    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(served())


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Return what makes uvloop's loops, where it is installed; asyncio's own takes more time."""
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop


def _troubled(
    faults: Path | None, seed: int | None, contention: float | None
) -> Callable[[DatabaseAdapter], DatabaseAdapter]:
    """Return what puts the trouble that was asked for around an adapter."""
    if faults is None and seed is not None:
        raise ConfigurationError("--seed belongs to --faults; give both, or neither")
    if faults is None and contention is None:
        return lambda adapter: adapter
    from anydynamo.testing.faults import Contention, Faults, read_faults

    document = None
    if faults is not None:
        try:
            text = faults.read_bytes()
        except OSError as error:
            raise ConfigurationError(f"{faults} cannot be read: {error.strerror}") from error
        document = read_faults(text)

    def put_around(adapter: DatabaseAdapter) -> DatabaseAdapter:
        if contention is not None:
            adapter = Contention(adapter, contention)
        if document is not None:
            adapter = Faults(adapter, document.rules, seed=document.seed if seed is None else seed)
        return adapter

    return put_around


def _places(
    provider: str,
    path: Path | None,
    options: Mapping[str, str],
    isolate: bool,
    troubled: Callable[[DatabaseAdapter], DatabaseAdapter],
) -> Places:
    def opened(suffix: str = "") -> DatabaseAdapter:
        default = load_provider(provider).default_path
        file = path or (None if default is None else Path(default))
        if file is not None and suffix:
            file = file.with_name(f"{file.stem}-{suffix}{file.suffix}")
        location = Location(provider, path="" if file is None else str(file), options=options)
        return troubled(open_adapter(location))

    return Isolated(opened) if isolate else Shared(opened())


def _options(pairs: Sequence[str]) -> dict[str, str]:
    options: dict[str, str] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not name or not equals:
            raise ConfigurationError(f"--option takes NAME=VALUE, not {pair!r}")
        if name in options:
            raise ConfigurationError(f"--option gives {name} twice; give it once")
        options[name] = value
    return options


def _secrets(keys: Sequence[str]) -> dict[str, str] | None:
    secrets: dict[str, str] = {}
    for pair in keys:
        key, _, secret = pair.partition(":")
        if not key or not secret:
            # Not the pair itself: it may hold most of a secret.
            raise ConfigurationError("--check-signatures takes KEY:SECRET")
        secrets[key] = secret
    return secrets or None
