"""Let `python -m anydynamo.cli` do what `anydynamo` does."""

from anydynamo.cli import main

main()
