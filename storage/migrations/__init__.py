"""The steps from each released form of the databases to the next, by Alembic; one folder for each database.

A new step, from the root of the repository, after changing `storage/models.py`:

    python -m storage.migrations content "What changes"

compares the models with a database at the last step and writes the difference to `versions/`, to be read and completed
by hand. On SQLite, Alembic copies a table to change it; `Database.migrate` therefore runs without foreign keys, checks
them before it commits, and rewrites the file afterwards, so that no copy is left.
"""
