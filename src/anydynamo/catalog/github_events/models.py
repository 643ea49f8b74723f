"""The nine tables: events, commits, and what is computed of them.

The keys, the indexes and the names of both are those of the service that the tables come from, so
that its tables can be used as they are. Sort keys that are made of several parts are joined by `#`,
and the parts are attributes of their own as well.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from anydynamo.models.table import Attr, GlobalIndex, Table, attribute

__all__ = [
    "MODELS",
    "Commit",
    "CommitFile",
    "CommitSummary",
    "Deployment",
    "DeveloperMetrics",
    "Event",
    "EventPattern",
    "RepositoryHealth",
    "SecurityMetrics",
    "check_moment",
    "check_repository",
    "is_name",
    "is_sha",
    "joined",
]

_REPOSITORY = re.compile(r"[^/\s#]+/[^/\s#]+")
_SHA = re.compile(r"[0-9a-f]{7,64}")
_PATH_BYTES = 1024
_NAME_LENGTH = 200
"""None of GitHub's names is as long, and keys that are made of one do not become too long."""


def check_repository(name: str) -> str:
    """Return a repository's full name.

    Raises:
        ValueError: It is not of the form `owner/name`.
    """
    if len(name) > _NAME_LENGTH:
        raise ValueError(f"a repository's name has at most {_NAME_LENGTH} characters")
    if not _REPOSITORY.fullmatch(name):
        raise ValueError(f"{name!r} is no repository; give owner and name, as in octocat/hello")
    return name


def check_moment(moment: datetime) -> datetime:
    """Return a moment that is the same everywhere.

    Raises:
        ValueError: It has no offset from UTC, or is in no year of UTC's.
    """
    if moment.utcoffset() is None:
        raise ValueError("a time needs its offset from UTC, as in 2024-11-23T10:00:00Z")
    try:
        moment.astimezone(UTC)
    except OverflowError:
        raise ValueError("a time is in the years 1 to 9999, also in UTC") from None
    return moment


def is_name(text: str) -> bool:
    """Tell whether a text can be somebody's login, or another name."""
    return 0 < len(text) <= _NAME_LENGTH


def is_sha(text: str) -> bool:
    """Tell whether a text can be a commit's SHA."""
    return _SHA.fullmatch(text) is not None


def joined(*parts: str) -> str:
    """Make a sort key of several parts."""
    return "#".join(parts)


def _sort_key(path: str) -> str:
    if len(path.encode()) > _PATH_BYTES:
        raise ValueError(f"a path is a sort key here, which has at most {_PATH_BYTES} bytes")
    return path


Text = Annotated[str, Field(min_length=1)]
Name = Annotated[str, Field(min_length=1, max_length=_NAME_LENGTH)]
RepositoryName = Annotated[str, AfterValidator(check_repository)]
Moment = Annotated[datetime, AfterValidator(check_moment)]
Sha = Annotated[str, Field(pattern=f"^{_SHA.pattern}$")]
FilePath = Annotated[str, Field(min_length=1), AfterValidator(_sort_key)]
Count = Annotated[int, Field(ge=0)]
Share = Annotated[float, Field(ge=0, le=1)]


class Event(Table, name="events"):
    """Something that happened on GitHub, with its payload as it came.

    Events of organisations, users and installations belong to no repository; those are not in the
    index by repository.
    """

    id: Attr[Name] = attribute(hash_key=True)
    event_type: Attr[Name] = attribute()
    repo_name: Attr[RepositoryName | None] = attribute(default=None)
    actor_login: Attr[Name | None] = attribute(default=None)
    created_at: Attr[Moment] = attribute()
    payload: Attr[dict[str, Any]] = attribute(default_factory=dict)

    by_repo = GlobalIndex("repo-created-index", hash_key=repo_name, range_key=created_at)
    by_type = GlobalIndex("type-created-index", hash_key=event_type, range_key=created_at)


class Commit(Table, name="commits"):
    """A commit; the numbers of lines are None where GitHub did not tell them."""

    sha: Attr[Sha] = attribute(hash_key=True)
    repo_name: Attr[RepositoryName] = attribute()
    commit_date: Attr[Moment] = attribute()
    message: Attr[str] = attribute(default="")
    author_name: Attr[str | None] = attribute(default=None)
    author_email: Attr[str | None] = attribute(default=None)
    author_login: Attr[Name | None] = attribute(default=None)
    parents: Attr[list[str]] = attribute(default_factory=list)
    additions: Attr[Count | None] = attribute(default=None)
    deletions: Attr[Count | None] = attribute(default=None)

    by_repo = GlobalIndex("repo-date-index", hash_key=repo_name, range_key=commit_date)


class CommitFile(Table, name="commit_files"):
    """What a commit did to one file."""

    commit_sha: Attr[Sha] = attribute(hash_key=True)
    filename: Attr[FilePath] = attribute(range_key=True)
    status: Attr[str] = attribute(default="modified")
    additions: Attr[Count | None] = attribute(default=None)
    deletions: Attr[Count | None] = attribute(default=None)
    previous_filename: Attr[str | None] = attribute(default=None)
    patch: Attr[str | None] = attribute(default=None)


