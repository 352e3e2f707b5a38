"""Alembic runs this for each command on the keyring database."""

from storage.migrations.steps import run
from storage.models import Keyring

run(Keyring.metadata)
