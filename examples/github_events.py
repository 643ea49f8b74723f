"""What happened in two repositories: `python examples/github_events.py`.

It runs in a file, github_events.db; DATABASE_PROVIDER=dynamodb takes it elsewhere.
"""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

from anydynamo.catalog.github_events import create_enhanced_collector

NOW = datetime.now(UTC)


def event(number: int, kind: str, actor: str, repo: str, **payload: Any) -> dict[str, Any]:
    """Give an event as GitHub's events API does."""
    return {
        "id": str(number),
        "type": kind,
        "actor": {"login": actor},
        "repo": {"name": repo},
        "created_at": (NOW - timedelta(minutes=number)).isoformat(),
        "payload": payload,
    }


def commit(sha: str, message: str, author: str) -> dict[str, Any]:
    return {"id": sha, "message": message, "author": {"name": author, "username": author}}


EVENTS = [
    event(1, "IssuesEvent", "ada", "octocat/hello", action="opened"),
    event(
        2,
        "PushEvent",
        "mona",
        "octocat/hello",
        commits=[commit("7fd1a60", "fix: greet", "mona"), commit("553c207", "docs: how", "mona")],
    ),
    event(3, "IssuesEvent", "mona", "octocat/hello", action="closed"),
    event(4, "PushEvent", "ada", "octocat/spoon", commits=[commit("762941f", "Bend it", "ada")]),
]


async def main() -> None:
    async with create_enhanced_collector() as collector:
        await collector.collect(EVENTS)
        again = await collector.collect(EVENTS)
        print(f"The second time {again.new_events} of {again.received} events are new")

        service = collector.service
        monitored = await service.monitor_commits(["octocat/hello", "octocat/spoon"], hours=24)
        for repo, commits in monitored.items():
            print(f"{repo}: {', '.join(sorted(one.message for one in commits))}")

        health = await service.repository_health("octocat/hello", days=1)
        print(f"Issues closed: {health.resolution:.0%}")


if __name__ == "__main__":
    asyncio.run(main())
