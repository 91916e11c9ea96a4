# debt
sign = ledger["kind"].map({"order": 1, "payment": -1, "cost": 0})
debt = (ledger["amount_cny"] * sign).groupby(ledger["account_id"]).sum()
# at_risk
limit = accounts.set_index("account_id")["credit_limit_cny"]
at_risk = (debt - limit).clip(lower=0).sum()
# progress
start = pd.Timestamp(ex.as_of) - pd.Timedelta(days=90)
recent = ledger[(ledger["entry_date"] > start) & (ledger["kind"] == "order")]
bought = recent.groupby("account_id")["amount_cny"].sum()
progress = pd.DataFrame({"progress": bought / 90}).reindex(accounts["account_id"], fill_value=0)
progress = progress["progress"] / accounts.set_index("account_id")["plan_cny"]
# gap
when = ledger[ledger["kind"] == "order"].sort_values("entry_date")
gap = when.groupby("account_id")["entry_date"].apply(lambda days: days.diff().mean().total_seconds() / 86400)
# times
silent = pd.Timestamp(ex.as_of) - when.groupby("account_id")["entry_date"].last()
times = silent.dt.days / gap
# verdict
words = {(True, True): "both", (True, False): "cut", (False, True): "rhythm", (False, False): "none"}
verdict = {who: words[days > 30, times[who] > 4] for who, days in silent.dt.days.items()}
verdict = pd.Series(verdict)
# silence_limit
def silence_limit(gap_days, chance):
    from math import log

    return gap_days * log(1 / chance)
# precision
lead_days = (outcomes["ended_on"] - outcomes["warned_on"]).dt.days
useful = (lead_days >= 14).sum()
precision = useful / outcomes["warned_on"].count()
# recall
recall = round(useful / outcomes["ended_on"].count(), 3)
# lead
lead = lead_days[lead_days >= 14].median()
# essay
essay = """77"""
