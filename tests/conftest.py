import os
import subprocess
from pathlib import Path

import pytest
from battery import pytest_terminal_summary  # noqa: F401  the table of the hostile battery
from browser import FAILED, chromium, desk, server, window  # noqa: F401  fixtures of the browser tests

from casekit import labels
from casekit.grading import schema

# Without compiled modules every kernel starts three times slower.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# A wrong function that is right by chance, on one draw of many, would be no fault of the tests.
schema.MAKE = schema.MAKE.replace("hex(randomblob(16))", "'tests'")

# A student's own way through each exercise: cells to be run in a notebook, not modules with doctests.
collect_ignore = ["solved"]


@pytest.fixture(params=labels.LANGUAGES)
def lang(request):
    """Each test that asks for it runs in both languages."""
    labels.use(request.param)
    return request.param


@pytest.fixture(scope="session")
def tracked():
    """The names of all files that git keeps."""
    asked = subprocess.run(["git", "ls-files", "-z"], cwd=Path(__file__).parents[1], capture_output=True, check=False)
    names = asked.stdout.decode().split("\0")[:-1]
    if not names:
        pytest.skip("not a git checkout")
    return names


def pytest_collection_modifyitems(items):
    """Give a browser or a kernel on a busy machine a second chance; the summary counts it as a rerun."""
    for item in items:
        if item.get_closest_marker("browser") or item.get_closest_marker("kernel"):
            item.add_marker(pytest.mark.flaky(reruns=2))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item):
    """Let a fixture know that its test failed: the browser then takes a photograph."""
    report = yield
    if report.failed:
        item.stash[FAILED] = True
    return report
