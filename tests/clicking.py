"""An exercise that is answered by clicking, for the tests with and without a browser."""

SHEET = """
title = {zh = "例", en = "Demo"}
[[question]]
id = "pick"
points = 2
kind = "choice"
title = {zh = "选 <b>", en = "Pick <b>"}
options = {a = {zh = "专人服务与专享权益", en = "First"}, b = {zh = "停止投放", en = "Second"}}
[[question]]
id = "many"
points = 4
kind = "multiple"
title = {zh = "哪些是近期性的用处", en = "Many"}
options = {a = {zh = "看出谁快要流失", en = "A"}, b = {zh = "乙", en = "B"}, c = {zh = "挑选寄送对象", en = "C"}, d = {zh = "丁", en = "D"}}
[[question]]
id = "rank"
points = 3
kind = "order"
title = {zh = "前三步的顺序", en = "Rank"}
options = {a = {zh = "识别", en = "A"}, b = {zh = "区分", en = "B"}, c = {zh = "互动", en = "C"}}
[[question]]
id = "pairs"
points = 2
kind = "match"
title = {zh = "谁对应谁", en = "Pairs"}
options = {a = {zh = "近期性", en = "A"}, b = {zh = "频率", en = "B"}}
pairs = {x = {zh = "天数", en = "X"}, y = {zh = "次数", en = "Y"}}
[[question]]
id = "days"
points = 1
kind = "number"
unit = "days"
title = {zh = "天数", en = "Days"}
[[question]]
id = "series"
points = 1
kind = "series"
title = {zh = "列", en = "Series"}
"""
ASKED = ("pick", "many", "rank", "pairs", "days")  # what can be clicked or typed
