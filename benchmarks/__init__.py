"""Measurements beside the peers: `python -m benchmarks NAME [--quick] [--json FILE]`."""
