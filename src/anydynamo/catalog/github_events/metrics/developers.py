"""What each developer did in a repository in a day, a week or a month.

Events count for the actor who caused them, commits for the login of their author. A merged pull
request counts for the one who opened it, whoever pressed the button; a closed issue for the one who
closed it.

    contributions = commits + pull requests opened + pull requests merged + reviews
                  + issues opened + issues closed + comments
    productivity  = contributions / days on which the developer did anything

It compares a developer with the same developer at another time. Between people it says little: a
review can be a day's work, and a comment a word.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date
from typing import TYPE_CHECKING

from anydynamo.catalog.github_events.metrics.health import is_bot, merged
from anydynamo.catalog.github_events.models import DeveloperMetrics, is_name, joined
from anydynamo.catalog.github_events.payloads import text_at

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from anydynamo.catalog.github_events.models import Commit, Event

__all__ = ["developer_metrics"]

_COMMENTS = frozenset(
    {
        "CommitCommentEvent",
        "DiscussionCommentEvent",
        "IssueCommentEvent",
        "PullRequestReviewCommentEvent",
    }
)
# The events API says `created` for what a webhook calls `submitted`.
_REVIEWED = frozenset({"submitted", "created"})


@dataclass(slots=True)
class _Tally:
    """What somebody has done so far."""

    events: int = 0
    commits: int = 0
    pull_requests_opened: int = 0
    pull_requests_merged: int = 0
    reviews: int = 0
    issues_opened: int = 0
    issues_closed: int = 0
    comments: int = 0
    days: set[date] = field(default_factory=set[date])

    @property
    def contributions(self) -> int:
        return (
            self.commits
            + self.pull_requests_opened
            + self.pull_requests_merged
            + self.reviews
            + self.issues_opened
            + self.issues_closed
            + self.comments
        )


def developer_metrics(
    repo_name: str,
    time_period: str,
    events: Iterable[Event],
    commits: Iterable[Commit],
    *,
    now: datetime,
) -> list[DeveloperMetrics]:
    """Compute what each developer did, by login; bots are left out.

    Args:
        repo_name: The repository.
        time_period: What the period is called.
        events: The repository's events in the period.
        commits: Its commits in the period.
        now: The time.
    """
    tallies: defaultdict[str, _Tally] = defaultdict(_Tally)
    for event in events:
        _count(tallies, event)
    for commit in commits:
        if commit.author_login:
            tally = tallies[commit.author_login]
            tally.commits += 1
            tally.days.add(commit.commit_date.astimezone(UTC).date())
    return [
        DeveloperMetrics(
            actor_login=login,
            repo_time_period=joined(repo_name, time_period),
            repo_name=repo_name,
            time_period=time_period,
            computed_at=now,
            events=tally.events,
            commits=tally.commits,
            pull_requests_opened=tally.pull_requests_opened,
            pull_requests_merged=tally.pull_requests_merged,
            reviews=tally.reviews,
            issues_opened=tally.issues_opened,
            issues_closed=tally.issues_closed,
            comments=tally.comments,
            active_days=len(tally.days),
            productivity=tally.contributions / max(1, len(tally.days)),
        )
        for login, tally in sorted(tallies.items())
        if not is_bot(login)
    ]


def _count(tallies: defaultdict[str, _Tally], event: Event) -> None:
    action = text_at(event.payload, "action")
    author = text_at(event.payload, "pull_request", "user", "login")
    if author and is_name(author) and merged(event):
        tallies[author].pull_requests_merged += 1
    if event.actor_login is None:
        return
    tally = tallies[event.actor_login]
    tally.events += 1
    tally.days.add(event.created_at.astimezone(UTC).date())
    if event.event_type == "PullRequestEvent":
        tally.pull_requests_opened += action == "opened"
    elif event.event_type == "PullRequestReviewEvent":
        tally.reviews += action in _REVIEWED
    elif event.event_type == "IssuesEvent":
        tally.issues_opened += action == "opened"
        tally.issues_closed += action == "closed"
    elif event.event_type in _COMMENTS:
        # A commit's comment has no action in the events API.
        tally.comments += action in (None, "created")
