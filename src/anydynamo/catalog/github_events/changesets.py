"""Commits as GitHub gives them, with their files, checked and made into items; and summaries.

The commits of its API, of a push's webhook and of a push in its events API differ in form and in
what they tell: the API alone has numbers of lines, and the events API has no times, for which that
of the push is taken.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, cast

from anydynamo.catalog.github_events.incoming import check_size
from anydynamo.catalog.github_events.models import Commit, CommitFile, CommitSummary
from anydynamo.catalog.github_events.payloads import (
    at,
    mapping_at,
    number_at,
    sequence_at,
    text_at,
)
from anydynamo.errors import InvalidItem, InvalidRequest

if TYPE_CHECKING:
    from anydynamo.catalog.github_events.models import Event

__all__ = ["KINDS", "Changeset", "changeset_of", "pushed", "read_changesets", "summarize"]

KINDS = frozenset(
    {
        *("build", "chore", "ci", "docs", "feat", "fix", "perf", "refactor", "revert", "style"),
        *("test", "merge", "other"),
    }
)
"""What a commit can be: the types of Conventional Commits' convention, `merge` and `other`."""

_CONVENTIONAL = re.compile(r"(?P<kind>[a-z]+)(\([^()]*\))?(?P<breaking>!)?: ")
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class Changeset:
    """A commit, the files that it touches, and what it is about."""

    commit: Commit
    files: tuple[CommitFile, ...]
    summary: CommitSummary

    @classmethod
    def of(cls, commit: Commit, files: Iterable[CommitFile]) -> Changeset:
        """Add the summary to a commit and its files."""
        found = tuple(files)
        return cls(commit, found, summarize(commit, found))


def summarize(commit: Commit, files: Iterable[CommitFile]) -> CommitSummary:
    """Say what a commit is about.

    Its kind is `merge` if it has several parents; else the word before the colon, if that is one of
    `KINDS`; `revert` for the messages that git writes itself; else `other`. It breaks something if
    there is an exclamation mark before the colon, or `BREAKING CHANGE:` at the start of a line.
    Lines are the commit's own numbers, or else the sums of its files.
    """
    found = list(files)
    subject, _, body = commit.message.partition("\n")
    said = _CONVENTIONAL.match(subject)
    if len(commit.parents) > 1 or subject.startswith("Merge "):
        kind = "merge"
    elif subject.startswith('Revert "'):
        kind = "revert"
    else:
        kind = said["kind"] if said and said["kind"] in KINDS else "other"
    paths = [PurePosixPath(file.filename) for file in found]
    return CommitSummary(
        commit_sha=commit.sha,
        repo_name=commit.repo_name,
        subject=subject.strip(),
        kind=kind,
        breaking=bool(said and said["breaking"]) or "\nBREAKING CHANGE: " in f"\n{body}",
        files_changed=len(found),
        additions=_total(commit.additions, [file.additions for file in found]),
        deletions=_total(commit.deletions, [file.deletions for file in found]),
        folders=dict(Counter(path.parts[0] for path in paths if len(path.parts) > 1)),
        suffixes=dict(Counter(path.suffix for path in paths if path.suffix)),
    )


def pushed(events: Iterable[Event]) -> tuple[list[Changeset], list[str]]:
    """Return the commits of pushes, and what is wrong with those that cannot be read."""
    found: list[Changeset] = []
    problems: list[str] = []
    for event in events:
        if event.event_type == "PushEvent" and event.repo_name is not None:
            commits, wrong = _sift(
                sequence_at(event.payload, "commits"), event.repo_name, event.created_at
            )
            found += commits
            problems += [f"event {event.id}: {problem}" for problem in wrong]
    return found, problems


