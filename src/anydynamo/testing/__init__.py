"""For tests of one's own: contracts that adapters keep, and strategies that make requests."""
