"""What events and commits say about a repository and those who work on it.

Each module states its formula and computes it of plain lists, without any database; `repository`
reads, stores and gives back.
"""
