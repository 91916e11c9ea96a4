"""Submissions run on the machines of a Dask cluster; marking and recording stay where the key is."""

from contextlib import contextmanager

import casekit
from casekit.errors import InputError

PATIENCE = 10  # seconds to wait for the scheduler
RETRIES = 3  # of a submission whose worker fails it; Dask itself gives up on one that has killed four


@contextmanager
def executor(address):
    """Give the executor of an existing cluster, and how many notebooks it can have in hand.

    给出现有集群的执行器，以及它能同时运行的作业份数。

    A submission may run twice, when a worker dies: the driver alone writes, and writes one result.

    Parameters
    ----------
    address : str
        Such as ``dask://10.0.0.1:8786``: where the scheduler listens.

    Raises
    ------
    InputError
        ``grading.executor``, ``grading.no_dask``, ``grading.no_cluster`` or ``grading.cluster_version``.

    Examples
    --------
    >>> with executor("spark://here"):
    ...     pass
    Traceback (most recent call last):
    casekit.errors.InputError: ...
    """
    kind, _, place = address.partition("://")
    if kind != "dask" or not place:
        raise InputError("grading.executor", address=address)
    try:
        from distributed import Client
    except ImportError:
        raise InputError("grading.no_dask") from None
    try:
        client = Client(f"tcp://{place}", timeout=PATIENCE)
    except (OSError, ValueError, TimeoutError) as error:
        raise InputError("grading.no_cluster", address=address, why=error) from error
    with client:
        try:
            found = client.run(_version)
        except Exception as error:  # whatever went wrong over there
            found = {place: repr(error)[:200]}
        if not found or set(found.values()) != {casekit.__version__}:
            told = "; ".join(f"{worker}: {version}" for worker, version in found.items()) or "–"
            raise InputError("grading.cluster_version", wanted=casekit.__version__, found=told)
        yield client.get_executor(pure=False, retries=RETRIES), sum(client.nthreads().values())


def _version():
    return casekit.__version__
