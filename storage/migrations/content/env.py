"""Alembic runs this for each command on the content database."""

from storage.migrations.steps import run
from storage.models import Content

run(Content.metadata)
