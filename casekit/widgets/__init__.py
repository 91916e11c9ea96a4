"""Controls for the notebooks: thin faces on the models."""
