"""Mark answers against a sheet and a key; shared by practice mode and the grader."""

from casekit.mark.judge import Mark, explain, form, mark
from casekit.mark.key import Key, load_key, probes

__all__ = ["Key", "Mark", "explain", "form", "load_key", "mark", "probes"]
