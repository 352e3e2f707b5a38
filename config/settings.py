"""What an operator sets; see `config.sources` for where, and `config/example.env` for what it takes."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Literal

from pydantic import AliasChoices, Field, SecretStr, field_validator
from pydantic_settings import SettingsConfigDict

from config.sources import OperatorSettings

CaptionPlace = Literal["voice-chat", "thread", "off"]

FeedbackWriterKind = Literal["none", "openai", "compatible"]

FeedbackResidency = Literal["global", "us", "eu", "ae", "au", "in", "jp"]

FeedbackEffort = Literal["", "none", "minimal", "low", "medium", "high"]


class Settings(OperatorSettings):
    """Everything that can be set. Values never appear in an error: what was typed may be a secret."""

    model_config = SettingsConfigDict(
        env_prefix="SKILLRALLY_",
        env_file=".env",
        env_file_encoding="utf-8",
        env_ignore_empty=True,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
        populate_by_name=True,
    )

    discord_token: SecretStr | None = Field(
        default=None,
        validation_alias=AliasChoices("DISCORD_TOKEN", "SKILLRALLY_DISCORD_TOKEN", "discord_token"),
        description="The bot's token from the Discord developer portal. Without it the rehearsal runs.",
    )
    guild_id: int | None = Field(
        default=None,
        description="A server to register the commands in at once, for trying out; else everywhere, within the hour.",
    )
    home_guild_id: int | None = Field(
        default=None, description="The server in which /owner is there for whoever runs the bot. Empty: nowhere."
    )
    model: str = Field(
        default="base",
        min_length=1,
        description="Recognition model: a name that `models list` shows (tiny, base, small, …) or a folder.",
    )
    models_dir: str = Field(
        default="~/.local/share/skillrally/models",
        min_length=1,
        description="Where named models are kept.",
    )
    data_dir: str = Field(
        default="~/.local/share/skillrally/data", min_length=1, description="Where what people save is kept, sealed."
    )
    keys_dir: str = Field(
        default="~/.local/share/skillrally/keys",
        min_length=1,
        description="Where the key-encryption keys are, one file for each version; not within the data.",
    )
    keys: SecretStr | None = Field(
        default=None,
        description="The key-encryption keys themselves, as 1:BASE64,2:BASE64, for tests and small installations.",
    )
    vault_url: str = Field(default="", description="A HashiCorp Vault whose transit engine wraps the data keys.")
    vault_token: SecretStr | None = Field(default=None, description="The token for that Vault.")
    vault_key: str = Field(default="skillrally", min_length=1, description="The name of the key there.")
    content_dsn: SecretStr | None = Field(
        default=None, description="A PostgreSQL database for what people save, in place of a file."
    )
    keyring_dsn: SecretStr | None = Field(default=None, description="Another one for the wrapped data keys.")
    languages: str = Field(
        default="",
        pattern=r"^([a-z]{2,3}(,[a-z]{2,3})*)?$",
        description="Languages that may be spoken, as codes: 'en' or 'en,de,uk'. Empty: whatever the model knows.",
    )
    silence_s: float = Field(
        default=0.5,
        ge=0.2,
        le=2.0,
        description="How long a pause ends an utterance. 0.6 to 0.7 suits hesitant speakers; captions come that later.",
    )
    captions: CaptionPlace = Field(
        default="voice-chat", description="Where captions go unless the host chooses: voice-chat, thread or off."
    )
    workers: int = Field(
        default=0,
        ge=0,
        le=64,
        description="Recognition processes, or requests to a speech server at the same time. 0: as many as there are"
        " cores, if there is memory for them; 4 requests.",
    )
    latest_s: float = Field(
        default=6.0,
        ge=2.0,
        le=60.0,
        description="How late words may come when too much is said at once; what would be later is marked as missing.",
    )
    glossary: str = Field(
        default="",
        max_length=400,
        description="Words that are likely to be said, such as names of technologies: 'Kubernetes, PostgreSQL'.",
    )
    speech_url: str = Field(
        default="",
        description="A server with OpenAI's transcription interface, in place of own processes. Empty: none.",
    )
    speech_model: str = Field(default="whisper-1", description="The name of the model on that server.")
    speech_key: SecretStr | None = Field(default=None, description="The key for that server, if it wants one.")
    speech_fallback: bool = Field(
        default=False, description="Have own processes ready for when that server is away; needs a model as without it."
    )
    sentry_dsn: SecretStr | None = Field(
        default=None, description="A project of Sentry that errors are reported to, without any content. Empty: nobody."
    )
    analytics_table: bool = Field(
        default=False, description="Count in the own database what people use who agreed to be counted."
    )
    posthog_key: SecretStr | None = Field(
        default=None, description="The key of a PostHog project in the EU that is told the same. Empty: nobody."
    )
    posthog_retention_days: int | None = Field(
        default=None, ge=1, description="After how many days that project deletes; at most 90."
    )
    feedback_writer: FeedbackWriterKind = Field(
        default="none",
        description="Who writes feedback: openai, compatible (a server with OpenAI's Chat Completions), or none: then "
        "there are measures and ratings by people only.",
    )
    feedback_url: str = Field(
        default="", description="The compatible server: https://…/v1, or http:// on this machine, such as Ollama's."
    )
    feedback_model: str = Field(default="", max_length=100, description="The model there; there is no default.")
    feedback_key: SecretStr | None = Field(default=None, description="The key for it, if it wants one.")
    feedback_residency: FeedbackResidency = Field(
        default="eu", description="Where OpenAI is to keep what it gets; the project must be one of that region."
    )
    feedback_effort: FeedbackEffort = Field(
        default="", description="How much an OpenAI model thinks first, where it can be told. Empty: as it likes."
    )
    feedback_timeout_s: float = Field(
        default=60.0, ge=5.0, le=900.0, description="How long one answer may take; a model on a CPU takes minutes."
    )
    feedback_price_in: Decimal = Field(
        default=Decimal(0), ge=0, le=10_000, description="What a million tokens cost that are sent. 0: nothing."
    )
    feedback_price_out: Decimal = Field(
        default=Decimal(0), ge=0, le=10_000, description="What a million tokens cost that are written."
    )
    feedback_currency: str = Field(default="USD", pattern=r"^[A-Z]{3}$", description="In which currency.")
    feedback_person_tokens: int = Field(
        default=500_000, ge=0, description="How many tokens each person may use in a day. 0: no limit."
    )
    feedback_server_tokens: int = Field(
        default=10_000_000, ge=0, description="How many tokens each server may use in a month. 0: no limit."
    )
    shards: int = Field(
        default=1, ge=1, le=1000, description="Into how many parts the bot's servers are split, over all processes."
    )
    shard_ids: str = Field(
        default="",
        pattern=r"^(\d{1,3}(,\d{1,3})*)?$",
        description="Which of them this process serves, such as '0,1'. Empty: all.",
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(default="INFO", description="For our own loggers.")
    log_format: Literal["", "text", "json"] = Field(
        default="", description="Plain lines or one JSON object a line. Empty: plain on a terminal, else JSON."
    )
    metrics_port: int | None = Field(
        default=None, ge=1, le=65_535, description="Where numbers and health are served. Empty: nowhere."
    )
    metrics_host: str = Field(
        default="127.0.0.1", min_length=1, description="On which address of this machine that is."
    )
    metrics_remote: bool = Field(
        default=False, description="Allow an address that other machines reach: whoever does reads numbers and health."
    )
    grace_s: float = Field(
        default=60.0,
        ge=0.0,
        le=600.0,
        description="How long people may still save what was said when the bot is told to end.",
    )

    @field_validator(
        "discord_token",
        "speech_key",
        "keys",
        "vault_token",
        "content_dsn",
        "keyring_dsn",
        "sentry_dsn",
        "posthog_key",
        "feedback_key",
        mode="before",
    )
    @classmethod
    def _empty_is_none(cls, value: object) -> object:
        return None if isinstance(value, str) and not value.strip() else value

    @property
    def allowed_languages(self) -> tuple[str, ...]:
        """The languages as a tuple; empty for any."""
        return tuple(self.languages.split(",")) if self.languages else ()

    @property
    def own_workers(self) -> int:
        """How many recognition processes were asked for, 0 for as many as fit; to a server, *workers* are requests."""
        return 0 if self.speech_url else self.workers

    @property
    def models_folder(self) -> Path:
        """Where named models are kept."""
        return Path(self.models_dir).expanduser()

    @property
    def data_folder(self) -> Path:
        """Where what people save is kept."""
        return Path(self.data_dir).expanduser()

    @property
    def keys_folder(self) -> Path:
        """Where the key-encryption keys are."""
        return Path(self.keys_dir).expanduser()
