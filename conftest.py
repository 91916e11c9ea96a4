"""What holds for every test and doctest."""

import gc
import os

import pandas as pd
import pytest
from hypothesis import settings

from casekit import labels

# Two workers share two cores; the threads that scikit-learn would start in each wait for one another most of the time.
os.environ.setdefault("OMP_NUM_THREADS", "1")
# Texts as students and teachers have them: pyarrow, which would keep them otherwise, is installed for the tests alone.
pd.set_option("mode.string_storage", "python")

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
