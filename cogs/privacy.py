"""`/privacy`: what is done with data, one's own to see and take along, and to have deleted; for everybody, anywhere.

notice, processors, contact      from config/: what people are told
data, export                     what is kept about the caller
analytics                        whether use is counted; off until switched on
opt-out                          never heard, in any server, above every yes
delete-transcripts, -account     a word is typed into a form, then it is done
request, correct, object         what somebody has to answer
requests, confirm
receipt                          checks what delete-account gave
"""

from __future__ import annotations

import asyncio
import io
import json
import logging
from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import discord
from discord import app_commands, ui
from discord.ext import commands

from bot.errors import UserMistake
from bot.holdings import holdings
from bot.telemetry.analytics import NoAnalytics
from cogs import privacy_replies as replies
from cogs.consent import occasion, withdraw
from cogs.faults import failed
from cogs.locales import words_of
from cogs.panel import ConsentForm, answer, in_time
from cogs.replies import ADULT_AGE, withdrawn
from storage.errors import CodeRefused, StorageError
from storage.ledger import Purpose
from storage.package import CAP_BYTES
from storage.receipts import keys_of, verify_receipt
from storage.requests import CODE_LIFE, DEADLINE, TEXT_LENGTH, RequestKind

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from bot.client import SkillRally
    from cogs.locales import Words

log = logging.getLogger(__name__)

Interaction = discord.Interaction[Any]

MESSAGES: Final = 5
"""Files in one answer, each in a message of its own. Source: Discord's API reference, "Followup Messages": 5 where the
app is installed by a user only."""

RECEIPT_BYTES: Final = 1024 * 1024
"""A receipt is some kilobytes, and 200 more for each key."""

OPEN_REQUESTS: Final = 20
"""Of one person; somebody has to answer each."""

EXPORTS: Final = 2
"""Data packages that are made at the same time: each is in memory."""

KINDS: Final = {
    RequestKind.ACCESS: "access: a copy of my data",
    RequestKind.PORTABILITY: "portability: my data, to take elsewhere",
    RequestKind.ERASURE: "erasure: delete my data",
    RequestKind.RECTIFICATION: "rectification: put something right",
    RequestKind.RESTRICTION: "restriction: keep it and do nothing with it",
    RequestKind.OBJECTION: "objection to what is done with my data",
    RequestKind.COMPLAINT: "complaint",
    RequestKind.WITHDRAW: "withdrawal of consent",
}
"""What can be asked for, as the command offers it."""


