"""What is published: the same bytes whoever builds it, and nothing in it that does not belong there."""

import subprocess
import sys
import tarfile
import tomllib
from pathlib import Path, PurePosixPath
from zipfile import ZipFile

import pytest

import ants_async

pytest.importorskip("build", reason="`nox -s package` has what builds distributions")

CHECKOUT = Path(__file__).parents[2]


def names_in_wheel(built):
    with ZipFile(built.wheel) as wheel:
        return set(wheel.namelist())


class TestAgain:
    @pytest.mark.parametrize("kind", ["wheel", "sdist"])
    def test_a_build_elsewhere_gives_the_same_bytes(self, built, built_elsewhere, kind):
        one, other = getattr(built, kind), getattr(built_elsewhere, kind)
        assert one.name == other.name
        assert one.read_bytes() == other.read_bytes()

    @pytest.mark.parametrize("kind", ["wheel", "sdist"])
    def test_the_sdist_builds_what_the_checkout_builds(self, built, built_from_sdist, kind):
        assert getattr(built, kind).read_bytes() == getattr(built_from_sdist, kind).read_bytes()


class TestWheel:
    def test_it_holds_the_package_and_nothing_else(self, built):
        package = {
            file.relative_to(CHECKOUT).as_posix()
            for file in (CHECKOUT / "ants_async").rglob("*")
            if file.is_file() and "__pycache__" not in file.parts
        }
        metadata = f"ants_async-{ants_async.__version__}.dist-info"
        assert names_in_wheel(built) == package | {
            f"{metadata}/{name}"
            for name in ("METADATA", "RECORD", "WHEEL", "entry_points.txt", "licenses/LICENSE")
        }

    def test_type_checkers_find_what_they_look_for(self, built):
        assert {"ants_async/py.typed", "ants_async/__init__.pyi"} <= names_in_wheel(built)

    def test_it_is_for_every_machine(self, built):
        assert built.wheel.name.endswith("-py3-none-any.whl")


class TestSdist:
    def test_it_holds_what_one_needs_to_build_and_to_test(self, built):
        with tarfile.open(built.sdist) as archive:
            names = {PurePosixPath(name).parts[1] for name in archive.getnames()}
        assert names == {
            ".gitignore",  # the build backend always adds it
            "CHANGELOG.md",
            "CONTRIBUTING.md",
            "LICENSE",
            "PKG-INFO",
            "README.md",
            "SECURITY.md",
            "ants_async",
            "benchmarks",
            "docs",
            "examples",
            "mkdocs.yml",
            "noxfile.py",
            "pyproject.toml",
            "tests",
        }

    def test_nothing_is_in_it_that_a_run_left_behind(self, built):
        with tarfile.open(built.sdist) as archive:
            left = {
                name
                for name in archive.getnames()
                if "__pycache__" in name or PurePosixPath(name).suffix in {".pyc", ".db", ".log"}
            }
        assert not left


class TestMetadata:
    def test_version_license_and_python_are_said_in_their_fields(self, built):
        metadata = built.metadata
        assert metadata["Name"] == "ants-async"
        assert metadata["Version"] == ants_async.__version__
        assert metadata["License-Expression"] == "MIT"
        assert metadata.get_all("License-File") == ["LICENSE"]
        assert metadata["Requires-Python"] == ">=3.11"
        assert metadata["Keywords"]
        assert metadata.get_all("Project-URL")
        assert not [one for one in metadata.get_all("Classifier") if one.startswith("License ::")]

    def test_the_oldest_python_is_the_same_for_all_tools(self, built):
        project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))
        oldest = built.metadata["Requires-Python"].removeprefix(">=")
        assert project["tool"]["pyright"]["pythonVersion"] == oldest
        assert project["tool"]["ruff"]["target-version"] == f"py{oldest.replace('.', '')}"
        assert f"Programming Language :: Python :: {oldest}" in built.metadata.get_all("Classifier")

    def test_the_index_would_take_it(self, built):
        self.run("twine", "check", "--strict", built.wheel, built.sdist)

    def test_the_project_file_follows_the_standards(self):
        self.run("validate_pyproject", CHECKOUT / "pyproject.toml")

    def run(self, module, *words):
        done = subprocess.run(
            [sys.executable, "-m", module, *words], capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
