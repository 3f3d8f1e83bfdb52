"""The distributions as they would be published, and new virtual environments that have them."""

import os
import shutil
import subprocess
import sys
import tarfile
from email import message_from_bytes
from pathlib import Path
from zipfile import ZipFile

import pytest

CHECKOUT = Path(__file__).parents[2]
NOT_OURS = (".git", ".nox", ".venv", ".*_cache", ".hypothesis", "__pycache__", "*.egg-info", "dist")
SURROUNDINGS = {
    name: value
    for name, value in os.environ.items()
    if not name.startswith(("ANTS_", "PYTHON", "COVERAGE_", "COV_"))  # nothing leads back into the checkout
}


class Distributions:
    """What a build made."""

    def __init__(self, folder):
        self.folder = folder

    @property
    def wheel(self):
        (wheel,) = self.folder.glob("*.whl")
        return wheel

    @property
    def sdist(self):
        (sdist,) = self.folder.glob("*.tar.gz")
        return sdist

    @property
    def metadata(self):
        with ZipFile(self.wheel) as wheel:
            (name,) = (name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
            return message_from_bytes(wheel.read(name))


@pytest.fixture(scope="session")
def build(tmp_path_factory):
    """Builds from a folder, each kind from the folder itself."""

    def run(source, *kinds):
        folder = tmp_path_factory.mktemp("dist")
        command = [sys.executable, "-m", "build", "--no-isolation", *kinds, "--outdir", folder, source]
        environment = {**SURROUNDINGS, "SOURCE_DATE_EPOCH": "1700000000"}
        subprocess.run(command, env=environment, check=True, capture_output=True)
        return Distributions(folder)

    return run


@pytest.fixture(scope="session")
def built(build):
    """From the checkout."""
    return build(CHECKOUT, "--sdist", "--wheel")


@pytest.fixture(scope="session")
def built_elsewhere(build, tmp_path_factory):
    """From a copy in another folder, with other times and modes of its files."""
    copy = tmp_path_factory.mktemp("elsewhere") / "project"
    shutil.copytree(CHECKOUT, copy, ignore=shutil.ignore_patterns(*NOT_OURS), copy_function=shutil.copyfile)
    for file in copy.rglob("*"):
        os.utime(file, (1_000_000_000, 1_000_000_000))
        file.chmod(0o700 if file.is_dir() else 0o600)
    return build(copy, "--sdist", "--wheel")


@pytest.fixture(scope="session")
def built_from_sdist(build, built, tmp_path_factory):
    """As those do who take the sdist."""
    folder = tmp_path_factory.mktemp("unpacked")
    with tarfile.open(built.sdist) as archive:
        archive.extractall(folder, filter="data")
    (project,) = folder.iterdir()
    return build(project, "--sdist", "--wheel")


class Installed:
    """A new virtual environment, and an empty folder to work in."""

    def __init__(self, folder, wheel, extras=""):
        self.folder = folder / "work"
        self.folder.mkdir()
        self._programs = folder / "venv" / "bin"
        subprocess.run([sys.executable, "-m", "venv", folder / "venv"], check=True)
        self.run("pip", "install", "--quiet", f"{wheel}{extras}")

    def run(self, program, *words, code=0):
        """What it says; it ends with the exit code expected."""
        done = subprocess.run(
            [self._programs / program, *words],
            cwd=self.folder,
            env=SURROUNDINGS,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr


@pytest.fixture(scope="session")
def with_all(built, tmp_path_factory):
    """The wheel with all its extras."""
    return Installed(tmp_path_factory.mktemp("all"), built.wheel, "[all]")


@pytest.fixture(scope="session")
def alone(built, tmp_path_factory):
    """The wheel without an extra."""
    return Installed(tmp_path_factory.mktemp("alone"), built.wheel)
