"""GitHub's events for tests: what it gives, at times that a clock of the test's own knows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from anydynamo.catalog.github_events import BlockingDatabaseService

__all__ = ["NOW", "REPO", "AwaitedManager", "ago", "clock", "event", "push", "sha"]

NOW = datetime(2026, 11, 22, 12, 30, tzinfo=UTC)
REPO = "octocat/hello"


def clock() -> float:
    return NOW.timestamp()


def ago(**span: float) -> datetime:
    return NOW - timedelta(**span)


def sha(number: int) -> str:
    return f"{number:040x}"


def event(
    number: int | str,
    kind: str = "WatchEvent",
    *,
    repo: str = REPO,
    actor: str = "octocat",
    at: datetime | str = NOW,
    **payload: Any,
) -> dict[str, Any]:
    """Give an event as GitHub's events API does."""
    return {
        "id": str(number),
        "type": kind,
        "actor": {"id": 583231, "login": actor, "display_login": actor},
        "repo": {"id": 1296269, "name": repo, "url": f"https://api.github.com/repos/{repo}"},
        "payload": payload,
        "public": True,
        "created_at": at if isinstance(at, str) else at.isoformat().replace("+00:00", "Z"),
    }


def push(number: int, *commits: Mapping[str, Any], **options: Any) -> dict[str, Any]:
    """Give a push with commits, such as `{"id": sha(1), "message": "..."}`."""
    return event(
        number,
        "PushEvent",
        ref="refs/heads/main",
        commits=[dict(one) for one in commits],
        **options,
    )


class AwaitedManager:
    """Puts `await` in front of the blocking service, so that one test runs through both."""

    def __init__(self, service: BlockingDatabaseService) -> None:
        self._service = service
        self.events = _Awaited(service, "manager.events")
        self.commits = _Awaited(service, "manager.commits")
        self.metrics = _Awaited(service, "manager.metrics")
        self.service = _Awaited(service, "")

    async def initialize(self) -> None:
        self._service.run(lambda service: service.manager.initialize())

    async def health(self) -> Any:
        return self._service.run(lambda service: service.health())


class _Awaited:
    def __init__(self, service: BlockingDatabaseService, path: str) -> None:
        self._service = service
        self._path = path

    def __getattr__(self, name: str) -> Callable[..., Any]:
        find = attrgetter(".".join(filter(None, (self._path, name))))

        async def call(*given: Any, **options: Any) -> Any:
            return self._service.run(lambda service: find(service)(*given, **options))

        return call
