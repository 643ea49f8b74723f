"""Files that hold data: what their troubles are called, and when a new name is durable."""

from __future__ import annotations

import errno
import os
from typing import TYPE_CHECKING, Final

from anydynamo.errors import AnyDynamoError, ProviderError, StoreFull, StoreReadOnly

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["sync_folder", "trouble"]

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


def sync_folder(folder: Path) -> None:
    """Make what was renamed in a folder durable."""
    # Windows cannot open a folder, and journals renames by itself.
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
