"""Work on whole tables: backup, restore, verification, comparison with a second place."""
