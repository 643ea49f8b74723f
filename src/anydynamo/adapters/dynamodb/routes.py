"""Where the requests of the direct transport go, and when they cannot go there.

Both are read off a request that botocore has finished: its URL is that of the configuration, of the
environment, of FIPS, dual stack or the account, and its `Authorization` names the region and tells
a signature that we can make from any other.
"""

from __future__ import annotations

import importlib
import os
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from anydynamo.adapters.dynamodb.choosing import NotDirect
from anydynamo.adapters.dynamodb.http import ResumingContext

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Route", "names_arn", "route_of", "trusting"]

_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Route:
    """An endpoint, and what its requests are signed for.

    Attributes:
        scheme: `http` or `https`.
        host: The name or address to connect to.
        port: The port to connect to.
        named: What the `Host` header says.
        path: The path that is asked.
        region: The region that requests are signed for.
        service: The service that they are signed for.
        target: What the `X-Amz-Target` header says, before the operation's name.
        agent: What the `User-Agent` header says.
    """

    scheme: str
    host: str
    port: int
    named: str
    path: str
    region: str
    service: str
    target: str
    agent: str


def route_of(prepared: Any, proxies: Mapping[str, str] | None) -> Route:
    """Return the route of a request that botocore prepared.

    Args:
        prepared: What `Client.prepared` returned.
        proxies: The proxies of the client's configuration; if None, those of the environment hold.

    Raises:
        NotDirect: What is in the way.
    """
    if prepared is None:
        raise NotDirect("something in this process answers the calls of AWS's clients, as mocks do")
    url: str = prepared.url
    parts = urlsplit(url)
    scheme = parts.scheme
    if _is_proxied(scheme, parts.netloc, proxies):
        raise NotDirect(f"a proxy stands before {scheme}://{parts.netloc}")
    path = parts.path or "/"
    if "/." in path or "//" in path or parts.query:
        raise NotDirect(f"the endpoint's path {path!r} is not in its shortest form")
    authorization = _text(prepared.headers.get("Authorization", ""))
    algorithm, _, rest = authorization.partition(" ")
    if algorithm != "AWS4-HMAC-SHA256":
        signer = algorithm or "nobody"
        raise NotDirect(f"requests are signed by {signer}, and not by AWS4-HMAC-SHA256")
    scope = rest.partition("Credential=")[2].partition(",")[0].rsplit("/", 4)
    return Route(
        scheme=scheme,
        host=parts.hostname or "",
        port=parts.port or _PORTS[scheme],
        named=_named(scheme, parts.netloc.rpartition("@")[2]),
        path=path,
        region=scope[2],
        service=scope[3],
        target=_text(prepared.headers["X-Amz-Target"]).rpartition(".")[0],
        agent=_text(prepared.headers.get("User-Agent", "anydynamo")),
    )


def trusting(bundle: str | None) -> ssl.SSLContext:
    """Make a TLS context that trusts whom botocore trusts.

    Args:
        bundle: The file that AWS's configuration names (`ca_bundle`, `AWS_CA_BUNDLE`), if any.

    Raises:
        NotDirect: The file cannot be read.
    """
    context = ResumingContext()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    named = bundle or os.environ.get("REQUESTS_CA_BUNDLE")
    try:
        if named:
            context.load_verify_locations(named)
        else:
            context.load_default_certs()
            _add_bundled(context)
    except OSError as error:
        raise NotDirect(f"the certificates in {named!r} cannot be read ({error})") from error
    return context


def names_arn(request: Mapping[str, Any]) -> bool:
    """Tell whether a request names a table by its ARN: its account may have its own endpoint."""
    table = request.get("TableName")
    if table is not None:
        return isinstance(table, str) and table.startswith("arn:")
    batch = request.get("RequestItems")
    if isinstance(batch, Mapping):
        return any(str(name).startswith("arn:") for name in cast("Mapping[str, Any]", batch))
    actions = request.get("TransactItems")
    if isinstance(actions, list | tuple):
        return any(_action_names_arn(action) for action in cast("Sequence[Any]", actions))
    return False


def _action_names_arn(action: Any) -> bool:
    if not isinstance(action, Mapping):
        return False
    parts = cast("Mapping[str, Any]", action).values()
    return any(isinstance(part, Mapping) and names_arn(cast("Any", part)) for part in parts)


def _is_proxied(scheme: str, place: str, proxies: Mapping[str, str] | None) -> bool:
    if proxies is None:
        # As botocore reads the environment, and the settings of the system where there are any.
        proxies = {} if proxy_bypass(place) else getproxies()
    return bool(proxies.get(scheme))


def _named(scheme: str, place: str) -> str:
    """Return the `Host` header for a URL's place, as botocore has it: without a usual port."""
    return place.removesuffix(f":{_PORTS[scheme]}")


def _text(header: str | bytes) -> str:
    return header.decode("latin-1") if isinstance(header, bytes) else header


def _add_bundled(context: ssl.SSLContext) -> None:
    """Trust botocore's own certificates too: not every system has some where Python looks."""
    bundled = Path(str(importlib.import_module("botocore").__file__)).with_name("cacert.pem")
    if bundled.exists():
        context.load_verify_locations(bundled)
