"""Mark answers against a sheet and a key; shared by practice mode and the grader."""

from casekit.mark.forms import digest, shape
from casekit.mark.judge import REASONS, Mark, mark
from casekit.mark.key import Key, check, load_key, probes
from casekit.mark.words import explain, form, form_problem

__all__ = [
    "REASONS",
    "Key",
    "Mark",
    "check",
    "digest",
    "explain",
    "form",
    "form_problem",
    "load_key",
    "mark",
    "probes",
    "shape",
]