@app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
@app_commands.allowed_installs(guilds=True, users=True)
class Privacy(commands.GroupCog, group_name="privacy", group_description="Your data: what is kept, and your rights"):
    """What everybody may know and demand, each about themselves. All answers are the caller's alone."""

    def __init__(self, bot: SkillRally) -> None:
        self._services = bot.services
        self._stores = bot.services.stores
        self._rights = bot.services.rights
        self._requests = bot.services.stores.requests
        self._exports = asyncio.Semaphore(EXPORTS)
        super().__init__()

    # -- what people are told -------------------------------------------------------------------------------------

    @app_commands.command(description="The privacy policy of this bot")
    async def notice(self, interaction: Interaction) -> None:
        """Its beginning, and the whole as a file."""
        policy = self._rights.policy
        file = discord.File(io.BytesIO(policy.text.encode()), f"privacy-policy-{policy.version}.md")
        await interaction.response.send_message(
            replies.notice(words_of(interaction), policy), file=file, ephemeral=True, suppress_embeds=True
        )

    @app_commands.command(description="Who else gets to see something of your data, and where")
    async def processors(self, interaction: Interaction) -> None:
        """Each of them, also those that are off."""
        await answer(interaction, replies.processors(words_of(interaction), self._rights.processors))

    @app_commands.command(description="Who answers for your data here")
    async def contact(self, interaction: Interaction) -> None:
        """The controller and their address."""
        await answer(interaction, replies.contact(words_of(interaction), self._rights.controller))

    # -- what is kept ---------------------------------------------------------------------------------------------

    @app_commands.command(description="How much is kept about you, and for how long")
    async def data(self, interaction: Interaction) -> None:
        """Counts; no content."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        held = await holdings(self._stores, interaction.user.id, at=self._services.clock.now())
        await answer(interaction, replies.data(words_of(interaction), held))

    @app_commands.command(description="Everything that is kept about you, as files")
    async def export(self, interaction: Interaction) -> None:
        """The data package, in as many files as Discord makes it."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        words = words_of(interaction)
        at = self._services.clock.now()
        most = min(CAP_BYTES, interaction.filesize_limit)
        async with self._exports:
            package = await self._rights.packages.parts(interaction.user.id, at=at, cap=most)
            parts = package.zips
            name = f"my-data-{at:%Y-%m-%d}"
            # One message of those is kept for saying what is missing.
            messages = MESSAGES if len(parts) <= MESSAGES and not package.damaged else MESSAGES - 1
            left: list[int] = []
            sent = 0
            for number, part in enumerate(parts, 1):
                if len(part) > most or sent == messages:
                    left.append(number)
                    continue
                part_name = f"{name}.zip" if len(parts) == 1 else f"{name}-{number}-of-{len(parts)}.zip"
                file = discord.File(io.BytesIO(part), part_name)
                text = words("privacy-exported", number=number, parts=len(parts))
                await interaction.followup.send(text, file=file, ephemeral=True)
                sent += 1
        missing = [replies.too_large(words, left, len(parts))] if left else []
        if package.damaged:
            missing.append(words("privacy-export-damaged", count=sum(package.damaged.values())))
        if missing:
            await answer(interaction, "\n".join(missing))

    # -- being heard ----------------------------------------------------------------------------------------------

    @app_commands.command(name="opt-out", description="Never be heard by this bot, in any server")
    @app_commands.describe(switch="On: nobody can have you heard. Off: you may be asked again")
    @app_commands.choices(switch=[app_commands.Choice(name=name, value=name) for name in ("on", "off")])
    async def opt_out(self, interaction: Interaction, switch: app_commands.Choice[str]) -> None:
        """Above every yes, in every server, from this instant."""
        words, user_id = words_of(interaction), interaction.user.id
        if switch.value == "off":
            was = await in_time(interaction, self._stores.ledger.opt_in(user_id))
            await answer(interaction, words("privacy-opted-in" if was else "privacy-not-opted-out"))
            return
        # Before anything that can wait or fail: from here on nothing of this person is decrypted.
        self._services.interviews.withdraw(user_id)
        at = self._services.clock.now()
        how = occasion(interaction, "opt-out", at=at)
        await in_time(interaction, self._stores.ledger.opt_out(user_id, how))
        await answer(interaction, words("privacy-opted-out"))

    # -- being counted --------------------------------------------------------------------------------------------

    @app_commands.command(description="Whether it is counted what you use; off until you switch it on")
    @app_commands.describe(switch="On: a form asks for your yes. Off: at once")
    @app_commands.choices(switch=[app_commands.Choice(name=name, value=name) for name in ("on", "off")])
    async def analytics(self, interaction: Interaction, switch: app_commands.Choice[str]) -> None:
        """Off at once; on after a form, if anything is counted here at all."""
        words = words_of(interaction)
        if switch.value == "off":
            taken = await withdraw(interaction, frozenset({Purpose.ANALYTICS}), self._services, method="command")
            await answer(interaction, withdrawn(words, taken))
            return
        if isinstance(self._services.analytics, NoAnalytics):
            await answer(interaction, words("privacy-analytics-none"))
            return

        async def answered(reply: Interaction, purposes: frozenset[Purpose], of_age: bool) -> None:  # noqa: FBT001 - called by the form alone
            try:
                await self._count_me(reply, purposes, form.shown, of_age=of_age)
            except Exception as error:  # noqa: BLE001 - whatever happened, the person gets an answer
                await self._explain(reply, error)

        form = ConsentForm(
            words,
            answered,
            title=words("privacy-analytics-title"),
            intro=words("privacy-analytics-intro"),
            purposes=(Purpose.ANALYTICS,),
        )
        await interaction.response.send_modal(form)

    async def _count_me(
        self, interaction: Interaction, purposes: frozenset[Purpose], shown: str, *, of_age: bool
    ) -> None:
        words = words_of(interaction)
        if not of_age:
            raise UserMistake(words("consent-too-young"))
        if Purpose.ANALYTICS not in purposes:
            raise UserMistake(words("consent-nothing-ticked"))
        how = occasion(interaction, "form", at=self._services.clock.now(), shown=shown)
        giving = self._stores.ledger.give(interaction.user.id, {Purpose.ANALYTICS}, how, attested_age=ADULT_AGE)
        await in_time(interaction, giving)
        await answer(interaction, words("privacy-analytics-on"))

    # -- deleting -------------------------------------------------------------------------------------------------

    @app_commands.command(name="delete-transcripts", description="Delete every transcript that you saved")
    async def delete_transcripts(self, interaction: Interaction) -> None:
        """Ask for a word, then do it."""
        words = words_of(interaction)
        await interaction.response.send_modal(
            _TypedWord(
                words,
                words("privacy-delete-transcripts-title"),
                words("privacy-delete-transcripts-intro"),
                words("privacy-delete-transcripts-word"),
                self._explained(self._delete_transcripts),
            )
        )

    @app_commands.command(name="delete-account", description="Delete everything that is kept about you")
    async def delete_account(self, interaction: Interaction) -> None:
        """Ask for a word, then do it."""
        words = words_of(interaction)
        await interaction.response.send_modal(
            _TypedWord(
                words,
                words("privacy-delete-account-title"),
                words("privacy-delete-account-intro"),
                words("privacy-delete-account-word"),
                self._explained(self._delete_account),
            )
        )

    async def _delete_transcripts(self, interaction: Interaction) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        words, user_id, at = words_of(interaction), interaction.user.id, self._services.clock.now()
        try:
            erased = await self._rights.erasure.transcripts(user_id, at=at)
        except StorageError:
            log.exception("transcripts could not be erased")
            await answer(interaction, words("privacy-transcripts-unfinished"))
            return
        await answer(interaction, replies.transcripts_deleted(words, erased))

    async def _delete_account(self, interaction: Interaction) -> None:
        user_id = interaction.user.id
        # Before anything that can wait or fail: from here on nothing of this person is heard, or sent anywhere.
        self._services.interviews.withdraw(user_id)
        self._services.desk.let_go(user_id)
        with suppress(discord.HTTPException):  # it was asked for, whether or not the answer arrives
            await interaction.response.defer(ephemeral=True, thinking=True)
        try:
            erased = await self._rights.erasure.account(user_id, at=self._services.clock.now())
        except StorageError:
            log.exception("an account could not be erased")
            await answer(interaction, words_of(interaction)("privacy-account-failed"))
            return
        receipt = json.dumps(erased.receipt, ensure_ascii=False, indent=1).encode()
        await interaction.followup.send(
            replies.account_deleted(words_of(interaction), erased),
            file=discord.File(io.BytesIO(receipt), "receipt.json"),
            ephemeral=True,
        )

    # -- asking ---------------------------------------------------------------------------------------------------

    @app_commands.command(description="Ask whoever runs the bot for something about your data")
    @app_commands.describe(kind="What you ask for", text="In your own words")
    @app_commands.choices(kind=[app_commands.Choice(name=name, value=kind.value) for kind, name in KINDS.items()])
    async def request(
        self,
        interaction: Interaction,
        kind: app_commands.Choice[str],
        text: app_commands.Range[str, 1, TEXT_LENGTH] | None = None,
    ) -> None:
        """Put it down, with the day by which it is answered."""
        await self._ask(interaction, RequestKind(kind.value), text)

    @app_commands.command(description="Put something right that is kept about you")
    @app_commands.describe(text="What is wrong, and how it is right; empty: what you can put right yourself")
    async def correct(
        self, interaction: Interaction, text: app_commands.Range[str, 1, TEXT_LENGTH] | None = None
    ) -> None:
        """Say what corrects itself, or ask for it."""
        if text is None:
            await answer(interaction, words_of(interaction)("privacy-correct-yourself", days=DEADLINE.days))
        else:
            await self._ask(interaction, RequestKind.RECTIFICATION, text)

    @app_commands.command(name="object", description="Object to something that is done with your data")
    @app_commands.describe(text="What you object to, and why it weighs more for you")
    async def object_to(
        self, interaction: Interaction, text: app_commands.Range[str, 1, TEXT_LENGTH] | None = None
    ) -> None:
        """Put an objection down, with the day by which it is answered."""
        await self._ask(interaction, RequestKind.OBJECTION, text)

    async def _ask(self, interaction: Interaction, kind: RequestKind, text: str | None) -> None:
        await interaction.response.defer(ephemeral=True, thinking=True)
        words = words_of(interaction)
        user_id, at = interaction.user.id, self._services.clock.now()
        entries = await self._requests.of(user_id)
        if sum(entry.closed_at is None for entry in entries) >= OPEN_REQUESTS:
            raise UserMistake(words("privacy-too-many-requests", most=OPEN_REQUESTS))
        await self._requests.add(user_id, kind, interaction_id=interaction.id, at=at, text=text or "")
        await answer(interaction, replies.requested(words, kind, at + DEADLINE))

    @app_commands.command(description="Your requests, and by when they are answered")
    async def requests(self, interaction: Interaction) -> None:
        """The caller's own."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        entries = await self._requests.of(interaction.user.id)
        await answer(interaction, replies.requests(words_of(interaction), entries))

    @app_commands.command(description="Confirm a request that you made by e-mail")
    @app_commands.describe(code="The code from the answer that you got")
    async def confirm(self, interaction: Interaction, code: app_commands.Range[str, 1, 100]) -> None:
        """Make a request the caller's, by the code that was sent for it."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        words = words_of(interaction)
        try:
            entry = await self._requests.confirm(interaction.user.id, code, at=self._services.clock.now())
        except CodeRefused:
            hours = CODE_LIFE // timedelta(hours=1)
            raise UserMistake(words("privacy-code-refused", hours=hours)) from None
        text = f"{words('privacy-confirmed')} {replies.requested(words, entry.kind, entry.due_at)}"
        await answer(interaction, text)

    @app_commands.command(description="Check a receipt of a deletion")
    @app_commands.describe(file="The JSON file that came with it")
    async def receipt(self, interaction: Interaction, file: discord.Attachment) -> None:
        """Whether it is of this installation and whole, and whether what it says is gone is gone."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        words = words_of(interaction)
        if file.size > RECEIPT_BYTES:
            raise UserMistake(words("privacy-not-a-receipt"))
        try:
            receipt: Any = json.loads(await file.read())
        except (ValueError, RecursionError):
            raise UserMistake(words("privacy-not-a-receipt")) from None
        keyrings = {"the keyring of this bot": await keys_of(self._stores.databases.keyring)}
        checked = verify_receipt(receipt, public_key=self._stores.secrets.public_key, keyrings=keyrings)
        await answer(interaction, replies.receipt(words, checked))

    # -- helpers --------------------------------------------------------------------------------------------------

    async def cog_app_command_error(
        self, interaction: Interaction, error: app_commands.AppCommandError | Exception
    ) -> None:
        """Say what went wrong, and what to do."""
        await self._explain(interaction, error)

    def _explained(self, act: Callable[[Interaction], Awaitable[None]]) -> Callable[[Interaction], Awaitable[None]]:
        async def acted(interaction: Interaction) -> None:
            try:
                await act(interaction)
            except Exception as error:  # noqa: BLE001 - whatever happened, the person gets an answer
                await self._explain(interaction, error)

        return acted

    async def _explain(self, interaction: Interaction, error: Exception) -> None:
        if isinstance(error, app_commands.CommandInvokeError):
            error = error.original
        if isinstance(error, UserMistake):
            text = str(error)
        else:
            words = words_of(interaction)
            text = failed(words, error, words("privacy-failed"))
        try:
            await answer(interaction, text)
        except discord.HTTPException:
            log.warning("an answer could not be delivered", extra={"error": type(error).__name__})


class _TypedWord(ui.Modal):
    """Asks for a word before it does what cannot be undone."""

    def __init__(
        self, words: Words, title: str, intro: str, word: str, then: Callable[[Interaction], Awaitable[None]]
    ) -> None:
        super().__init__(title=title, timeout=10 * 60)
        self._words = words
        self._word = word
        self._then = then
        self._typed: ui.TextInput[Any] = ui.TextInput(custom_id="word", min_length=1, max_length=40, placeholder=word)
        self.add_item(ui.TextDisplay(intro))
        self.add_item(ui.Label(text=words("privacy-word-label", word=word), component=self._typed))

    async def on_submit(self, interaction: Interaction, /) -> None:
        """Do it, if the word is right."""
        if self._typed.value.strip().casefold() != self._word:
            await answer(interaction, self._words("privacy-wrong-word", word=self._word))
            return
        await self._then(interaction)


async def setup(bot: SkillRally) -> None:
    """Register the commands; the client calls this."""
    await bot.add_cog(Privacy(bot))
