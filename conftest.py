"""What holds for every test and doctest."""

import gc
import os

import pytest
from hypothesis import settings

from casekit import labels

# The same draws for everybody, so that a red run is red again; CASEKIT_RANDOM=1 looks for what nobody has seen yet.
settings.register_profile("casekit", derandomize=not os.environ.get("CASEKIT_RANDOM"))
settings.load_profile("casekit")


def pytest_collection_finish():
    """Spare the garbage collector what stays to the end anyway: every module imported and test collected."""
    gc.freeze()
    gc.set_threshold(10_000, 20, 20)


@pytest.fixture(autouse=True)
def chinese_first():
    """Start every test in Chinese, whatever language the one before it left behind."""
    labels.use("zh")
    yield
    labels.use("zh")
