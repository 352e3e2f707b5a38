"""Where settings are read from: the environment, else `.env`, else a file for each in a folder of secrets.

    /run/secrets  <  $CREDENTIALS_DIRECTORY  <  SKILLRALLY_SECRETS_DIR  <  .env  <  the environment

The first folder is where Docker and Podman put secrets, the second where systemd's LoadCredential does. A file is named
as its setting, in small letters: `discord_token`, `skillrally_vault_token`. What it holds is taken without the white
space around it. Any setting may be a file.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SecretsSettingsSource, SettingsError

from config.errors import Unfit

if TYPE_CHECKING:
    from pydantic.fields import FieldInfo
    from pydantic_settings import PydanticBaseSettingsSource

CONTAINER_SECRETS: Final = Path("/run/secrets")
"""Source: Docker's documentation, "Manage sensitive data with Docker secrets"."""

SYSTEMD_SECRETS: Final = "CREDENTIALS_DIRECTORY"
"""Source: systemd.exec(5), "Credentials"."""


def secret_folders(named: str = "") -> list[Path]:
    """The folders of secrets that there are, those that win last; *named* is the operator's own."""
    folders = [CONTAINER_SECRETS]
    folders += [Path(folder).expanduser() for folder in (os.environ.get(SYSTEMD_SECRETS, ""), named) if folder]
    return [folder for folder in folders if folder.is_dir() and os.access(folder, os.R_OK | os.X_OK)]


class _SecretFiles(SecretsSettingsSource):
    """Files, in the folders that there are when settings are read."""

    def __call__(self) -> dict[str, Any]:
        """What the files hold.

        Raises:
            Unfit: If one cannot be read.
        """
        self.secrets_dir = secret_folders(str(self.current_state.get("secrets_dir") or ""))
        try:
            return super().__call__()
        except SettingsError as error:
            if isinstance(error.__cause__, Unfit):
                raise error.__cause__ from None
            raise

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """What the file of a field holds.

        Raises:
            Unfit: If it cannot be read. The library's own error would quote what is in it.
        """
        try:
            return super().get_field_value(field, field_name)
        except (OSError, UnicodeDecodeError):
            raise Unfit(
                f"the file of the secret {field_name} cannot be read: its account must be that of the bot, and its text"
                " UTF-8"
            ) from None


class OperatorSettings(BaseSettings):
    """What an operator sets."""

    secrets_dir: str = Field(
        default="",
        repr=False,
        description="A folder with a file for each secret, named as its setting in small letters.",
    )

    @field_validator("secrets_dir")
    @classmethod
    def _is_there(cls, value: str) -> str:
        if value and Path(value).expanduser() not in secret_folders(value):
            raise ValueError("no folder that can be read")
        return value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read secrets from our folders, in place of the library's one."""
        del file_secret_settings
        return init_settings, env_settings, dotenv_settings, _SecretFiles(settings_cls)