class CommitSummary(Table, name="commit_summaries"):
    """What a commit is about, as its message and its files tell; see `changesets.summarize`."""

    commit_sha: Attr[Sha] = attribute(hash_key=True)
    repo_name: Attr[RepositoryName] = attribute()
    subject: Attr[str] = attribute(default="")
    kind: Attr[str] = attribute(default="other")
    breaking: Attr[bool] = attribute(default=False)
    files_changed: Attr[Count] = attribute(default=0)
    additions: Attr[Count] = attribute(default=0)
    deletions: Attr[Count] = attribute(default=0)
    folders: Attr[dict[str, int]] = attribute(default_factory=dict)
    suffixes: Attr[dict[str, int]] = attribute(default_factory=dict)

    by_repo = GlobalIndex("repo-index", hash_key=repo_name)


class RepositoryHealth(Table, name="repository_health_metrics"):
    """How a repository fares over some days; see `metrics.health`.

    A part that nothing happened for is None, and does not count in the score.
    """

    repo_name: Attr[RepositoryName] = attribute(hash_key=True)
    computed_at: Attr[Moment] = attribute()
    days: Attr[int] = attribute()
    events: Attr[Count] = attribute(default=0)
    commits: Attr[Count] = attribute(default=0)
    contributors: Attr[Count] = attribute(default=0)
    activity: Attr[Share | None] = attribute(default=None)
    merging: Attr[Share | None] = attribute(default=None)
    resolution: Attr[Share | None] = attribute(default=None)
    builds: Attr[Share | None] = attribute(default=None)
    breadth: Attr[Share | None] = attribute(default=None)
    score: Attr[float | None] = attribute(default=None)


class DeveloperMetrics(Table, name="developer_metrics"):
    """What somebody did in a repository in a day, a week or a month; see `metrics.developers`."""

    actor_login: Attr[Name] = attribute(hash_key=True)
    repo_time_period: Attr[Text] = attribute(range_key=True)
    repo_name: Attr[RepositoryName] = attribute()
    time_period: Attr[str] = attribute()
    computed_at: Attr[Moment] = attribute()
    events: Attr[Count] = attribute(default=0)
    commits: Attr[Count] = attribute(default=0)
    pull_requests_opened: Attr[Count] = attribute(default=0)
    pull_requests_merged: Attr[Count] = attribute(default=0)
    reviews: Attr[Count] = attribute(default=0)
    issues_opened: Attr[Count] = attribute(default=0)
    issues_closed: Attr[Count] = attribute(default=0)
    comments: Attr[Count] = attribute(default=0)
    active_days: Attr[Count] = attribute(default=0)
    productivity: Attr[float] = attribute(default=0.0)


class SecurityMetrics(Table, name="security_metrics"):
    """What one kind of event that matters to security did on a day; see `metrics.security`."""

    repo_name: Attr[RepositoryName] = attribute(hash_key=True)
    metric_type_date: Attr[Text] = attribute(range_key=True)
    metric_type: Attr[str] = attribute()
    date: Attr[str] = attribute()
    computed_at: Attr[Moment] = attribute()
    events: Attr[Count] = attribute(default=0)
    opened: Attr[Count] = attribute(default=0)
    resolved: Attr[Count] = attribute(default=0)
    severities: Attr[dict[str, int]] = attribute(default_factory=dict)


class EventPattern(Table, name="event_patterns"):
    """A window with unusually many or few events of a type; see `metrics.patterns`."""

    repo_name: Attr[RepositoryName] = attribute(hash_key=True)
    event_pattern_detected: Attr[Text] = attribute(range_key=True)
    event_type: Attr[str] = attribute()
    pattern: Attr[str] = attribute()
    detected_at: Attr[Moment] = attribute()
    hours: Attr[int] = attribute()
    observed: Attr[Count] = attribute()
    usual: Attr[float] = attribute()
    deviation: Attr[float] = attribute()


class Deployment(Table, name="deployment_metrics"):
    """A deployment, and the last that was heard of it; see `metrics.deployments`."""

    repo_name: Attr[RepositoryName] = attribute(hash_key=True)
    deployment_id: Attr[Text] = attribute(range_key=True)
    environment: Attr[str] = attribute(default="")
    ref: Attr[str] = attribute(default="")
    sha: Attr[str] = attribute(default="")
    creator_login: Attr[str | None] = attribute(default=None)
    created_at: Attr[Moment] = attribute()
    state: Attr[str] = attribute(default="created")
    updated_at: Attr[Moment] = attribute()
    computed_at: Attr[Moment] = attribute()


MODELS = (
    Event,
    Commit,
    CommitFile,
    CommitSummary,
    RepositoryHealth,
    DeveloperMetrics,
    SecurityMetrics,
    EventPattern,
    Deployment,
)
"""The nine tables, in the document's order."""
