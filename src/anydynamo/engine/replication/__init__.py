"""Global tables: replicas are stored and described; there is one copy of the data."""
