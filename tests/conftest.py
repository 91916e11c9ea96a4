import os

import pytest
from browser import FAILED, chromium, desk, server, window  # noqa: F401  fixtures of the browser tests

from casekit import labels

# Without compiled modules every kernel starts three times slower.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


@pytest.fixture(autouse=True)
def chinese():
    """Begin every test in Chinese, whatever the computer speaks and the test before has set."""
    labels.use("zh")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item):
    """Let a fixture know that its test failed: the browser then takes a photograph."""
    report = yield
    if report.failed:
        item.stash[FAILED] = True
    return report
