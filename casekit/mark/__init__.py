"""Mark answers against a sheet and a key; shared by practice mode and the grader."""

from casekit.mark.judge import Key, Mark, explain, form, load_key, mark, probes

__all__ = ["Key", "Mark", "explain", "form", "load_key", "mark", "probes"]
