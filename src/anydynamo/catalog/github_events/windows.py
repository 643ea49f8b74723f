"""Stretches of time: what a query, a metric or a caller means by "recent" and "in November"."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from anydynamo.catalog.github_events.models import check_moment, check_repository
from anydynamo.errors import InvalidRequest

if TYPE_CHECKING:
    from anydynamo.models.table import Condition, Path

    M = TypeVar("M")

__all__ = ["asked_repository", "days_before", "hours_before", "month_of", "period", "span"]

_MOST_HOURS = 24 * 3660
_WEEK = re.compile(r"[0-9]{4}-W[0-9]{2}")
_MONTH = re.compile(r"[0-9]{4}-[0-9]{2}")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def asked_repository(name: str) -> str:
    """Return the name of a repository that somebody asks for.

    Raises:
        InvalidRequest: It is not of the form `owner/name`.
    """
    try:
        return check_repository(name)
    except ValueError as error:
        raise InvalidRequest(str(error)) from None


def span(
    attribute: Path[datetime, M], since: datetime | None, until: datetime | None
) -> list[Condition[M]]:
    """Return the condition that a moment lies in a stretch, whose ends are included; or none.

    Raises:
        InvalidRequest: A time has no offset from UTC, or the end is before the beginning.
    """
    for moment in (since, until):
        if moment is not None:
            try:
                check_moment(moment)
            except ValueError as error:
                raise InvalidRequest(f"{moment.isoformat()}: {error}") from None
    if since is not None and until is not None:
        if until < since:
            raise InvalidRequest(f"{until.isoformat()} is before {since.isoformat()}")
        return [attribute.between(since, until)]
    if since is not None:
        return [attribute >= since]
    return [] if until is None else [attribute <= until]


def hours_before(now: datetime, hours: float) -> datetime:
    """Return the moment so many hours ago.

    Raises:
        InvalidRequest: The number is not above 0, or goes back more than ten years.
    """
    if not 0 < hours <= _MOST_HOURS:
        raise InvalidRequest(f"hours is a number above 0, up to {_MOST_HOURS}, not {hours}")
    return now - timedelta(hours=hours)


def days_before(now: datetime, days: int) -> datetime:
    """Return the moment so many days ago.

    Raises:
        InvalidRequest: The number is not above 0, or goes back more than ten years.
    """
    if not 0 < days <= _MOST_HOURS // 24:
        raise InvalidRequest(f"days is a number above 0, up to {_MOST_HOURS // 24}, not {days}")
    return now - timedelta(days=days)


def month_of(moment: datetime) -> str:
    """Return the month of a moment in UTC, as in 2026-11."""
    return moment.astimezone(UTC).strftime("%Y-%m")


def period(text: str) -> tuple[datetime, datetime]:
    """Return the first and the last moment of a day, a week or a month in UTC.

    Weeks are those of ISO 8601: they begin on Monday.

    Raises:
        InvalidRequest: The text is none of 2026-11-22, 2026-W47 and 2026-11.
    """
    try:
        if _WEEK.fullmatch(text):
            first = date.fromisoformat(f"{text}-1")
            last = first + timedelta(days=6)
        elif _MONTH.fullmatch(text):
            first = date.fromisoformat(f"{text}-01")
            last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
        elif _DAY.fullmatch(text):
            first = last = date.fromisoformat(text)
        else:
            raise ValueError(text)
    except (ValueError, OverflowError):
        raise InvalidRequest(
            f"{text!r} is no period; it is a day, a week or a month, as in 2026-11-22, 2026-W47 "
            "and 2026-11"
        ) from None
    return _moment(first, datetime.min), _moment(last, datetime.max)


def _moment(day: date, time: Any) -> datetime:
    return datetime.combine(day, time.time(), tzinfo=UTC)
