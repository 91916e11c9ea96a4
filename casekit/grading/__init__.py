"""The instructor's side: hand out, take in, run, mark, record, report.

教师一侧：发放、收取、运行、评分、登记、反馈。

``intake -> run -> mark -> gradebook -> feedback, exchange``; each arrow hands over plain data, and nothing flows back.
"""
