"""GitHub's events API as a source of events.

It keeps the last 300 events of a repository, of some weeks at most, and gives them minutes late;
this asks for the newest 100. See "REST API endpoints for events" in GitHub's documentation.

What it tells of a push need not hold the commits, which webhooks do: commits of GitHub's API can be
inserted as they are.
"""

from __future__ import annotations

import asyncio
import json
import urllib.error
import urllib.request
from http.client import HTTPException
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote

from anydynamo.adapters.registry import endpoint
from anydynamo.catalog.github_events.windows import asked_repository
from anydynamo.errors import AccessDenied, ConfigurationError, ServiceFault, Unavailable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["GitHubEvents"]

_MOST_BYTES = 50_000_000


class GitHubEvents:
    """The newest events of some repositories.

    Args:
        repositories: Their names, `owner/name`.
        token: A token of GitHub's; without one it answers 60 requests an hour.
        url: The API's address, which is another one for an enterprise's own server.
        timeout: How many seconds an answer may take.

    Raises:
        ConfigurationError: There are no repositories, or the address is none.
        InvalidRequest: A name is not of the form `owner/name`.
    """

    def __init__(
        self,
        repositories: Iterable[str],
        *,
        token: str | None = None,
        url: str = "https://api.github.com",
        timeout: float = 10.0,
    ) -> None:
        self._repositories = [asked_repository(name) for name in repositories]
        if not self._repositories:
            raise ConfigurationError("No repository was named whose events are wanted")
        try:
            self._url = endpoint(url)
        except ValueError as error:
            raise ConfigurationError(f"url is {url!r}: {error}") from error
        self._timeout = timeout
        self._headers = {
            "Accept": "application/vnd.github+json",
            "User-Agent": "anydynamo",
            "X-GitHub-Api-Version": "2022-11-28",
        }
        # What is read from a file ends with its last line.
        secret = (token or "").strip()
        if secret:
            self._headers["Authorization"] = f"Bearer {secret}"

    def __repr__(self) -> str:
        return f"GitHubEvents({self._repositories}, url={self._url!r})"

    async def fetch(self) -> list[Mapping[str, Any]]:
        """Ask for the newest events of each repository.

        Raises:
            AccessDenied: GitHub refuses: the repository is private or absent, the token is wrong,
                or there were too many requests.
            ServiceFault: It answers with an error of its own, or with something else than events.
            Unavailable: Nobody answers.
        """
        found: list[Mapping[str, Any]] = []
        for name in self._repositories:
            found += await asyncio.to_thread(self._ask, name)
        return found

    def _ask(self, name: str) -> list[Mapping[str, Any]]:
        # `endpoint` has made sure that this is HTTP.
        request = urllib.request.Request(  # noqa: S310
            f"{self._url}/repos/{quote(name)}/events?per_page=100", headers=self._headers
        )
        try:
            with urllib.request.urlopen(request, timeout=self._timeout) as answer:  # noqa: S310
                body = answer.read(_MOST_BYTES)
        except urllib.error.HTTPError as error:
            # It is an answer too, whose connection stays open otherwise.
            error.close()
            refused = 400 <= error.code < 500
            kind = AccessDenied if refused else ServiceFault
            raise kind(f"GitHub answers {error.code} {error.reason} for {name}") from error
        except (OSError, HTTPException) as error:
            reason = str(error) or type(error).__name__
            raise Unavailable(f"GitHub does not answer at {self._url}: {reason}") from error
        try:
            events: object = json.loads(body)
        except ValueError as error:
            raise ServiceFault(f"GitHub's answer for {name} is not JSON: {error}") from error
        if not isinstance(events, list):
            raise ServiceFault(f"GitHub's answer for {name} is no list of events")
        return cast("list[Mapping[str, Any]]", events)
