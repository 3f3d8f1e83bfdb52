"""`nox` runs what CI runs: lint, types, imports, tests, pages, the distributions, that the benchmarks run."""

import os

import nox

nox.options.default_venv_backend = "uv|virtualenv"
nox.options.reuse_existing_virtualenvs = True
nox.options.error_on_external_run = True
nox.options.sessions = ["lint", "types", "imports", "tests", "docs", "package", "bench_smoke"]

PYPROJECT = nox.project.load_toml("pyproject.toml")
SPREAD = ["--numprocesses", str(2 * (os.cpu_count() or 1)), "--dist", "loadfile"]
"""Two processes of tests for each core: many wait for others. A file's tests share what they set up."""
PROOFS = ["tests/crash", "tests/fuzz", "tests/scale", "tests/simulation", "tests/storms"]
PROOFS += ["tests/scaleout/test_shared_rate.py", "tests/simulator/test_nonsense.py"]
PROOFS += ["tests/transport/test_hostile_memory.py", "tests/transport/test_rate.py"]
"""Campaigns, storms, hostile bytes by the thousand: counting their lines would take as long again."""
VERSIONS = nox.project.python_versions(PYPROJECT)


def group(name: str) -> list[str]:
    """Requirements of a dependency group."""
    return nox.project.dependency_groups(PYPROJECT, name)


@nox.session
def lint(session: nox.Session) -> None:
    """Ruff: rules and layout."""
    session.install(*group("lint"))
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")


@nox.session
def types(session: nox.Session) -> None:
    """Mypy and pyright on the package."""
    session.install("-e", ".[all]", *group("types"))
    session.run("mypy")
    session.run("pyright")


@nox.session
def imports(session: nox.Session) -> None:
    """Imports only ever go down the house."""
    session.install("-e", ".[all]", *group("imports"))
    session.run("lint-imports")


@nox.session
def tests(session: nox.Session) -> None:
    """Pytest over the installed package, with branch coverage."""
    session.install(".[all]", *group("tests"), *group("examples"))
    if session.posargs:
        session.run("pytest", *session.posargs)
        return
    session.run("coverage", "erase")
    session.run("coverage", "run", "-m", "pytest", *SPREAD, *(f"--ignore={one}" for one in PROOFS))
    session.run("coverage", "combine")
    session.run("coverage", "report", "--fail-under=95")
    session.run("pytest", *SPREAD, *PROOFS)


def tests_on(version: str) -> None:
    """A session `tests-<version>`: the tests on another Python, where it is installed."""

    @nox.session(name=f"tests-{version}", python=version, default=False)
    def tests(session: nox.Session) -> None:
        """Pytest on this Python: `nox -s tests-3.13 -- tests/wire tests/models`."""
        session.install(".[all]", *group("tests"), *group("examples"))
        session.run("pytest", *SPREAD, *session.posargs)


for one in VERSIONS:
    tests_on(one)


@nox.session
def package(session: nox.Session) -> None:
    """The distributions: built twice, looked at, installed by themselves."""
    session.install(*group("package"))
    session.run("python", "-m", "pytest", "tests/package", *session.posargs)


@nox.session
def docs(session: nox.Session) -> None:
    """The pages as a site, in `site/`; a broken link or a name that is not there fails."""
    session.install("-e", ".[all]", *group("docs"))
    session.run("mkdocs", "build", "--strict", *session.posargs, env={"NO_MKDOCS_2_WARNING": "1"})


def prove(session: nox.Session, program: str, *groups: str) -> None:
    """A program of the tests' folder, by itself: `docs/promises.md`."""
    session.install(".[all]", *group("tests"), *(one for name in groups for one in group(name)))
    session.chdir("tests")
    session.run("python", "-m", program, *session.posargs)


@nox.session(default=False)
def simulate(session: nox.Session) -> None:
    """Campaigns by the thousand against a failing network: `nox -s simulate -- --seeds 10000`."""
    prove(session, "simulation")


@nox.session(default=False)
def crash(session: nox.Session) -> None:
    """Campaigns killed with SIGKILL, again and again: `nox -s crash -- --kills 1000`."""
    prove(session, "crash")


@nox.session(default=False)
def storms(session: nox.Session) -> None:
    """Servers that refuse with 429, their limit unknown: `nox -s storms -- --verbose`."""
    prove(session, "storms")


@nox.session(default=False)
def scaleout(session: nox.Session) -> None:
    """Campaigns on many workers, killed, and their database restarted: `nox -s scaleout -- kills`."""
    prove(session, "scale")


@nox.session(default=False)
def fuzz(session: nox.Session) -> None:
    """Hostile bytes for every parser, by the million: `nox -s fuzz -- --inputs 1000000`."""
    prove(session, "fuzz", "fuzz")


@nox.session(default=False)
def bench(session: nox.Session) -> None:
    """Speed, memory, calls, beside what one would otherwise use: `nox -s bench -- compare_bulk start`."""
    session.install("-e", ".[all]", *group("bench"))
    session.run("python", "-m", "benchmarks", *session.posargs)


@nox.session
def bench_smoke(session: nox.Session) -> None:
    """That the benchmarks run, and send what they say; never how fast."""
    session.install("-e", ".[all]", *group("bench"))
    session.run("python", "-m", "benchmarks", "--smoke", *session.posargs)
