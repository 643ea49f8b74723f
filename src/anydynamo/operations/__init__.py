"""Work on whole tables: backup, restore, verification."""
