"""The datasets: bundled ones by name, each with a card, a checksum and, for exercises, each student's own variant.

All that is known about a bundled dataset stands in ``datasets/datapackage.json`` (Frictionless Data Package v2); the
modules read it and know no dataset by name. How to add one: ``datasets/make/__main__.py``.
"""

from casekit.datasets.cards import Card, card
from casekit.datasets.making import make, makers, parquet
from casekit.datasets.package import folder, names, path, verify
from casekit.datasets.reading import read
from casekit.datasets.variants import as_of, load, student_key

__all__ = ["Card", "as_of", "card", "folder", "load", "make", "makers", "names", "parquet", "path", "read", "student_key", "verify"]
