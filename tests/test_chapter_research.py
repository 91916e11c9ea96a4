"""The numbers that chapter 20 quotes are those that its cells show."""

from pathlib import Path

import pytest

from casekit import notebooks

CHAPTER = Path(__file__).parents[1] / "notebooks" / "20_research_schemes.en.ipynb"


@pytest.fixture(scope="module")
def told():
    """What each cell of the chapter shows as text."""
    ran = notebooks.run(CHAPTER)
    assert ran.failure is None
    return {cell.id: str(cell.outputs[0].data["text/plain"]) for cell in ran.nb.cells if cell.get("outputs") and "data" in cell.outputs[0]}


@pytest.mark.kernel
@pytest.mark.parametrize(("cell", "quoted"), [
    ("peek", ("“peeked” finds 71%", "“honest” finds 62%")),
    ("evaluate", ("“Nested quintiles” leads with 0.889", "is last with 0.858", "0.058 wide")),
    ("fifth", ("“Independent deciles” leads with 3.9", "“Nested quintiles” is last with 2.9")),
    ("curves", ("“Nested quintiles” finds 71%",)),
])  # fmt: skip
def test_the_figures_say_what_the_prose_says(told, cell, quoted):
    assert all(words in told[cell] for words in quoted), told[cell]


@pytest.mark.kernel
def test_the_consultant_is_first_three_times_out_of_four(told):
    ahead = {line.rsplit(maxsplit=4)[0]: line.split()[-4:] for line in told["pairs"].splitlines()}
    assert [float(share) > 0.6 for share in ahead["Nested quintiles"]] == [False, True, True, True]
    assert told["hand-over"].count("orders") > 100  # the table that a sweep collects
