"""What one run keeps: every cell's output, whatever a cell did; the answers before the end of a kernel."""

import json
import os
import time

import pytest
import tiny

from casekit import answers
from casekit.grading import intake, master, run

pytestmark = pytest.mark.kernel


def executed(*sources, student="20250007", parameters=None, **options):
    cells = [
        {"cell_type": "code", "source": source, "parameters": at == parameters}
        for at, source in enumerate(sources)
    ]
    record = run.run(run.Job(student, "en", "90_tiny", "title = 1", tuple(cells), **options))
    nb = json.loads(record.notebook)
    own = [cell for cell in nb["cells"] if run.is_own(cell)]
    return record, [
        ["".join(output.get("text", output.get("ename", "?"))) for output in cell["outputs"]] for cell in own
    ]


def test_a_cell_costs_itself_only():
    record, outputs = executed("LANG = 'zh'\nSTUDENT = 'other'", "print(STUDENT, LANG)", "1/0", "import sys; sys.exit(3)", "input()",
                               "raise KeyboardInterrupt", "import os; print(os.listdir(), 'CASEKIT_GRADING' in os.environ)", "STUDENT = 'x'\nprint(STUDENT)",
                               parameters=0)  # fmt: skip
    assert record.ended and not record.notes
    flat = [words[0].strip() if words else "" for words in outputs]
    assert flat == ["", "20250007 en", "ZeroDivisionError", "SystemExit", "StdinNotImplementedError", "KeyboardInterrupt",
                    "['90_tiny.toml'] True", "20250007"]  # fmt: skip


def test_without_a_parameters_cell_the_student_is_set_all_the_same():
    assert executed("print(STUDENT)")[1] == [["20250007\n"]]


def test_a_dead_kernel_keeps_what_came_before():
    record, outputs = executed("print('before')", "import os; os._exit(1)", "print('after')")
    assert not record.ended and outputs == [["before\n"], [], []]
    assert [(note.code, note.details["cell"]) for note in record.notes] == [("grade.note.died", 2)]


def test_a_slow_cell_is_interrupted_and_the_next_runs():
    record, outputs = executed("import time\ntime.sleep(60)", "print('after')", cell_seconds=1)
    assert record.ended and outputs == [["KeyboardInterrupt"], ["after\n"]]
    assert [(note.code, note.details["cell"]) for note in record.notes] == [("grade.note.cell_time", 1)]


def test_a_loop_that_swallows_the_interrupt_is_stopped():
    start = time.monotonic()
    loop = (
        "while True:\n    try:\n        import time; time.sleep(60)\n    except BaseException:\n        pass"
    )
    record, outputs = executed("print('before')", loop, "print('after')", cell_seconds=1, seconds=5)
    assert time.monotonic() - start < 30 and not record.ended
    assert outputs[0] == ["before\n"] and outputs[2] == [] and record.notes[-1].code == "grade.note.stopped"


def test_long_output_is_cut_and_said():
    record, outputs = executed("print('x' * 5_000_000)", "for n in range(3000): display(n)")
    assert len(outputs[0][0]) < 300_000 and len(outputs[1]) <= 1000
    assert {note.code for note in record.notes} == {"grade.note.output_cut"} and len(record.notes) == 2


def test_answers_and_probes_leave_as_data(tmp_path):
    one = master.load(tiny.write(tmp_path))
    cells = intake.cells(tiny.notebook(student="20250999"))
    job = run.Job(
        "20250007", "zh", tiny.ID, one.public, cells, {"square": [answers.encode((n,)) for n in (2, 3)]}
    )
    collected = answers.collect(json.loads(run.run(job).notebook))
    assert collected.answers["base"] == 17 and collected.answers["square"] == answers.Outputs((4, 9))
    assert collected.notes == () and "PYTHONDONTWRITEBYTECODE" not in os.environ


def test_a_function_counts_although_the_kernel_dies_later(tmp_path):
    one = master.load(tiny.write(tmp_path))
    cells = intake.cells(tiny.notebook(essay="import os; os._exit(1)"))
    record = run.run(
        run.Job("20250007", "zh", tiny.ID, one.public, cells, {"square": [answers.encode((3,))]})
    )
    assert not record.ended and answers.collect(json.loads(record.notebook)).answers[
        "square"
    ] == answers.Outputs((9,))


def test_half_a_surrogate_pair_can_be_kept():
    record, outputs = executed("'\\ud800'", "print('after')")
    assert record.ended and outputs[1] == ["after\n"] and record.notebook.encode()


def test_a_forged_message_costs_only_its_sender():
    send = (
        "print('before')\nfrom IPython import get_ipython\nkernel = get_ipython().kernel\n"
        "kernel.session.send(kernel.iopub_socket, 'display_data', {'data': 3}, parent=kernel.get_parent())"
    )
    record, outputs = executed("print('first')", send, "print('after')")
    assert not record.ended and outputs[0] == ["first\n"]


def test_each_cell_tells_its_time_and_memory():
    record, _ = executed("x = 1", "x = bytes(50_000_000).replace(b'\\0', b'1')", "del x")
    one, two, three = (cell["metadata"]["papermill"] for cell in json.loads(record.notebook)["cells"][1:])
    assert all(told["duration"] > 0 for told in (one, two, three))
    if record.kernel == "warm":
        assert two["memory"] - one["memory"] > 40_000_000 and three["memory"] >= two["memory"]


def test_check_and_grade_do_not_take_each_other_for_the_engine():
    from papermill.engines import papermill_engines

    from casekit.grading import engine
    from casekit.notebooks import running

    running._register()
    assert papermill_engines.get_engine("casekit-check") is not engine.Engine
