"""The parts of the adapter contract, one module per subject."""
