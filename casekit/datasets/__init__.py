"""The datasets, each by its name, with a card, a checksum and, for exercises, each student's own variant.

`load` gives the bundled ones, `fetch` public ones that may not be shipped, `make` synthetic ones of any size;
`catalog` lists them. All that is known about a bundled dataset stands in ``datasets/datapackage.json``
(Frictionless Data Package v2), about a public one in ``datasets/public.toml``; the modules know none by name.
How to add one: ``datasets/make/__main__.py``.
"""

from casekit.datasets.cards import Card, card, catalog, cite
from casekit.datasets.fetching import fetch, report
from casekit.datasets.making import make, makers, parquet
from casekit.datasets.package import folder, names, path, public, verify
from casekit.datasets.reading import read
from casekit.datasets.variants import as_of, load, student_key

__all__ = [
    "Card",
    "as_of",
    "card",
    "catalog",
    "cite",
    "fetch",
    "folder",
    "load",
    "make",
    "makers",
    "names",
    "parquet",
    "path",
    "public",
    "read",
    "report",
    "student_key",
    "verify",
]
