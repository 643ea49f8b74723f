"""Files that hold data: where they lie, how one takes another's place, what their troubles are."""

from __future__ import annotations

import errno
import io
import os
import secrets
import stat
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

from anydynamo.errors import (
    AnyDynamoError,
    ConfigurationError,
    ProviderError,
    StoreFull,
    StoreReadOnly,
)

if TYPE_CHECKING:
    from collections.abc import Generator

__all__ = [
    "copy_permissions",
    "real_path",
    "refuse_protected",
    "replacing",
    "replacing_binary",
    "sync_folder",
    "trouble",
]

_FULL: Final = frozenset((errno.ENOSPC, errno.EDQUOT, errno.EFBIG))
_READ_ONLY: Final = frozenset((errno.EACCES, errno.EPERM, errno.EROFS))


def trouble(path: Path, error: OSError) -> AnyDynamoError:
    """Return what an operating system's error about a file means, and what to do about it."""
    if error.errno in _FULL:
        return StoreFull(
            f"no space is left for {path} ({error.strerror}); the file stands as it was: free some"
            " space and try again"
        )
    if error.errno in _READ_ONLY:
        return StoreReadOnly(
            f"{path} cannot be read or written ({error.strerror}); each write makes a new file, so"
            " grant write permission on its folder too, or choose another path"
        )
    return ProviderError(f"{path} cannot be read or written: {error}")


def real_path(path: Path, purpose: str) -> Path:
    """Return the file that a path leads to, which need not be there yet.

    Args:
        path: The path as it was given; it may be a link.
        purpose: What errors say is wanted of it, such as `keep a database in`.

    Raises:
        ConfigurationError: It is no file but a folder or a device, or its folder does not exist.
        StoreReadOnly: It cannot be reached.
    """
    wanted = f"cannot {purpose} {path}"
    try:
        real = Path(os.path.realpath(path))
    except ValueError as error:
        raise ConfigurationError(f"{wanted!r}: {error}; give another path") from error
    try:
        if real.is_dir():
            raise ConfigurationError(f"{wanted}: it is a folder; give the path of a file")
        if real.exists() and not real.is_file():
            raise ConfigurationError(f"{wanted}: it is no file; give the path of one")
        if not real.parent.is_dir():
            raise ConfigurationError(
                f"{wanted}: the folder {real.parent} does not exist; create it first"
            )
    except PermissionError as error:
        raise trouble(path, error) from error
    except OSError as error:
        raise ConfigurationError(f"{wanted}: {error.strerror}; give another path") from error
    return real


@contextmanager
def replacing(path: Path, purpose: str) -> Generator[IO[str]]:
    """Open a new text file that takes a path's place when all is written, and vanishes otherwise.

    Of several that are written at once the last one stays, whole. What a link leads to is replaced,
    not the link; the new file has the older one's permissions.

    Args:
        path: The path as it was given.
        purpose: As for `real_path`.

    Raises:
        ConfigurationError: As for `real_path`.
        StoreReadOnly: The file or its folder cannot be written; also StoreFull and ProviderError.
    """
    with _taking_place(path, purpose) as raw:
        file = io.TextIOWrapper(raw, encoding="utf-8", newline="\n")
        yield file
        # Nothing else would write what the text file holds back, and it must not close the other.
        file.detach()


@contextmanager
def replacing_binary(path: Path, purpose: str) -> Generator[IO[bytes]]:
    """Do what `replacing` does with a file of bytes."""
    with _taking_place(path, purpose) as file:
        yield file


@contextmanager
def _taking_place(path: Path, purpose: str) -> Generator[io.BufferedWriter]:
    real = real_path(path, purpose)
    temporary = real.with_name(f".{real.name}.{secrets.token_hex(4)}.tmp")
    try:
        refuse_protected(real)
        with temporary.open("xb") as file:
            copy_permissions(real, file.fileno())
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, real)
        sync_folder(real.parent)
    except OSError as error:
        # Those of ours that are OSErrors too, such as Unavailable, are about a database.
        if isinstance(error, AnyDynamoError):
            raise
        raise trouble(path, error) from error
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)


def refuse_protected(path: Path) -> None:
    """Refuse to replace a file that may not be written.

    Replacing asks for rights on the folder only, but who protects a file means it.

    Raises:
        PermissionError: It may not be written.
    """
    if path.exists() and not os.access(path, os.W_OK):
        raise PermissionError(errno.EACCES, "the file is read-only")


def copy_permissions(path: Path, descriptor: int) -> None:
    """Give an open file the owner and the permissions of another, if that is there."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return
    with suppress(PermissionError, AttributeError):
        os.fchown(descriptor, status.st_uid, status.st_gid)
    if hasattr(os, "fchmod"):
        os.fchmod(descriptor, stat.S_IMODE(status.st_mode))


def sync_folder(folder: Path) -> None:
    """Make what was renamed in a folder durable."""
    # Windows cannot open a folder, and journals renames by itself.
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
