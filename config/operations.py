"""What an operator sets about keeping: where backups go, and who answers for the installation.

Read as `config.settings` is.
"""

from __future__ import annotations

from pathlib import Path

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from config.policy import Controller
from config.processors import PROCESSORS_FILE
from config.sources import OperatorSettings


class Operations(OperatorSettings):
    """Where backups go, and who answers for the installation."""

    model_config = SettingsConfigDict(
        env_prefix="SKILLRALLY_",
        env_file=".env",
        env_file_encoding="utf-8",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
    )

    backup_dir: str = Field(
        default="~/.local/share/skillrally/backups", min_length=1, description="Where backups of the content go."
    )
    keyring_backup_dir: str = Field(
        default="~/.local/share/skillrally/keyring-backup",
        min_length=1,
        description="Where the backup of the keyring goes: best on another disk.",
    )
    backups: int = Field(default=7, ge=1, le=30, description="How many backups of the content are kept.")
    controller_name: str = Field(default="", description="Who runs the bot: a person or an organisation.")
    controller_email: str = Field(default="", description="Where people write to about their data.")
    controller_region: str = Field(default="", description="Where the bot runs, such as Germany.")
    processors: str = Field(default="", description="A list of processors in place of config/processors.yaml.")

    @property
    def controller(self) -> Controller:
        """Who answers for the installation; not checked."""
        return Controller(self.controller_name, self.controller_email, self.controller_region)

    @property
    def backup_folder(self) -> Path:
        """Where backups of the content go."""
        return Path(self.backup_dir).expanduser()

    @property
    def keyring_backup_folder(self) -> Path:
        """Where the backup of the keyring goes."""
        return Path(self.keyring_backup_dir).expanduser()

    @property
    def processors_file(self) -> Path:
        """The list of processors."""
        return Path(self.processors).expanduser() if self.processors else PROCESSORS_FILE
