"""Providers by name: what `DATABASE_PROVIDER` and the scheme of a URL may say.

A provider is found in two places. The built-in ones stand in a table of names and import paths, so
that nothing of a provider is imported before it is opened. Another package registers one by an
entry point of the group `anydynamo.providers`, whose object is a `Provider`:

    [project.entry-points."anydynamo.providers"]
    postgresql = "mypackage.provider:POSTGRESQL"
"""

from __future__ import annotations

from dataclasses import dataclass, field
from importlib import import_module
from importlib.metadata import entry_points
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import parse_qsl, unquote, urlsplit

from anydynamo.errors import ConfigurationError, MissingDependency

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from anydynamo.adapters.protocol import DatabaseAdapter

__all__ = [
    "ENTRY_POINTS",
    "Location",
    "Provider",
    "boolean",
    "choice",
    "endpoint",
    "load_provider",
    "open_adapter",
    "provider_names",
]

ENTRY_POINTS = "anydynamo.providers"

_BUILT_IN: Mapping[str, str] = {
    "dynamodb": "anydynamo.adapters.providers:DYNAMODB",
    "json": "anydynamo.adapters.providers:JSON",
    "memory": "anydynamo.adapters.providers:MEMORY",
    "sqlite": "anydynamo.adapters.providers:SQLITE",
}


_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"0", "false", "no", "off"})


def _no_options() -> Mapping[str, Any]:
    # A mapping proxy as a default would do, were it hashable in Python 3.11.
    return MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Location:
    """Where a provider's data lies: a URL taken apart, or the same from settings.

    Attributes:
        provider: The provider's name.
        host: What stands between `//` and the next `/`: for `dynamodb` the region.
        path: What follows, without the `/` that separates it: for files the path.
        options: The query parameters, as text, or arguments given beside the URL, as they are.
    """

    provider: str
    host: str = ""
    path: str = ""
    options: Mapping[str, Any] = field(default_factory=_no_options, repr=False)

    @classmethod
    def parse(cls, url: str) -> Location:
        """Take a URL such as `sqlite:///app.db?synchronous=normal` apart.

        A relative path follows three slashes and an absolute one four, as SQLAlchemy has it.

        Raises:
            ConfigurationError: It has no scheme, or gives a parameter twice. The message never
                shows the URL, which may hold a password.
        """
        scheme, separator, _ = url.partition("://")
        if not separator or not scheme:
            raise ConfigurationError(
                "A database URL begins with a provider and `://`, such as sqlite:///app.db; "
                f"the one given has none (providers: {', '.join(provider_names())})"
            )
        # Not urlsplit's own scheme parsing: it would not take names with an underscore.
        parts = urlsplit(url[len(scheme) + 1 :], allow_fragments=False)
        options: dict[str, Any] = {}
        for name, value in parse_qsl(parts.query, keep_blank_values=True):
            if name in options:
                raise ConfigurationError(
                    f"The database URL for {scheme.lower()} gives `{name}` twice; give it once"
                )
            options[name] = value
        path = unquote(parts.path.removeprefix("/"))
        return cls(scheme.lower(), unquote(parts.netloc), path, options)

    def with_options(self, options: Mapping[str, Any]) -> Location:
        """Return the same location with options added; those given here win."""
        return Location(self.provider, self.host, self.path, {**self.options, **options})


@dataclass(frozen=True, slots=True)
class Provider:
    """One provider: how it is opened and what it understands.

    Attributes:
        name: What `DATABASE_PROVIDER` and URLs call it.
        open: Opens it. Gets a location whose options are all known and converted, and whether the
            adapter is to be driven without an event loop (`ProviderInfo.blocking`), which a
            provider that lives on a network ignores.
        options: Its options, each with the function that converts its text; that function raises
            ValueError, whose text says what would be right. Text alone is converted: a value that
            has its type already is passed on.
        remote: Whether the data lies in AWS or something that answers like it, so that the
            `AWS_*` and `DYNAMODB_*` variables are meant for it.
        default_path: The path where none is given; None if the provider has no path.
        requires: The modules that it needs besides anydynamo's own dependencies.
        install: The pip requirement that brings them.
    """

    name: str
    open: Callable[[Location, bool], DatabaseAdapter]
    options: Mapping[str, Callable[[str], Any]] = field(default_factory=_no_options)
    remote: bool = False
    default_path: str | None = None
    requires: tuple[str, ...] = ()
    install: str | None = None


