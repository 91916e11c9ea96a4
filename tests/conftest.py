import os

import pytest

from casekit import labels

# Without compiled modules every kernel starts three times slower.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


@pytest.fixture(autouse=True)
def chinese():
    """Begin every test in Chinese, whatever the computer speaks and the test before has set."""
    labels.use("zh")
