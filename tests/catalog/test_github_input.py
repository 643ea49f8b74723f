"""What GitHub gives and people write: read where it is right, refused with the reason if not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from tests.catalog.github import NOW, REPO, ago, clock, event, push, sha

from anydynamo import Database
from anydynamo.catalog.github_events import Changeset, Manager, summarize, webhook
from anydynamo.catalog.github_events.changesets import changeset_of, pushed, read_changesets
from anydynamo.catalog.github_events.incoming import event_of, event_type_of, read_events
from anydynamo.catalog.github_events.models import Commit, CommitFile
from anydynamo.errors import InvalidItem, InvalidRequest

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


@pytest.fixture
async def manager() -> AsyncIterator[Manager]:
    from anydynamo.adapters.embedded import EmbeddedAdapter
    from anydynamo.stores.memory import MemoryStore

    adapter = EmbeddedAdapter(MemoryStore(), provider="memory", blocking=True)
    async with Manager(Database(adapter, clock=clock, owns_adapter=True)) as manager:
        yield manager


# Events


def test_an_event_of_the_events_api_is_read() -> None:
    found = event_of(event(7, "ForkEvent", at="2026-11-21T10:00:00+02:00", a={"b": None}), NOW)
    assert (found.id, found.event_type, found.repo_name) == ("7", "ForkEvent", REPO)
    assert found.actor_login == "octocat"
    assert found.created_at == ago(hours=28, minutes=30)
    assert found.payload == {"a": {"b": None}}


def test_a_webhook_s_delivery_is_read() -> None:
    payload = {"repository": {"full_name": REPO}, "sender": {"login": "mona"}, "ref": ""}
    found = event_of(webhook("72d3162e", "pull_request_review", payload), NOW)
    assert (found.id, found.event_type) == ("72d3162e", "PullRequestReviewEvent")
    assert (found.repo_name, found.actor_login, found.created_at) == (REPO, "mona", NOW)
    assert found.payload == payload


def test_the_names_of_the_table_are_understood_and_a_number_may_be_an_id() -> None:
    given = {
        "id": 5,
        "event_type": "WatchEvent",
        "type": "watch",
        "repo_name": REPO,
        "actor_login": "ada",
        "created_at": ago(hours=1),
    }
    found = event_of(given, NOW)
    assert (found.id, found.repo_name, found.actor_login) == ("5", REPO, "ada")
    assert found.payload == {}
    assert event_of(found, NOW) is found
    short = event_of({"id": "6", "type": "watch", "repo": REPO, "actor": "ada"}, NOW)
    assert (short.repo_name, short.actor_login) == (REPO, "ada")


def test_an_event_may_belong_to_no_repository_and_nobody() -> None:
    found = event_of(webhook("1", "security_advisory", {"action": "published"}), NOW)
    assert (found.repo_name, found.actor_login) == (None, None)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("push", "PushEvent"),
        ("projects_v2_item", "ProjectsV2ItemEvent"),
        ("PushEvent", "PushEvent"),
    ],
)
def test_types_have_the_names_of_the_events_api(name: str, expected: str) -> None:
    assert event_type_of(name) == expected


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"id": None}, "no 'id'.*X-GitHub-Delivery"),
        ({"id": "  "}, "no 'id'"),
        ({"id": True}, "no 'id'"),
        ({"type": None}, "no 'event_type'"),
        ({"type": "Push"}, "'Push' is no type of event"),
        ({"type": "push event"}, "is no type of event"),
        ({"event_type": "ForkEvent"}, "'event_type' and 'type' differ: ForkEvent and WatchEvent"),
        ({"repo": {"name": "hello"}}, "'hello' is no repository; give owner and name"),
        ({"repo": {"name": "octocat/"}}, "is no repository"),
        ({"repo": {"name": "a/b/c"}}, "is no repository"),
        ({"created_at": "2026-11-22T10:00:00"}, "offset from UTC"),
        ({"created_at": "2026-02-30T10:00:00Z"}, "'created_at'"),
        ({"created_at": "yesterday"}, "'created_at'"),
        ({"created_at": "1970-01-01T00:00:00Z"}, "cannot be.*no GitHub before 2007"),
        ({"created_at": ago(days=-2)}, "cannot be: it is now 2026-11-22T12:30:00"),
        ({"payload": ["a"]}, "'payload' is an object, not list"),
        ({"payload": {"a": float("nan")}}, "payload"),
        ({"payload": {"a": 10**38 + 1}}, "payload|significant"),
        ({"payload": {"": 1}}, "1: .*Empty attribute name"),
        ({"id": "1" * 201}, "'id'.*at most 200 characters"),
        ({"type": f"{'A' * 200}Event"}, "'event_type'.*at most 200 characters"),
        ({"repo": {"name": f"a/{'b' * 200}"}}, "name has at most 200 characters"),
        ({"actor": {"login": "a" * 201}}, "'actor_login'.*at most 200 characters"),
        ({"created_at": "9999-12-31T23:59:59-01:00"}, "years 1 to 9999, also in UTC"),
    ],
)
def test_an_event_that_is_not_right_is_refused_with_the_reason(
    changed: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        event_of({**event(1), **changed}, NOW)


def test_an_event_a_little_ahead_of_the_clock_is_taken() -> None:
    assert event_of(event(1, at=ago(hours=-23)), NOW).created_at == ago(hours=-23)


def test_an_event_over_400_kb_is_refused_with_the_part_that_makes_it_so() -> None:
    payload = {"small": "x", "diff": "x" * 300_000, "log": "x" * 200_000}
    with pytest.raises(InvalidItem, match=r"500,\d\d\d bytes.* 409,600.*payload\['diff'\].*leave"):
        event_of(event(1, **payload), NOW)


def test_an_event_nested_deeper_than_dynamodb_takes_is_refused() -> None:
    payload: dict[str, Any] = {}
    for _ in range(40):
        payload = {"a": payload}
    with pytest.raises(InvalidItem, match="Nesting"):
        event_of(event(1, **payload), NOW)


async def test_a_name_that_no_key_takes_is_refused_before_other_events_are_stored(
    manager: Manager,
) -> None:
    events = [*(event(number) for number in range(150)), event(150, repo=f"a/{'b' * 2048}")]
    with pytest.raises(InvalidItem, match=r"events\[150\]: .*nothing was stored"):
        await manager.events.insert_events(events)
    assert await manager.events.count_events() == 0


async def test_nothing_is_stored_if_one_event_is_wrong(manager: Manager) -> None:
    with pytest.raises(InvalidItem, match=r"events\[1\]: .*events\[2\]: an event is an object"):
        await manager.events.insert_events([event(1), event(2, repo="x"), 5])  # type: ignore[list-item]
    assert await manager.events.count_events() == 0


def test_of_many_that_are_wrong_the_first_are_named_and_the_others_counted() -> None:
    with pytest.raises(InvalidItem, match=r"events\[4\].*; and 3 more; nothing was stored"):
        read_events([{"id": str(number)} for number in range(8)], NOW)


@pytest.mark.parametrize("one", [event(1), "events", b"[]"])
def test_one_event_where_several_belong_is_refused(one: Any) -> None:
    with pytest.raises(InvalidRequest, match="Several events"):
        read_events(one, NOW)


async def test_questions_that_make_no_sense_are_refused(manager: Manager) -> None:
    naive = ago(hours=1).replace(tzinfo=None)
    with pytest.raises(InvalidRequest, match="'hello' is no repository"):
        await manager.events.get_events_by_repo("hello")
    with pytest.raises(InvalidRequest, match="offset from UTC"):
        await manager.events.get_events_by_repo(REPO, since=naive)
    with pytest.raises(InvalidRequest, match="is before"):
        await manager.events.get_events_by_repo(REPO, since=NOW, until=ago(hours=1))
    with pytest.raises(InvalidRequest, match="no type of event"):
        await manager.events.get_events_by_type("Watch")
    with pytest.raises(InvalidRequest, match="hours is a number above 0"):
        await manager.commits.get_recent_commits(REPO, hours=0)
    with pytest.raises(InvalidRequest, match=r"Several repositories.*'octocat/hello'"):
        await manager.commits.get_commits_of(REPO)
    with pytest.raises(InvalidRequest, match="is no repository"):
        await manager.commits.get_summaries("hello")
    with pytest.raises(InvalidRequest, match="is no period"):
        await manager.metrics.compute_developer_metrics(REPO, "now")


# Commits


def test_a_push_s_commits_are_read_with_their_files() -> None:
    one = {
        "id": sha(1),
        "message": "Initial commit",
        "timestamp": "2026-11-22T10:00:00-02:00",
        "author": {"name": "Mona", "email": "mona@github.com", "username": "mona"},
        "added": ["a.py", "b/c.py"],
        "removed": ["d.md"],
        "modified": [],
    }
    elsewhere = {**push(4, {"id": sha(4)}), "repo": None}
    comment = event(5, "CommitCommentEvent", commits=[{"id": sha(5)}])
    events = read_events([push(1, one), event(2), push(3), elsewhere, comment], NOW)
    (found,), problems = pushed(events)
    assert problems == []
    assert (found.commit.repo_name, found.commit.author_login) == (REPO, "mona")
    assert found.commit.commit_date == ago(minutes=30)
    assert [(file.filename, file.status) for file in found.files] == [
        ("a.py", "added"),
        ("b/c.py", "added"),
        ("d.md", "removed"),
    ]


def test_a_pushed_commit_that_cannot_be_read_keeps_the_others_from_nothing() -> None:
    long = {"id": sha(2), "added": ["x" * 1025]}
    events = read_events([push(1, {"message": "no sha"}, long, {"id": sha(3)})], NOW)
    found, problems = pushed(events)
    assert [one.commit.sha for one in found] == [sha(3)]
    assert problems[0] == "event 1: commits[0]: it has no 'sha' (or 'id')"
    assert "at most 1024 bytes" in problems[1]


def test_the_names_of_the_commits_table_are_understood() -> None:
    found = changeset_of(
        {
            "sha": sha(1),
            "repo_name": REPO,
            "commit_date": ago(hours=1),
            "message": "x",
            "author_name": "Ada",
            "author_email": "ada@example.org",
            "author_login": "ada",
            "parents": [sha(2)],
            "additions": 0,
            "deletions": 4,
        },
        None,
    )
    assert found.commit == Commit(
        sha=sha(1),
        repo_name=REPO,
        commit_date=ago(hours=1),
        message="x",
        author_name="Ada",
        author_email="ada@example.org",
        author_login="ada",
        parents=[sha(2)],
        additions=0,
        deletions=4,
    )
    assert changeset_of(found, None) is found


@pytest.mark.parametrize(
    ("commit", "message"),
    [
        (5, "a commit is an object, not int"),
        ({}, "no 'sha'"),
        ({"sha": "HEAD", "timestamp": NOW}, "'sha'"),
        ({"sha": sha(1)}, "no 'commit_date'"),
        ({"sha": sha(1), "timestamp": "2026-11-22T10:00:00"}, "offset from UTC"),
        ({"sha": sha(1), "timestamp": NOW, "repo_name": "hello"}, "is no repository"),
        ({"sha": sha(1), "timestamp": NOW, "files": [{"status": "added"}]}, "'files.filename'"),
        ({"sha": sha(1), "timestamp": "0001-01-01T00:00:00+01:00"}, "also in UTC"),
        ({"sha": sha(1), "timestamp": NOW, "author": {"login": "a" * 201}}, "'author_login'"),
        (
            {"sha": sha(1), "timestamp": NOW, "files": [{"filename": "a", "patch": "x" * 409_600}]},
            f"{sha(1)} a takes 409,[0-9]+ bytes, .*patch: leave",
        ),
    ],
)
def test_a_commit_that_is_not_right_is_refused_with_the_reason(commit: Any, message: str) -> None:
    with pytest.raises(InvalidItem, match=rf"commits\[0\]: .*{message}.*; nothing was stored"):
        read_changesets([commit], REPO)


def test_a_commit_needs_a_repository() -> None:
    with pytest.raises(InvalidItem, match="no 'repo_name'"):
        read_changesets([{"sha": sha(1), "timestamp": NOW}], None)


@pytest.mark.parametrize("one", [{"sha": sha(1)}, "commits"])
def test_one_commit_where_several_belong_is_refused(one: Any) -> None:
    with pytest.raises(InvalidRequest, match="Several commits"):
        read_changesets(one, REPO)


async def test_nothing_is_stored_if_one_commit_is_wrong(manager: Manager) -> None:
    right = {"sha": sha(1), "timestamp": NOW.isoformat(), "added": ["a"]}
    large = {**right, "sha": sha(2), "message": "x" * 409_600}
    for wrong in ({"sha": "x"}, large):
        # Both are in another batch than the first one.
        others = [{**right, "sha": sha(number)} for number in range(3, 203)]
        with pytest.raises(InvalidItem, match=r"commits\[201\]"):
            await manager.commits.insert_commits([right, *others, wrong], repo_name=REPO)
    assert await manager.commits.get_commit(sha(1)) is None
    assert await manager.commits.get_commit_files(sha(1)) == []


def summary_of(message: str, *files: CommitFile, **attributes: Any) -> Any:
    commit = Commit(sha=sha(1), repo_name=REPO, commit_date=NOW, message=message, **attributes)
    return summarize(commit, files)


@pytest.mark.parametrize(
    ("message", "kind", "breaking"),
    [
        ("fix: a typo", "fix", False),
        ("feat(api): more", "feat", False),
        ("feat(api)!: else", "feat", True),
        ("refactor: it\n\nWhy.\n\nBREAKING CHANGE: names", "refactor", True),
        ("docs: BREAKING CHANGE: is a footer", "docs", False),
        ('Revert "feat: more"', "revert", False),
        ("Merge branch 'main'", "merge", False),
        ("note: to myself", "other", False),
        ("Fix it", "other", False),
        ("", "other", False),
    ],
)
def test_a_message_tells_the_kind_of_a_commit(message: str, kind: str, breaking: bool) -> None:
    summary = summary_of(message)
    assert (summary.kind, summary.breaking) == (kind, breaking)
    assert summary.subject == message.partition("\n")[0]


def test_several_parents_make_a_merge() -> None:
    assert summary_of("feat: x", parents=[sha(2), sha(3)]).kind == "merge"


def test_lines_are_those_of_the_commit_or_of_its_files() -> None:
    files = [
        CommitFile(commit_sha=sha(1), filename="a.py", additions=2, deletions=1),
        CommitFile(commit_sha=sha(1), filename="src/b.py", additions=3),
        CommitFile(commit_sha=sha(1), filename="src/Makefile"),
    ]
    summary = summary_of("x", *files)
    assert (summary.additions, summary.deletions, summary.files_changed) == (5, 1, 3)
    assert (summary.folders, summary.suffixes) == ({"src": 2}, {".py": 2})
    assert summary_of("x", *files, additions=0).additions == 0


async def test_an_import_that_was_broken_off_is_finished_by_repeating_it(manager: Manager) -> None:
    found = changeset_of({"sha": sha(1), "timestamp": NOW, "added": ["a", "b"]}, REPO)
    # Files and summaries come first; so much was done.
    await manager.database.repository(CommitFile).put(found.files[0])
    assert await manager.commits.get_commit(sha(1)) is None
    assert await manager.commits.insert_commits([found]) == 1
    stored = await manager.commits.get_commit(sha(1))
    assert isinstance(stored, Changeset)
    assert [file.filename for file in stored.files] == ["a", "b"]
