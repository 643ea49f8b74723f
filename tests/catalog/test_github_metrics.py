"""The formulas of the metrics, on numbers that can be checked by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.catalog.github import NOW, REPO, ago, event, push, sha

from anydynamo.catalog.github_events import Commit, Event
from anydynamo.catalog.github_events.incoming import event_of
from anydynamo.catalog.github_events.metrics.deployments import deployment_figures, deployments_of
from anydynamo.catalog.github_events.metrics.developers import developer_metrics
from anydynamo.catalog.github_events.metrics.health import merged, repository_health
from anydynamo.catalog.github_events.metrics.patterns import detect_patterns, last_window
from anydynamo.catalog.github_events.metrics.security import security_metrics
from anydynamo.catalog.github_events.windows import (
    days_before,
    hours_before,
    month_of,
    period,
)
from anydynamo.errors import InvalidRequest


def read(*found: dict[str, Any]) -> list[Event]:
    return [event_of(one, NOW) for one in found]


def commit(number: int, login: str | None = "mona", **before: float) -> Commit:
    return Commit(sha=sha(number), repo_name=REPO, commit_date=ago(**before), author_login=login)


# Health


def test_nothing_that_happened_is_a_health_of_zero_with_no_shares_but_activity() -> None:
    health = repository_health(REPO, [], [], days=30, now=NOW)
    assert (health.score, health.activity) == (0.0, 0.0)
    shares = (health.merging, health.resolution, health.builds, health.breadth)
    assert shares == (None, None, None, None)


def test_health_is_the_mean_of_the_shares_that_are_known() -> None:
    def closed(merged: bool, **options: Any) -> dict[str, Any]:
        return event(
            "1", "PullRequestEvent", action="closed", pull_request={"merged": merged}, **options
        )

    def ran(kind: str, part: str, conclusion: str | None, **options: Any) -> dict[str, Any]:
        options = {"action": "completed"} | options
        found: dict[str, Any] = {part: {"conclusion": conclusion}}
        return event("1", kind, actor="ci[bot]", **found, **options)

    events = read(
        closed(True, at=ago(days=1)),
        closed(False),
        closed(True),
        closed(True),
        event("1", "IssuesEvent", action="opened", actor="ada"),
        event("1", "IssuesEvent", action="opened", actor="ada"),
        event("1", "IssuesEvent", action="closed", actor="ada"),
        event("1", "IssuesEvent", action="labeled", actor="ada"),
        ran("WorkflowRunEvent", "workflow_run", "success"),
        ran("WorkflowRunEvent", "workflow_run", "failure"),
        ran("WorkflowRunEvent", "workflow_run", "cancelled"),
        ran("WorkflowRunEvent", "workflow_run", None, action="requested"),
        ran("WorkflowRunEvent", "workflow_run", "failure", action="requested"),
        ran("CheckRunEvent", "check_run", "failure"),
        ran("CheckSuiteEvent", "check_suite", "timed_out"),
        ran("CheckSuiteEvent", "check_suite", "success"),
    )
    health = repository_health(REPO, events, [commit(1, days=2)], days=4, now=NOW)
    assert health.activity == 3 / 4
    assert health.merging == 3 / 4
    assert health.resolution == 1 / 2
    assert health.builds == 2 / 4
    assert health.breadth == 1 - 4 / 8
    assert health.contributors == 2
    assert health.score == 100 * (0.75 + 0.75 + 0.5 + 0.5 + 0.5) / 5


def test_more_issues_closed_than_opened_count_as_all_and_more_days_than_there_are_too() -> None:
    events = read(
        event(1, "IssuesEvent", action="opened"),
        event(2, "IssuesEvent", action="closed"),
        event(3, "IssuesEvent", action="closed", at=ago(days=1)),
    )
    health = repository_health(REPO, events, [], days=1, now=NOW)
    assert (health.resolution, health.activity) == (1.0, 1.0)


def test_a_pull_request_may_be_said_to_be_merged_in_two_ways() -> None:
    events = read(
        event(1, "PullRequestEvent", action="merged"),
        event(2, "PullRequestEvent", action="closed", pull_request={"merged": True}),
        event(3, "PullRequestEvent", action="closed", pull_request={"number": 3}),
        event(4, "PullRequestEvent", action="opened"),
    )
    assert [merged(one) for one in events] == [True, True, False, None]
    assert repository_health(REPO, events, [], days=1, now=NOW).merging == 2 / 3


# Developers


def test_productivity_is_contributions_by_day() -> None:
    pull_request = {"user": {"login": "mona"}, "merged": True}
    events = read(
        event(1, "PullRequestEvent", actor="mona", action="opened", at=ago(days=2)),
        event(2, "PullRequestEvent", actor="ada", action="closed", pull_request=pull_request),
        event(3, "PullRequestEvent", actor="ada", action="closed", pull_request={"merged": False}),
        event(4, "PullRequestReviewEvent", actor="ada", action="submitted"),
        event(5, "PullRequestReviewEvent", actor="ada", action="dismissed"),
        event(6, "IssueCommentEvent", actor="ada", action="created"),
        event(7, "IssueCommentEvent", actor="ada", action="deleted"),
        event(8, "CommitCommentEvent", actor="ada"),
        event(9, "IssuesEvent", actor="mona", action="opened"),
        event(10, "IssuesEvent", actor="mona", action="closed"),
        event(11, "PushEvent", actor="renovate[bot]"),
    )
    nobody = Event(id="12", event_type="PublicEvent", repo_name=REPO, created_at=NOW)
    commits = [commit(1, days=3), commit(2, days=2), commit(3, None)]
    found = developer_metrics(REPO, "2026-11", [*events, nobody], commits, now=NOW)
    ada, mona = found
    assert (ada.actor_login, mona.actor_login) == ("ada", "mona")
    assert (ada.events, ada.reviews, ada.comments, ada.active_days) == (7, 1, 2, 1)
    assert ada.productivity == 3
    assert (mona.commits, mona.pull_requests_opened, mona.pull_requests_merged) == (2, 1, 1)
    assert (mona.issues_opened, mona.issues_closed, mona.active_days) == (1, 1, 3)
    assert mona.productivity == 6 / 3
    assert mona.repo_time_period == f"{REPO}#2026-11"


def test_whose_pull_request_was_merged_need_not_have_done_anything_else() -> None:
    pull_request = {"user": {"login": "mona"}, "merged": True}
    events = read(
        event(1, "PullRequestEvent", actor="ada", action="closed", pull_request=pull_request)
    )
    mona = developer_metrics(REPO, "2026-11", events, [], now=NOW)[1]
    assert (mona.events, mona.active_days, mona.productivity) == (0, 0, 1.0)


# Security


def test_alerts_are_counted_by_kind_and_day_with_their_severities() -> None:
    def alert(kind: str, action: str, alert: dict[str, Any], **before: float) -> dict[str, Any]:
        return event(1, kind, action=action, alert=alert, at=ago(**before))

    scanning, dependabot = "CodeScanningAlertEvent", "DependabotAlertEvent"
    high = {"security_advisory": {"severity": "high"}}
    found = security_metrics(
        REPO,
        read(
            alert(scanning, "created", {"rule": {"severity": "error"}}),
            alert(scanning, "created", {"rule": {"security_severity_level": "critical"}}),
            alert(scanning, "reopened_by_user", {}),
            alert(scanning, "fixed", {}),
            alert(scanning, "appeared_in_branch", {}),
            alert(dependabot, "created", high, days=1),
            alert(dependabot, "auto_dismissed", high),
            event(2, "MemberEvent", action="added"),
            push(3, forced=True),
            push(4, forced=False),
            event(5),
        ),
        now=NOW,
    )
    assert [(one.metric_type_date, one.events, one.opened, one.resolved) for one in found] == [
        ("code_scanning_alert#2026-11-22", 5, 3, 1),
        ("dependabot_alert#2026-11-21", 1, 1, 0),
        ("dependabot_alert#2026-11-22", 1, 0, 1),
        ("forced_push#2026-11-22", 1, 0, 0),
        ("member#2026-11-22", 1, 0, 0),
    ]
    assert found[0].severities == {"error": 1, "critical": 1, "unknown": 1}


# Patterns


def windows_of(counts: list[int], hours: int = 24) -> list[Event]:
    """Give events of which each window has so many, the last one being the last complete one."""
    _, end = last_window(NOW, hours)
    length = timedelta(hours=hours)
    return [
        Event(
            id=f"{back}-{number}",
            event_type="IssuesEvent",
            repo_name=REPO,
            created_at=end - (back + 1) * length + number * length / (count + 1),
        )
        for back, count in enumerate(reversed(counts))
        for number in range(count)
    ]


def detect(events: list[Event], hours: int = 24, windows: int = 4) -> list[tuple[str, int, float]]:
    found = detect_patterns(REPO, events, hours=hours, windows=windows, now=NOW)
    return [(one.pattern, one.observed, one.deviation) for one in found]


@pytest.mark.parametrize(
    ("counts", "found"),
    [
        ([4, 4, 4, 4, 10], [("spike", 10, 3.0)]),
        ([4, 4, 4, 4, 9], []),
        ([9, 9, 9, 9, 0], [("drop", 0, -3.0)]),
        ([8, 8, 8, 8, 0], []),
        ([16, 0, 16, 0, 20], [("spike", 20, 4.24)]),
        ([0, 0, 0, 16, 30], []),  # seen in too few windows to have a usual number
        ([0, 0, 0, 0, 3], [("spike", 3, 3.0)]),  # seen for the first time
        ([0, 0, 0, 0, 2], []),
        ([100, 4, 4, 4, 4, 4], []),  # before the windows that are looked at
    ],
)
def test_a_count_is_compared_with_the_windows_before(
    counts: list[int], found: list[tuple[str, int, float]]
) -> None:
    assert detect(windows_of(counts)) == found
    assert detect(windows_of(counts, hours=6), hours=6) == found


def test_windows_that_end_at_one_moment_have_keys_of_their_own() -> None:
    midnight = datetime(2026, 11, 22, tzinfo=UTC)
    burst = [
        Event(
            id=str(number),
            event_type="ForkEvent",
            repo_name=REPO,
            created_at=midnight - timedelta(minutes=number),
        )
        for number in range(1, 10)
    ]
    keys = {
        one.event_pattern_detected
        for hours in (1, 6, 24)
        for one in detect_patterns(REPO, burst, hours=hours, windows=4, now=midnight)
    }
    assert len(keys) == 3


def test_a_window_that_is_not_over_is_not_judged() -> None:
    burst = [
        Event(id=str(number), event_type="ForkEvent", repo_name=REPO, created_at=NOW)
        for number in range(50)
    ]
    assert detect(burst) == []
    assert last_window(NOW, 24) == (
        datetime(2026, 11, 21, tzinfo=UTC),
        datetime(2026, 11, 22, tzinfo=UTC),
    )


@pytest.mark.parametrize(("hours", "windows"), [(0, 14), (10_000, 14), (24, 2), (24, 1001)])
def test_windows_that_make_no_sense_are_refused(hours: int, windows: int) -> None:
    with pytest.raises(InvalidRequest):
        detect_patterns(REPO, [], hours=hours, windows=windows, now=NOW)


@given(st.lists(st.integers(0, 30), min_size=5, max_size=5))
def test_a_pattern_says_by_how_many_standard_deviations_it_is_off(counts: list[int]) -> None:
    *before, last = counts
    usual = sum(before) / 4
    deviation = (last - usual) / max(usual, 1.0) ** 0.5
    judged = not any(before) or sum(map(bool, before)) >= 2
    expected = [("spike" if deviation > 0 else "drop", last, round(deviation, 2))]
    assert detect(windows_of(counts)) == (expected if judged and abs(deviation) >= 3 else [])


# Deployments


def deployment(number: int, began: float, state: str | None = None, ended: float = 0) -> Any:
    found = {"id": number, "sha": sha(number), "created_at": ago(hours=began).isoformat()}
    if state is None:
        return event(number, "DeploymentEvent", deployment=found, at=ago(hours=began))
    status = {"state": state, "created_at": ago(hours=ended).isoformat()}
    return event(
        number, "DeploymentStatusEvent", deployment=found, deployment_status=status, at=NOW
    )


def test_the_last_state_of_a_deployment_counts_in_whatever_order_it_is_heard() -> None:
    events = read(
        deployment(1, 5, "success", 3),
        deployment(1, 5, "in_progress", 4),
        deployment(1, 5),
        deployment(2, 6, "pending", 6),
        deployment(2, 6),
        event(3, "DeploymentEvent", deployment={}),
        event(4, "DeploymentReviewEvent", deployment={"id": 4}),
        event(5, "DeploymentEvent", deployment={"id": 5, "created_at": "yesterday"}),
        event(
            6, "DeploymentEvent", deployment={"id": 6, "created_at": "9999-12-31T23:00:00-02:00"}
        ),
    )
    found = deployments_of(REPO, events, now=NOW)
    assert [(one.deployment_id, one.state) for one in found] == [
        ("2", "pending"),
        ("1", "success"),
        ("5", "created"),
        ("6", "created"),
    ]
    assert found[1].updated_at == ago(hours=3)
    assert found[2].created_at == found[3].created_at == NOW


def test_figures_tell_how_often_it_is_deployed_and_how_often_that_fails() -> None:
    events = read(
        deployment(1, 30, "success", 20),
        deployment(2, 30, "success", 26),
        deployment(3, 30, "inactive", 10),
        deployment(4, 30, "failure", 29),
        deployment(5, 30, "in_progress", 29),
    )
    committed = {sha(1): ago(hours=30), sha(2): ago(hours=30), sha(3): ago(hours=90)}
    deployments = deployments_of(REPO, events, now=NOW)
    figures = deployment_figures(REPO, deployments, committed, days=10)
    assert (figures.deployments, figures.succeeded, figures.failed) == (5, 3, 1)
    assert (figures.per_day, figures.failure_rate) == (0.3, 0.25)
    assert figures.lead_hours == 7.0
    none = deployment_figures(REPO, [], {}, days=10)
    assert (none.per_day, none.failure_rate, none.lead_hours) == (0.0, None, None)


# Stretches of time


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2026-11-22", "2026-11-22", "2026-11-22"),
        ("2026-W47", "2026-11-16", "2026-11-22"),
        ("2026-W01", "2025-12-29", "2026-01-04"),
        ("2026-11", "2026-11-01", "2026-11-30"),
        ("2024-02", "2024-02-01", "2024-02-29"),
        ("2026-12", "2026-12-01", "2026-12-31"),
    ],
)
def test_a_period_is_a_day_a_week_or_a_month(text: str, first: str, last: str) -> None:
    begin, end = period(text)
    assert begin == datetime.fromisoformat(f"{first}T00:00:00Z")
    assert end == datetime.fromisoformat(f"{last}T23:59:59.999999Z")


@pytest.mark.parametrize(
    "text",
    [
        *("", "2026", "2026-13", "2026-W54", "2026-02-30", "November", "0000-01", "2026-11-22T"),
        # One period has one name, under which its metrics are stored.
        *("2026-1-2", "20261122", "2026-W47-1", "\u0662\u0660\u0662\u0666-11"),
    ],
)
def test_what_is_no_period_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequest, match="is no period"):
        period(text)


def test_a_month_is_that_of_utc() -> None:
    assert month_of(datetime.fromisoformat("2026-11-01T00:30:00+02:00")) == "2026-10"


@pytest.mark.parametrize("number", [0, -1, 10**6, float("nan")])
def test_hours_and_days_are_above_zero_and_not_endless(number: float) -> None:
    with pytest.raises(InvalidRequest, match="hours is a number above 0"):
        hours_before(NOW, number)
    with pytest.raises(InvalidRequest, match="days is a number above 0"):
        days_before(NOW, number)  # type: ignore[arg-type]
