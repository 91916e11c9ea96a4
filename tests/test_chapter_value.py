"""What chapter 05 tells in its prose is what its data gives: each number is counted again here."""

import re
from pathlib import Path

import pandas as pd
import pytest

from casekit import datasets, notebooks, rfm, value

FOLDER = Path(__file__).parents[1] / "notebooks"
AS_OF, COLUMNS = "2025-12-31", {"customer": "customer_id", "date": "order_date", "amount": "amount_cny"}


def facts():
    """Return the numbers that the cells of the chapter state, by cell, as they are written there."""
    known = datasets.load("orders").drop_duplicates().dropna(subset="customer_id")
    orders = known[known["order_date"] <= AS_OF]
    bought = orders[orders["amount_cny"] > 0]
    people = datasets.load("wallets").set_index("customer_id")
    cohorts = value.cohorts(orders, **COLUMNS, as_of=AS_OF, margin_rate=0.3, discount=0.1, acquisition=120)
    second = cohorts[cohorts["complete"]].xs("2024Q2", level="cohort")
    first = bought.groupby("customer_id")["order_date"].min().dt.to_period("Q")
    paid = (0.3 * orders.groupby("customer_id")["amount_cny"].sum() > 120).groupby(first).mean()["2024Q2"]

    buyers = {year: set(bought.loc[bought["order_date"].dt.year == year, "customer_id"]) for year in (2024, 2025)}
    retention = len(buyers[2024] & buyers[2025]) / len(buyers[2024])
    recent = orders[orders["order_date"] > "2024-12-31"].groupby("customer_id")["amount_cny"].sum()
    margin = 0.3 * recent.reindex(people.index, fill_value=0)
    future = pd.Series(value.lifetime_value(margin, retention, 0.1), index=margin.index)
    own = bought[bought["order_date"] > "2024-12-31"].groupby("customer_id")["amount_cny"].sum().reindex(people.index, fill_value=0)
    shares = value.market_share(people.assign(own=own), own="own", category="category_cny", market=6_000_000)
    more = 0.12 / shares["market_share"] - 1

    tenure = (pd.Timestamp(AS_OF) - bought.groupby("customer_id")["order_date"].min()).dt.days
    classed = rfm.measure(orders, as_of=AS_OF, **COLUMNS).assign(tenure_days=tenure)
    by_orders = value.loyalty_class(classed) == "loyal"
    loyal = value.loyalty_class(classed.assign(share_of_customer=own / people["category_cny"])) == "loyal"
    vip = value.tier(future, (0.1, 0.3), value.IMPORTANCE)["tier"] == "vip"
    returns = value.campaign([12_000, 6_000, 3_000], [100, 60, 45], 40, lifetime=future.mean())
    assert (returns["roi"] < 0).all() and (returns["lifetime_roi"] > 0).all()
    pooled = value.aggregate(people, ["region", "account"], ["category_cny"], minimum=10)
    kept = {r: value.multiple(r, 0.1).item() for r in (0.4, 0.5, 0.8, 0.9)}
    return {
        "explain-multiple": ["2.6667", "3.6667"],
        "explain-retention": [f"{kept[0.8]:.2f}", f"{kept[0.9]:.1f}", f"{100 * (kept[0.9] / kept[0.8] - 1):.0f}",
                              f"{kept[0.4]:.2f}", f"{kept[0.5]:.2f}"],
        "predict-payback": [round(second["cumulative_value"].iloc[-1]), second["customers"].iloc[0]],
        "explain-payback": [f"{100 * paid:.0f}"],
        "retention-read": [f"{100 * retention:.0f}", f"{value.multiple(retention, 0.1):.3f}"],
        "explain-tiers": [(value.tier(future, by="value")["tier"] == "A").sum()],
        "shares-read": [f"{100 * shares['market_share']:.1f}", f"{100 * shares['penetration']:.0f}",
                        f"{100 * shares['share_of_customer']:.0f}", f"{100 * more:.0f}"],
        "predict-loyal": [by_orders.sum()],
        "explain-loyal": [(by_orders & loyal).sum(), (by_orders & ~loyal).sum()],
        "classes-read": [vip.sum(), (vip & loyal).sum(), (vip & ~loyal).sum()],
        "aggregate-read": [pooled.loc[pooled["pooled"], "customers"].item()],
        "predict-roi": [round(future.mean())],
        "explain-roi": [f"{returns['lifetime_roi'].iloc[2]:.1f}"],
    }


@pytest.fixture(scope="module")
def counted():
    return facts()


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_prose_states_what_the_data_gives(counted, lang):
    cells = {cell.id: cell.source for cell in notebooks.read(FOLDER / f"05_value.{lang}.ipynb").cells}
    for name, numbers in counted.items():
        stated = re.findall(r"\d+\.\d+|\d+", cells[name].replace(",", ""))
        assert {str(number) for number in numbers} <= set(stated), name
