"""What goes out and comes back: student packs, grade files for the learning platforms, essay marks."""

from casekit.grading.exchange.essays import read_essays, write_essays
from casekit.grading.exchange.grades import export
from casekit.grading.exchange.packs import release, release_nbgrader

__all__ = ["export", "read_essays", "release", "release_nbgrader", "write_essays"]
