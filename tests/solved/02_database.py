# design
design = """
CREATE TABLE 学生 (学号 TEXT PRIMARY KEY, 姓名 TEXT, 手机 VARCHAR(11), 偏好 TEXT, 院系 TEXT,
  实习单位 TEXT, 家庭人数 INTEGER, 爱好 TEXT, 性格 TEXT, 好友数 INT);
CREATE TABLE 同意书 (编号 INTEGER PRIMARY KEY, 学号 TEXT, 渠道 TEXT, 日期 DATE,
  FOREIGN KEY (学号) REFERENCES 学生 (学号));
CREATE TABLE 联系记录 (编号 INTEGER PRIMARY KEY, 学号 TEXT REFERENCES 学生 (学号), 日期 DATE, 回应 INTEGER);
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
