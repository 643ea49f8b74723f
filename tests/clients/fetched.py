"""Programs of others, fetched on first use into the cache of `tests.npm`."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import pytest
from filelock import FileLock
from tests.npm import NpmUnavailable, cache, npm_packages

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["node_modules", "program", "sources"]

INSTALL_SECONDS = 240


def node_modules(packages: Mapping[str, str], folder: str) -> Path:
    """Return a folder `node_modules` with some packages; without npm the test is left out."""
    try:
        return npm_packages(packages, folder)
    except NpmUnavailable as error:
        _leave_out(str(error))


def program(package: str, version: str) -> Path:
    """Return the folder with the commands of a package of PyPI, in an environment of its own.

    What depends on one version of botocore alone cannot lie beside the clients that need another.
    """
    place = cache() / f"{package}-{version}"
    place.mkdir(parents=True, exist_ok=True)
    complete = place / "complete"
    with FileLock(f"{place}.lock"):
        if not complete.exists():
            _run(sys.executable, "-m", "venv", "--clear", str(place))
            _pip(place / "bin", "install", "--no-compile", f"{package}=={version}")
            complete.touch()
    return place / "bin"


def sources(package: str, version: str, pip: Path) -> Path:
    """Return the folder with the sources of a package of PyPI, its tests among them.

    Args:
        package: Its name.
        version: Its version.
        pip: The folder with an environment's commands, one of which is pip.
    """
    place = cache() / f"{package}-{version}-sources"
    with FileLock(f"{place}.lock"):
        if not place.exists():
            place.parent.mkdir(parents=True, exist_ok=True)
            fresh = Path(tempfile.mkdtemp(dir=place.parent, prefix="sources-"))
            wanted = ("--no-deps", "--no-binary", package, f"{package}=={version}")
            _pip(pip, "download", "--dest", str(fresh), *wanted)
            (archive,) = fresh.glob("*.tar.gz")
            with tarfile.open(archive) as packed:
                packed.extractall(fresh, filter="data")
            (fresh / archive.name.removesuffix(".tar.gz")).rename(place)
            shutil.rmtree(fresh)
    return place


def _pip(commands: Path, *arguments: str) -> None:
    _run(str(commands / "pip"), "--disable-pip-version-check", "--quiet", *arguments)


def _run(*command: str) -> None:
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, timeout=INSTALL_SECONDS
    )
    if done.returncode:
        _leave_out(f"{' '.join(command)}: {done.stderr.strip()[-500:]}")


def _leave_out(reason: str) -> NoReturn:
    # Continuous integration must not turn green by leaving out what it cannot fetch.
    if os.environ.get("CI"):
        pytest.fail(f"{reason} (a skip is a failure because CI is set)", pytrace=False)
    pytest.skip(reason)
