"""The commits, over any provider."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from anydynamo.catalog.github_events.changesets import Changeset, read_changesets, summarize
from anydynamo.catalog.github_events.interfaces import CommitsRepository
from anydynamo.catalog.github_events.models import Commit, CommitFile, CommitSummary
from anydynamo.catalog.github_events.windows import asked_repository, hours_before, span
from anydynamo.errors import InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from anydynamo.database import Database

__all__ = ["StoredCommits"]


class StoredCommits(CommitsRepository):
    """Commits in a database.

    Args:
        database: An open database, which stays its owner's.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._commits = database.repository(Commit)
        self._files = database.repository(CommitFile)
        self._summaries = database.repository(CommitSummary)

    async def insert_commits(
        self,
        commits: Iterable[Changeset | Mapping[str, Any]],
        *,
        repo_name: str | None = None,
    ) -> int:
        """Store the commits that are not there yet, with files and summaries; return how many."""
        given = {one.commit.sha: one for one in reversed(read_changesets(commits, repo_name))}
        known = {
            one["sha"]
            async for one in self._commits.get_many(given, only=[Commit.sha], consistent=True)
        }
        fresh = [one for sha, one in reversed(given.items()) if sha not in known]
        # The commit comes last. Whoever finds it finds its files too, and an import that was broken
        # off is finished by repeating it.
        await self._files.put_many(file for one in fresh for file in one.files)
        await self._summaries.put_many(one.summary for one in fresh)
        return len(await self._commits.create_many(one.commit for one in fresh))

    async def get_commit(self, sha: str) -> Changeset | None:
        """Return a commit with its files and its summary, or None."""
        commit = await self._commits.find(sha)
        if commit is None:
            return None
        files = tuple(await self.get_commit_files(sha))
        # Another program may have stored the commit without a summary.
        summary = await self._summaries.find(sha) or summarize(commit, files)
        return Changeset(commit, files, summary)

    async def get_commit_files(self, sha: str) -> list[CommitFile]:
        """Return the files that a commit touches, by name."""
        return await self._files.query(sha)

    async def get_recent_commits(
        self, repo_name: str, *, hours: float = 24, limit: int | None = None
    ) -> list[Commit]:
        """Return a repository's commits of the last hours."""
        now = self._database.now()
        return await self._between(repo_name, hours_before(now, hours), now, limit)

    async def get_commits_of(
        self, repo_names: Sequence[str], *, hours: float = 24, limit: int | None = None
    ) -> dict[str, list[Commit]]:
        """Return the commits of the last hours by repository; `limit` is for each."""
        if isinstance(repo_names, str):
            raise InvalidRequest(f"Several repositories belong here, such as [{repo_names!r}]")
        names = list(dict.fromkeys(repo_names))
        found = await self._database.session.together(
            [partial(self.get_recent_commits, name, hours=hours, limit=limit) for name in names]
        )
        return dict(zip(names, found, strict=True))

    async def get_commits_between(
        self, repo_name: str, since: datetime, until: datetime
    ) -> list[Commit]:
        """Return a repository's commits from `since` up to `until`, which are included."""
        return await self._between(repo_name, since, until, None)

    async def get_summaries(
        self, repo_name: str, *, limit: int | None = None
    ) -> list[CommitSummary]:
        """Return the summaries of a repository's commits, in no order."""
        name = asked_repository(repo_name)
        return await self._summaries.query(CommitSummary.by_repo, name, limit=limit)

    async def _between(
        self, repo_name: str, since: datetime, until: datetime, limit: int | None
    ) -> list[Commit]:
        # Git lets clocks be wrong: a commit of tomorrow is not among those of the last hours.
        during = span(Commit.commit_date, since, until)
        return await self._commits.query(
            Commit.by_repo, asked_repository(repo_name), *during, reverse=True, limit=limit
        )
