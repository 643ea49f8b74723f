"""The parts of the repository contract, one subject each."""
