"""What a statement imports, seen from a fresh interpreter."""

from __future__ import annotations

import os
import subprocess
import sys

__all__ = ["modules_after"]


def modules_after(statement: str) -> set[str]:
    """Run a statement in an interpreter of its own and return the modules that are loaded then."""
    script = f"import sys; {statement}; print(*sys.modules)"
    # Measuring coverage brings modules along.
    env = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE")}
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, env=env
    )
    return set(done.stdout.split())
