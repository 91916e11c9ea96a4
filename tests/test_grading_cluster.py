"""A class graded on a cluster: run at least once, recorded once, whoever is killed."""

import os
import signal
import socket
import sys
import time

import pytest
import tiny

from casekit.errors import InputError
from casekit.grading import cluster, run
from casekit.grading.gradebook import Gradebook


def test_an_address_that_is_none_is_explained():
    with pytest.raises(InputError) as told:
        with cluster.executor("127.0.0.1:8786"):
            pass
    assert told.value.code == "grading.executor" and "dask://" in str(told.value)


def test_without_dask_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(InputError) as told:
        with cluster.executor("dask://127.0.0.1:8786"):
            pass
    assert told.value.code == "grading.no_dask" and "casekit[cluster]" in str(told.value)


@pytest.mark.kernel
def test_where_no_scheduler_answers_it_says_so(monkeypatch):
    pytest.importorskip("distributed")
    monkeypatch.setattr(cluster, "PATIENCE", 1)
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(InputError) as told:
        with cluster.executor(f"dask://127.0.0.1:{port}"):
            pass
    assert told.value.code == "grading.no_cluster" and str(port) in str(told.value)


@pytest.mark.kernel
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL on this system")
def test_another_worker_does_what_a_killed_one_had_in_hand(tmp_path, monkeypatch):
    distributed = pytest.importorskip("distributed")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(map(os.path.abspath, sys.path)))  # workers import casekit, too
    room, ids = tiny.room(tmp_path), ("20250001", "20250002", "20250003", "20250004")
    for id in ids:
        tiny.hand_in(room, id, tiny.notebook(essay="import time; time.sleep(2)\nessay = ..."))
    killed = []
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as machines:
        place = machines.scheduler_address.removeprefix("tcp://")

        def kill(done, total, names):  # as soon as something is on record, while two others run
            if done and not killed:
                killed.append(next(iter(machines.workers.values())).pid)
                os.kill(killed[0], signal.SIGKILL)

        with cluster.executor(f"dask://{place}") as (pool, hands):
            assert hands == 2
            summary = tiny.grade(room, executor=pool, workers=hands, runner=run.run, progress=kill)
    assert killed and not summary.not_run and not summary.interrupted
    with Gradebook(room / "gradebook.db") as book:
        assert {id: result.points for id, result in book.results(tiny.ID).items()} == dict.fromkeys(ids, 14)
        assert book.db.execute("SELECT count(*) FROM result").fetchone()[0] == len(ids)
        assert book.db.execute("SELECT count(*) FROM attempt WHERE outcome IS NULL").fetchone()[0] == 0