def read_changesets(
    given: Iterable[Changeset | Mapping[str, Any]], repo_name: str | None
) -> list[Changeset]:
    """Check commits and make them items.

    Raises:
        InvalidItem: Some are not right; the message says which and why.
        InvalidRequest: This is one commit and not several.
    """
    several: object = given
    if isinstance(several, str | bytes | Mapping | Changeset):
        raise InvalidRequest("Several commits belong here, such as a list, and this is one")
    found, problems = _sift(given, repo_name, None)
    if problems:
        more = f"; and {len(problems) - _SHOWN} more" if len(problems) > _SHOWN else ""
        raise InvalidItem(f"{'; '.join(problems[:_SHOWN])}{more}; nothing was stored")
    return found


def changeset_of(given: object, repo_name: str | None, pushed_at: object = None) -> Changeset:
    """Check one commit and make items of it.

    Args:
        given: The commit, in one of GitHub's forms, or with the names of the tables.
        repo_name: Its repository, where it does not say so itself.
        pushed_at: Its time, where it does not say so itself.

    Raises:
        InvalidItem: It cannot be stored.
        ValueError: It is no commit.
    """
    found = given if isinstance(given, Changeset) else _changeset(given, repo_name, pushed_at)
    for item in (found.commit, *found.files, found.summary):
        check_size(item)
    return found


def _changeset(given: object, repo_name: str | None, pushed_at: object) -> Changeset:
    if not isinstance(given, Mapping):
        raise ValueError(f"a commit is an object, not {type(given).__name__}")
    found = cast("Mapping[str, Any]", given)
    # The API has git's own data under `commit`; a push has them beside the rest.
    git = mapping_at(found, "commit") or found
    sha = text_at(found, "sha") or text_at(found, "id")
    if sha is None:
        raise ValueError("it has no 'sha' (or 'id')")
    commit = Commit(
        sha=sha,
        repo_name=_or_missing(text_at(found, "repo_name") or repo_name, "repo_name"),
        commit_date=_or_missing(
            at(found, "commit_date")
            or at(git, "committer", "date")
            or at(git, "author", "date")
            or at(found, "timestamp")
            or pushed_at,
            "commit_date",
        ),
        message=text_at(git, "message") or "",
        author_name=text_at(found, "author_name") or text_at(git, "author", "name"),
        author_email=text_at(found, "author_email") or text_at(git, "author", "email"),
        author_login=text_at(found, "author_login")
        or text_at(found, "author", "login")
        or text_at(found, "author", "username"),
        parents=[
            parent if isinstance(parent, str) else text_at(parent, "sha") or ""
            for parent in sequence_at(found, "parents")
        ],
        additions=_first(number_at(found, "additions"), number_at(found, "stats", "additions")),
        deletions=_first(number_at(found, "deletions"), number_at(found, "stats", "deletions")),
    )
    return Changeset.of(commit, _files(found, sha))


def _sift(
    given: Iterable[object], repo_name: str | None, pushed_at: object
) -> tuple[list[Changeset], list[str]]:
    found: list[Changeset] = []
    problems: list[str] = []
    for number, one in enumerate(given):
        try:
            found.append(changeset_of(one, repo_name, pushed_at))
        except ValueError as error:
            problems.append(f"commits[{number}]: {error}")
    return found, problems


def _files(found: Mapping[str, Any], sha: str) -> list[CommitFile]:
    files: dict[str, CommitFile] = {}
    for file in sequence_at(found, "files"):
        one = CommitFile(
            commit_sha=sha,
            filename=_or_missing(text_at(file, "filename"), "files.filename"),
            status=text_at(file, "status") or "modified",
            additions=number_at(file, "additions"),
            deletions=number_at(file, "deletions"),
            previous_filename=text_at(file, "previous_filename"),
            patch=text_at(file, "patch"),
        )
        files[one.filename] = one
    for status in ("added", "removed", "modified"):
        for name in sequence_at(found, status):
            files[name] = CommitFile(commit_sha=sha, filename=name, status=status)
    return list(files.values())


def _or_missing(value: Any, name: str) -> Any:
    if value is None:
        raise ValueError(f"it has no {name!r}")
    return value


def _first(*numbers: int | None) -> int | None:
    return next((number for number in numbers if number is not None), None)


def _total(own: int | None, parts: list[int | None]) -> int:
    return sum(part or 0 for part in parts) if own is None else own
