"""A folder that stands in for Amazon S3: a bucket is a folder in it, an object a file below that.

No name leads out of the folder: what a request names is taken apart and checked piece by piece, and
a link is never followed, whatever it leads to. An object is written under another name first and
moved to its place when it is complete and on the disk.
"""

from __future__ import annotations

import os
import stat
from contextlib import contextmanager, suppress
from itertools import islice
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

from anydynamo.engine.errors import validation
from anydynamo.errors import ConfigurationError
from anydynamo.stores.files import replacing_binary, trouble

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

__all__ = ["Bucket", "BucketTrouble", "Folder", "check_key"]

MOST_OBJECTS: Final = 50_000
"""Objects of one import; a quota of the service's."""

_NAME_BYTES: Final = 255
_FORBIDDEN: Final = frozenset('\\:*?"<>|')
"""What no portable file name has; a backslash or a colon separates on Windows."""


class BucketTrouble(Exception):
    """A bucket or an object cannot be used.

    Attributes:
        code: The `FailureCode` of the export or import.
        message: Its `FailureMessage`.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message


def check_key(name: str, key: str) -> None:
    """Refuse a prefix, or key, that S3 takes and a folder does not.

    Args:
        name: The parameter that it stands in.
        key: The prefix; it may be empty, and end with a slash.

    Raises:
        EngineError: A ValidationException.
    """
    for part in key.removesuffix("/").split("/") if key else ():
        wrong = _wrong(part)
        if wrong is not None:
            raise validation(
                f"{name} cannot become a path in the folder that stands in for S3: {wrong}"
            )


def _wrong(part: str) -> str | None:
    if part in ("", ".", ".."):
        return f"there is {part!r} where the name of a folder belongs"
    if not part.isprintable() or not _FORBIDDEN.isdisjoint(part):
        return f"{part!r} has a character that is not in every system's file names"
    if part[-1] in " .":
        return f"{part!r} ends with {part[-1]!r}"
    if len(os.fsencode(part)) > _NAME_BYTES:
        return f"a name in it is longer than {_NAME_BYTES} bytes"
    return None


class Folder:
    """The folder.

    Args:
        path: Where it is.

    Raises:
        ConfigurationError: It is no folder.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        try:
            # The folder itself may be reached by a link; from there on none is followed.
            self.path = Path(os.path.realpath(os.fspath(path)))
            there = self.path.is_dir()
        except (OSError, ValueError) as error:
            raise ConfigurationError(f"s3_folder cannot be {str(path)!r}: {error}") from error
        if not there:
            raise ConfigurationError(
                f"s3_folder is {str(path)!r}, which is no folder; create it first, and a folder"
                " for each bucket in it"
            )

    def bucket(self, name: str) -> Bucket:
        """Return a bucket.

        Args:
            name: Its name, which the shape of the request has been checked for.

        Raises:
            BucketTrouble: It is not there.
        """
        path = self.path / name
        if not _is_folder(path):
            raise BucketTrouble(
                "S3NoSuchBucket",
                f"The specified bucket does not exist: make the folder {name} in {self.path}",
            )
        return Bucket(path)


class Bucket:
    """A bucket.

    Args:
        path: Its folder.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    @contextmanager
    def writing(self, key: str) -> Generator[IO[bytes]]:
        """Open a new object, which is there when the block ends, and not if it raises.

        Args:
            key: Its key, of pieces that were checked.

        Raises:
            BucketTrouble: A piece of the key is a file, or a link.
            AnyDynamoError: The disk's trouble.
        """
        folders, _, name = key.rpartition("/")
        folder = self._path
        for part in filter(None, folders.split("/")):
            folder /= part
            try:
                # What is there already and is no folder is found by `_is_folder`.
                with suppress(FileExistsError):
                    folder.mkdir()
            except OSError as error:
                raise trouble(folder, error) from error
            if not _is_folder(folder):
                raise BucketTrouble("S3AccessDenied", f"{folder} is a link or a file, no folder")
        if (folder / name).is_symlink():
            raise BucketTrouble("S3AccessDenied", f"{folder / name} is a link")
        with replacing_binary(folder / name, "write an export to") as file:
            yield file

    def remove(self, key: str) -> None:
        """Remove an object that was written here, if that is possible."""
        with suppress(OSError):
            (self._path / key).unlink(missing_ok=True)

    def objects(self, prefix: str) -> list[tuple[str, Path]]:
        """List the objects whose keys begin with a prefix, ordered, as their keys and files.

        Raises:
            BucketTrouble: One of them is a link or no file, there are none, or too many.
            AnyDynamoError: The disk's trouble.
        """
        folders = prefix.rpartition("/")[0]
        start = self._path
        for part in filter(None, folders.split("/")):
            start /= part
            if not _is_folder(start):
                raise _no_such_key(prefix)
        try:
            below = self._below(start, f"{folders}/" if folders else "", prefix)
            found = list(islice(below, MOST_OBJECTS + 1))
        except OSError as error:
            raise trouble(start, error) from error
        if len(found) > MOST_OBJECTS:
            raise BucketTrouble(
                "LimitExceeded", f"More than {MOST_OBJECTS} objects have the prefix {prefix!r}"
            )
        if not found:
            raise _no_such_key(prefix)
        return sorted(found)

    def _below(self, folder: Path, base: str, prefix: str) -> Iterator[tuple[str, Path]]:
        waiting = [(folder, base)]
        while waiting:
            folder, base = waiting.pop()
            with os.scandir(folder) as entries:
                for entry in entries:
                    key = base + entry.name
                    if entry.is_dir(follow_symlinks=False):
                        # One of the two is a beginning of the other.
                        if f"{key}/".startswith(prefix) or prefix.startswith(f"{key}/"):
                            waiting.append((Path(entry.path), f"{key}/"))
                    elif not key.startswith(prefix) or _is_unfinished(entry.name):
                        continue
                    elif entry.is_file(follow_symlinks=False):
                        yield key, Path(entry.path)
                    else:
                        raise BucketTrouble(
                            "S3AccessDenied", f"{entry.path} is a link or no file; it is not read"
                        )


def _is_folder(path: Path) -> bool:
    try:
        return stat.S_ISDIR(path.lstat().st_mode)
    except (OSError, ValueError):
        return False


def _is_unfinished(name: str) -> bool:
    return name.startswith(".") and name.endswith(".tmp")


def _no_such_key(prefix: str) -> BucketTrouble:
    return BucketTrouble("S3NoSuchKey", f"No object of the bucket has the prefix {prefix!r}")
