"""What people and CI run: `nox -s demo tests typing lint docs package bench fuzz lowest`."""

import shutil
import tempfile
from pathlib import Path

import nox

PYPROJECT = nox.project.load_toml("pyproject.toml")

nox.options.default_venv_backend = "uv|virtualenv"
nox.options.reuse_existing_virtualenvs = True
nox.options.error_on_external_run = True
nox.options.sessions = ["tests", "lint", "typing", "docs", "package"]


def group(*names: str) -> list[str]:
    return list(nox.project.dependency_groups(PYPROJECT, *names))


@nox.session
def demo(session: nox.Session) -> None:
    """Run the main job: the forum of document 001, and real webhook payloads."""
    session.install(".[cli,dynamodb]")
    payloads = Path(session.create_tmp(), "payloads")
    arguments = ["demo"]
    if npm := shutil.which("npm"):
        session.run(
            npm,
            *("install", "--no-save", "--silent", "--no-audit", "--no-fund"),
            *("--prefix", str(payloads), "@octokit/webhooks-examples@7.6.1"),
            external=True,
        )
        examples = payloads / "node_modules" / "@octokit" / "webhooks-examples"
        arguments += ["--payloads", str(examples)]
    else:
        session.warn("npm is not installed: the part with real webhook payloads is left out")
    session.run("anydynamo", *arguments, *session.posargs)


@nox.session
def tests(session: nox.Session) -> None:
    """Run every test, with branch coverage; arguments go to pytest."""
    session.install(".[all]", *group("tests"))
    run_tests(session)


@nox.session
def lowest(session: nox.Session) -> None:
    """Run every test on the oldest dependencies that the project says it works with."""
    session.install("uv")
    session.run(
        *("uv", "pip", "install", "--python", session.virtualenv.location),
        *("--resolution", "lowest-direct", ".[all]", *group("tests")),
    )
    run_tests(session)


def run_tests(session: nox.Session) -> None:
    if session.posargs:
        session.run("pytest", *session.posargs)
        return
    data = {"COVERAGE_FILE": str(Path(session.create_tmp()).absolute() / "coverage")}
    session.run("coverage", "erase", env=data)
    session.run("coverage", "run", "-m", "pytest", "-n", "2", "--dist", "loadgroup", env=data)
    session.run("coverage", "combine", "--quiet", env=data)
    session.run("coverage", "report", "--fail-under", "95", env=data)


@nox.session
def lint(session: nox.Session) -> None:
    """Check style, format and the direction of imports."""
    session.install("-e", ".", *group("lint"))
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("lint-imports")


@nox.session
def typing(session: nox.Session) -> None:
    """Check the types of the library, its tests, benchmarks and examples."""
    session.install("-e", ".[all]", *group("typing", "bench"), "nox")
    session.run("mypy")
    session.run("pyright")


@nox.session
def docs(session: nox.Session) -> None:
    """Build the documentation; `-- serve` shows it while it is being written."""
    session.install("-e", ".[all]", *group("docs"))
    session.env["NO_MKDOCS_2_WARNING"] = "1"
    session.run("mkdocs", *(session.posargs or ("build", "--strict")))


@nox.session
def package(session: nox.Session) -> None:
    """Build the wheel, install it without extras, and import it from outside the repository."""
    session.install("build", "twine")
    dist = Path(session.create_tmp(), "dist").absolute()
    shutil.rmtree(dist, ignore_errors=True)
    session.run("python", "-m", "build", "--outdir", str(dist))
    session.run("twine", "check", "--strict", *map(str, dist.iterdir()))
    with tempfile.TemporaryDirectory() as elsewhere:
        session.run("python", "-m", "venv", f"{elsewhere}/venv")
        python = f"{elsewhere}/venv/bin/python"
        (wheel,) = dist.glob("*.whl")
        session.run(python, "-m", "pip", "install", "-q", str(wheel), external=True)
        session.chdir(elsewhere)
        smoke = "import anydynamo; [getattr(anydynamo, n) for n in anydynamo.__all__]"
        session.run(python, "-W", "error", "-c", smoke, external=True)


@nox.session
def fuzz(session: nox.Session) -> None:
    """Look for inputs that break something: `nox -s fuzz -- parsers --seconds 600`."""
    session.install(".[all]", *group("tests", "fuzzing"))
    session.run("python", "-m", "tests.fuzzing", *(session.posargs or ("http",)))


@nox.session
def bench(session: nox.Session) -> None:
    """Measure against the peers: `nox -s bench -- core --quick`."""
    session.install(".[all]", *group("bench"))
    session.run("python", "-m", "benchmarks", *(session.posargs or ("core",)))
