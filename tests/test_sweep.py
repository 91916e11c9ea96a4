"""A grid of parameters over one notebook: what is on record is not run again, and no failed run is lost."""

import nbformat
import pandas as pd
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from typer.testing import CliRunner

from casekit import notebooks
from casekit.cli import app
from casekit.errors import InputError

BODY = "import pandas as pd\nfrom casekit import notebooks\nfrom pathlib import Path\nPath(LOG).open('a').write('x')\n"
HAND_OVER = "notebooks.result(pd.DataFrame({'metric': ['half', 'third'], 'value': [N / 2, N / (3 if N else 0)]}))"


def project(folder, grid="N = [1, 2]", hand_over=HAND_OVER, extra=""):
    cells = [new_code_cell("N, DAY, LOG = 1, '', ''", metadata={"tags": ["parameters"]}), new_code_cell(BODY), new_code_cell(hand_over)]
    nb = new_notebook(cells=cells, metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}})
    nbformat.write(nb, folder / "study.ipynb")
    log = (folder / "log.txt").as_posix()
    (folder / "sweep.toml").write_text(f'notebook = "study.ipynb"\n{extra}\n[parameters]\nLOG = "{log}"\nDAY = 2025-06-30\n[grid]\n{grid}\n',
                                       encoding="utf-8")
    return folder / "sweep.toml"


def runs(folder):
    return len((folder / "log.txt").read_text())


@pytest.mark.kernel
def test_failed_runs_are_listed_and_only_they_run_again(tmp_path):
    file = project(tmp_path, "N = [1, 0, 2]")
    seen = []
    results, failed = notebooks.sweep(notebooks.read_sweep(file), lambda *now: seen.append(now[:2]))
    assert results[["N", "DAY", "metric", "value"]].to_dict("list") == {
        "N": [1, 1, 2, 2], "DAY": ["2025-06-30"] * 4, "metric": ["half", "third"] * 2, "value": [0.5, 1 / 3, 1.0, 2 / 3]}
    assert failed[["N", "error"]].to_numpy().tolist() == [[0, "ZeroDivisionError"]]
    assert seen == [(0, 3), (1, 3), (2, 3), (3, 3)] and runs(tmp_path) == 3
    assert len(list((tmp_path / "sweep" / "runs").glob("*.ipynb"))) == 3  # the failed notebook is there to be read
    again = CliRunner().invoke(app, ["sweep", str(file)])
    assert again.exit_code == 1 and "ZeroDivisionError" in again.output and runs(tmp_path) == 4
    written = pd.read_csv(tmp_path / "sweep" / "results.csv")
    pd.testing.assert_frame_equal(written, results)
    project(tmp_path, "N = [1, 2]")
    assert CliRunner().invoke(app, ["sweep", str(file), "--json"]).exit_code == 0 and runs(tmp_path) == 4
    # another notebook is another study
    project(tmp_path, "N = [1, 2]", hand_over=HAND_OVER + ";")
    assert CliRunner().invoke(app, ["sweep", str(file)]).exit_code == 0 and runs(tmp_path) == 6


@pytest.mark.kernel
def test_a_notebook_without_a_result_says_so(tmp_path):
    _, failed = notebooks.sweep(notebooks.read_sweep(project(tmp_path, "N = [1]", hand_over="1")))
    assert failed["error"].tolist() == ["NoResult"] and "notebooks.result" in failed["message"][0]


@pytest.mark.parametrize(("extra", "grid", "code", "part"), [
    ("", "M = [1]", "notebook.parameter", "M"),
    ("", "N = 3", "sweep.field", "grid"),
    ("", "N = []", "sweep.field", "grid"),
    ("case = 1", "N = [1]", "sweep.field", "case"),
    ("workers = 0", "N = [1]", "sweep.field", "workers"),
    ('workrs = 2', "N = [1]", "sweep.field", "workers"),
    ("out = [", "N = [1]", "sweep.file", "sweep.toml"),
])  # fmt: skip
def test_a_faulty_file_is_refused(tmp_path, extra, grid, code, part):
    with pytest.raises(InputError) as refused:
        notebooks.read_sweep(project(tmp_path, grid, extra=extra))
    assert refused.value.code == code and part in str(refused.value)


def test_every_case_meets_every_combination(tmp_path):
    file = project(tmp_path, 'N = [1, 2]\n[[case]]\nDAY = "a"\n[[case]]\nDAY = "b"')
    assert [(run["DAY"], run["N"]) for run in notebooks.read_sweep(file).runs] == [("a", 1), ("a", 2), ("b", 1), ("b", 2)]


def test_a_file_that_is_not_there_is_one_sentence(tmp_path):
    with pytest.raises(InputError, match="none.toml"):
        notebooks.read_sweep(tmp_path / "none.toml")
