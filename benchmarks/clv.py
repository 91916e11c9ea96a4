"""What fitting BG/NBD costs: casekit against lifetimes, clvkit and pymc-marketing, in one run on this machine.

拟合 BG/NBD 模型要多久：casekit 与 lifetimes、clvkit、pymc-marketing 在同一台电脑、同一次运行中比较。

    python benchmarks/clv.py [--customers 2357 100000 1000000] [--rounds 3]

The peers come from PyPI into virtual environments of their own, made on the first run and kept in the user's cache
folder. The customers are drawn from the model with the published CDNOW parameters, on whole days. Each fit runs in a
process of its own; counted are its CPU seconds without imports. A star marks parameters more than 1 % from casekit's:
pymc-marketing's quickest way, MAP, has priors and is another estimate.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import platformdirs

from casekit import clv

PEERS = {"lifetimes": "lifetimes==0.11.3", "clvkit": "clvkit==0.2.1", "pymc-marketing": "pymc-marketing==0.19.2"}
FITS = {
    "casekit": """
from casekit import clv
named = table.rename(columns={"frequency": "repeats", "recency": "last_order_weeks", "T": "age_weeks"})
fit = lambda: clv.fit_purchases(named).parameters
""",
    "lifetimes": """
import lifetimes
fit = lambda: lifetimes.BetaGeoFitter().fit(table["frequency"], table["recency"], table["T"]).params_
""",
    "clvkit": """
import clvkit
base = clvkit.CustomerBase(table.set_index("customer_id"), time_unit="W", observation_period_end=pd.Timestamp("1997-09-30"),
                           has_monetary=False, on_negative="raise")
fit = lambda: clvkit.BGNBD().fit(base).params_
""",
    "pymc-marketing": """
from pymc_marketing.clv import BetaGeoModel
def fit():
    model = BetaGeoModel()
    model.fit(table, method="map", progressbar=False)
    return model.fit_summary()
""",
}
RUN = """
import json, sys, time, warnings, logging
warnings.simplefilter("ignore")
logging.disable(logging.WARNING)
import pandas as pd
table = pd.read_csv(sys.argv[1])
{fit}
start, wall = time.process_time(), time.perf_counter()
found = fit()
print("\\n" + json.dumps([[float(found[name]) for name in ("r", "alpha", "a", "b")], time.process_time() - start, time.perf_counter() - wall]))
"""


def drawn(customers, seed=1):
    """Histories of 39 weeks from the model itself, on whole days, under the names the peers ask for."""
    rng, model, days = np.random.default_rng(seed), clv.CDNOW, 273
    rate = rng.gamma(model["r"], 1 / model["alpha"], customers) / 7
    leave = rng.beta(model["a"], model["b"], customers)
    now, last, repeats = np.zeros(customers), np.zeros(customers), np.zeros(customers, int)
    live = np.arange(customers)
    while len(live):
        now[live] += rng.exponential(1 / rate[live])
        live = live[now[live] < days]
        later = live[np.ceil(now[live]) > last[live]]
        last[later] = np.ceil(now[later])
        repeats[later] += 1
        live = live[rng.random(len(live)) >= leave[live]]
    return pd.DataFrame({"customer_id": np.arange(customers), "frequency": repeats, "recency": last / 7, "T": days / 7})


def python_of(name):
    """Return the interpreter that has this package; makes its environment the first time."""
    if name == "casekit":
        return Path(sys.executable)
    home = platformdirs.user_cache_path("casekit") / "benchmarks" / PEERS[name].replace("==", "-")
    python = home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not (home / "ready").exists():
        subprocess.run([sys.executable, "-m", "venv", home], check=True)
        subprocess.run([python, "-m", "pip", "install", "-q", PEERS[name]], check=True, stderr=subprocess.DEVNULL)
        (home / "ready").touch()
    return python


def fitted(name, table):
    """Return parameters, CPU seconds and wall seconds of one fit in a process of its own."""
    done = subprocess.run([python_of(name), "-c", RUN.format(fit=FITS[name]), table], capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError((done.stderr.strip().splitlines() or ["?"])[-1])
    return json.loads(done.stdout.strip().splitlines()[-1])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--customers", type=int, nargs="+", default=[2357, 100_000, 1_000_000])
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    print(f"{'customers':>10} {'':16} {'CPU s':>8} {'wall s':>8} {'to casekit':>10}  parameters")
    for customers in options.customers:
        with tempfile.TemporaryDirectory() as folder:
            table = Path(folder) / "customers.csv"
            drawn(customers).to_csv(table, index=False)
            runs = {name: [] for name in FITS}
            for _ in range(options.rounds):  # turn by turn: a busy computer slows all alike
                for name in FITS:
                    try:
                        runs[name].append(fitted(name, table))
                    except (RuntimeError, subprocess.CalledProcessError) as problem:
                        print(f"{customers:10,} {name:16} failed: {problem}")
        ours = runs["casekit"][0][0]
        for name, each in runs.items():
            if each:
                cpu, wall = (statistics.median(run[place] for run in each) for place in (1, 2))
                same = np.allclose(each[0][0], ours, rtol=0.01)
                ratio = cpu / statistics.median(run[1] for run in runs["casekit"])
                print(f"{customers:10,} {name:16} {cpu:8.2f} {wall:8.2f} {ratio:10.1f} {' *'[not same]} {np.round(each[0][0], 3).tolist()}")


if __name__ == "__main__":
    main()