def provider_names() -> list[str]:
    """Return the names of all providers, built in and registered, sorted."""
    registered = (point.name for point in entry_points(group=ENTRY_POINTS))
    return sorted({*_BUILT_IN, *registered})


def load_provider(name: str) -> Provider:
    """Import a provider by its name.

    Raises:
        ConfigurationError: Nobody registered such a provider, or what was registered is none.
    """
    target = _BUILT_IN.get(name)
    if target is not None:
        module, _, attribute = target.partition(":")
        return cast("Provider", getattr(import_module(module), attribute))
    for point in entry_points(group=ENTRY_POINTS, name=name):
        try:
            found = point.load()
        except (ImportError, AttributeError) as error:
            raise ConfigurationError(
                f"The entry point {point.value!r} registers the provider {name!r}, but cannot be "
                f"imported: {error}"
            ) from error
        if not isinstance(found, Provider):
            raise ConfigurationError(
                f"The entry point {point.value!r} registers the provider {name!r}, but is a "
                f"{type(found).__name__} and not an anydynamo.adapters.registry.Provider"
            )
        return found
    raise ConfigurationError(
        f"There is no provider {name!r}; the providers are {', '.join(provider_names())}"
    )


def open_adapter(location: Location, *, blocking: bool = False) -> DatabaseAdapter:
    """Open the adapter that a location describes.

    Args:
        location: Where the data lies.
        blocking: Ask for an adapter that needs no event loop.

    Raises:
        ConfigurationError: The provider is unknown, or does not know one of the options.
        MissingDependency: What the provider needs is not installed.
    """
    provider = load_provider(location.provider)
    unknown = sorted(set(location.options) - set(provider.options))
    if unknown:
        known = ", ".join(sorted(provider.options)) or "none"
        raise ConfigurationError(
            f"The provider {provider.name} has no option {', '.join(map(repr, unknown))}; "
            f"its options are: {known}"
        )
    options = {name: _convert(provider, name, value) for name, value in location.options.items()}
    path = location.path or provider.default_path or ""
    try:
        for module in provider.requires:
            import_module(module)
    except ImportError as error:
        raise MissingDependency(
            f"The provider {provider.name} needs {error.name}, which is not installed: "
            f"pip install '{provider.install or error.name}'"
        ) from error
    return provider.open(Location(provider.name, location.host, path, options), blocking)


def boolean(text: str) -> bool:
    """Convert a switch's text: `true`, `yes`, `on`, `1` or their opposites, in any case.

    Raises:
        ValueError: It is none of them.
    """
    lowered = text.strip().lower()
    if lowered in _TRUE:
        return True
    if lowered in _FALSE:
        return False
    raise ValueError("expected true or false (or yes/no, on/off, 1/0)")


def choice(*names: str) -> Callable[[str], str]:
    """Return a function that converts text which must be one of some names, in any case."""

    def convert(text: str) -> str:
        lowered = text.strip().lower()
        if lowered not in names:
            raise ValueError(f"expected one of {', '.join(names)}")
        return lowered

    return convert


def endpoint(text: str) -> str:
    """Return the URL of an HTTP server as it is compared and used: without a slash at the end.

    Raises:
        ValueError: It is none.
    """
    url = text.strip()
    try:
        parts = urlsplit(url)
        # Reading the port is what checks it.
        right = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        right = False
    if not right:
        raise ValueError("expected the URL of a server, such as http://127.0.0.1:8000")
    return url.rstrip("/")


def _convert(provider: Provider, name: str, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return provider.options[name](value)
    except ValueError as error:
        raise ConfigurationError(
            f"The option {name!r} of the provider {provider.name} cannot be {value!r}: {error}"
        ) from error
