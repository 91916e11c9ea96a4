# design
design = """
CREATE TABLE \u5b66\u751f (\u5b66\u53f7 TEXT PRIMARY KEY, \u59d3\u540d TEXT, \u624b\u673a VARCHAR(11), \u504f\u597d TEXT, \u9662\u7cfb TEXT,
  \u5b9e\u4e60\u5355\u4f4d TEXT, \u5bb6\u5ead\u4eba\u6570 INTEGER, \u7231\u597d TEXT, \u6027\u683c TEXT, \u597d\u53cb\u6570 INT);
CREATE TABLE \u540c\u610f\u4e66 (\u7f16\u53f7 INTEGER PRIMARY KEY, \u5b66\u53f7 TEXT, \u6e20\u9053 TEXT, \u65e5\u671f DATE,
  FOREIGN KEY (\u5b66\u53f7) REFERENCES \u5b66\u751f (\u5b66\u53f7));
CREATE TABLE \u8054\u7cfb\u8bb0\u5f55 (\u7f16\u53f7 INTEGER PRIMARY KEY, \u5b66\u53f7 TEXT REFERENCES \u5b66\u751f (\u5b66\u53f7), \u65e5\u671f DATE, \u56de\u5e94 INTEGER);
"""
# active_customers
active_customers = records.query(db, "SELECT count(DISTINCT customer_id) AS n FROM orders WHERE order_date > date(:day, '-90 days')", day=ex.as_of)
# spend_by_school
spend_by_school = records.query(db, "SELECT education, round(total(amount_cny) / count(DISTINCT c.customer_id), 2) AS spend FROM customers c LEFT JOIN orders o ON o.customer_id = c.customer_id WHERE education IS NOT NULL GROUP BY education")
# reachable
reachable = sum((consents["channel"] == "wechat") & ~(consents["withdrawn_on"] <= ex.as_of) & (consents["given_on"] <= ex.as_of))
# expected_profit
expected_profit = reachable * 0.85
# fullness
own = records.completeness(customers[customers["origin"] == "own"])
fullness = {name: round(100 * own[name].mean(), 1) for name in own.columns[:-1]}
# k_value
k_value = customers.fillna({"sex": "?", "education": "?"}).groupby(["sex", "education"]).size().min()
# unsafe_customers
def unsafe(columns):
    sizes = customers[columns].fillna("?").value_counts()
    return sizes[sizes < 5].sum()
unsafe_customers = unsafe(["sex", "education", "city"])
# best_drop
best_drop = pd.Series({"A": unsafe(["education", "city"]), "B": unsafe(["sex", "city"]), "C": unsafe(["sex", "education"])}).idxmin()
# net_gain
def net_gain(customers, repeat_share, gain, cost, setup, years):
    yearly = customers * repeat_share * gain - customers * cost
    return yearly * years - setup
# essay
essay = "k"
