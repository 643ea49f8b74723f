"""Packages of npm that tests need, fetched on first use into a per-user cache."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "OCTOKIT_VERSION",
    "NpmUnavailable",
    "cache",
    "npm_package",
    "npm_packages",
    "octokit_examples",
]

OCTOKIT_VERSION = "7.6.1"


class NpmUnavailable(Exception):
    """A package cannot be had on this machine; the message is the reason for a skip."""


def npm_package(package: str, version: str, folder: str) -> Path:
    """Return a package's folder, fetching it first if need be.

    Args:
        package: Its name.
        version: Its version.
        folder: Where in the cache it and what it depends on lie.

    Raises:
        NpmUnavailable: There is no npm, or it failed.
    """
    return npm_packages({package: version}, folder) / package


def npm_packages(packages: Mapping[str, str], folder: str) -> Path:
    """Return the folder `node_modules` with some packages, fetching them first if need be.

    Args:
        packages: The version of each by its name.
        folder: Where in the cache they and what they depend on lie; it names their versions.

    Raises:
        NpmUnavailable: There is no npm, or it failed.
    """
    place = cache() / folder
    found = place / "node_modules"
    if found.exists():
        return found
    npm = shutil.which("npm")
    wanted = [f"{package}@{version}" for package, version in packages.items()]
    if npm is None:
        raise NpmUnavailable(f"{', '.join(wanted)} is fetched by npm, and npm is not installed")
    place.mkdir(parents=True, exist_ok=True)
    # Workers of one test run start together; npm must not write one folder twice at once.
    with FileLock(f"{place}.lock"):
        if found.exists():
            return found
        fresh = Path(tempfile.mkdtemp(dir=place, prefix="npm-"))
        try:
            done = subprocess.run(
                [npm, "install", "--no-save", "--no-audit", "--prefix", str(fresh), *wanted],
                capture_output=True,
                text=True,
                timeout=180,
                check=False,
            )
            if done.returncode:
                raise NpmUnavailable(f"npm could not install {wanted}: {done.stderr.strip()}")
            # Only a complete installation gets the name under which it is looked for.
            (fresh / "node_modules").rename(found)
        except subprocess.TimeoutExpired as error:
            raise NpmUnavailable(f"npm did not install {wanted} in time") from error
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
    return found


def octokit_examples() -> Path:
    """Return the folder of real webhook payloads, the package `@octokit/webhooks-examples`.

    Raises:
        NpmUnavailable: There is no npm, or it failed.
    """
    return npm_package(
        "@octokit/webhooks-examples", OCTOKIT_VERSION, f"webhooks-examples-{OCTOKIT_VERSION}"
    )


def cache() -> Path:
    """Return the folder that keeps what tests fetch, from one run to the next."""
    chosen = os.environ.get("ANYDYNAMO_TEST_CACHE")
    if chosen:
        return Path(chosen)
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "anydynamo-tests"
