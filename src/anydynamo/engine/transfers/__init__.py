"""Exports and imports: their records and what they read and write."""
