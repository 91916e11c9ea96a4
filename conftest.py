"""What holds for every test and doctest."""

import pytest

from casekit import labels


@pytest.fixture(autouse=True)
def chinese_first():
    """Start every test in Chinese, whatever language the one before it left behind."""
    labels.use("zh")
    yield
    labels.use("zh")
