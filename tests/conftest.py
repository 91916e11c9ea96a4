import os

# Without compiled modules every kernel starts three times slower.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
