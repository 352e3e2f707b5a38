"""`/transcript`: save what was said, read, search, correct, share, delete and take it along; each person's own."""

from __future__ import annotations

import io
import logging
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any
from uuid import UUID

import discord
from discord import app_commands, ui
from discord.ext import commands

from bot.errors import UserMistake
from bot.interview.captions import escape
from cogs import transcript_replies as replies
from cogs.consent import occasion
from cogs.faults import failed
from cogs.locales import moment, words_of
from cogs.panel import ConsentForm, answer, change, in_time
from cogs.replies import ADULT_AGE
from storage import formats
from storage.errors import NotFound, NothingToSave, StorageError
from storage.ledger import Purpose
from storage.transcripts import Spoken

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.client import SkillRally
    from bot.interview.drafts import Draft
    from cogs.locales import Words
    from storage.transcripts import Transcript as Saved

log = logging.getLogger(__name__)

Interaction = discord.Interaction[Any]

FORMATS: dict[str, Callable[[Saved], str]] = {
    "txt": formats.as_text,
    "md": formats.as_markdown,
    "json": formats.as_json,
    "csv": formats.as_csv,
    "srt": formats.as_srt,
    "vtt": formats.as_vtt,
}
"""By the end of the file's name."""

CHOICES = 25
"""The most that Discord offers. Source: its API reference, "Autocomplete"."""

CHOICE_CHARACTERS = 100


@app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
@app_commands.allowed_installs(guilds=True, users=True)
class Transcript(commands.GroupCog, group_name="transcript", group_description="Transcripts that you saved"):
    """The caller's transcripts, and those that somebody shares with the caller. All answers are the caller's alone."""

    def __init__(self, bot: SkillRally) -> None:
        self._services = bot.services
        self._transcripts = bot.services.stores.transcripts
        self._ledger = bot.services.stores.ledger
        super().__init__()

    # -- saving ---------------------------------------------------------------------------------------------------

    @app_commands.command(description="Keep what was said in your last interview; otherwise it is forgotten")
    @app_commands.describe(title="What to call it; by default the day")
    async def save(self, interaction: Interaction, title: app_commands.Range[str, 1, 100] | None = None) -> None:
        """Save the newest draft in which the caller took part."""
        interviews = self._services.interviews
        draft = interviews.ending(interaction.user.id) or interviews.drafts.of(interaction.user.id)
        if draft is None:
            running = any(i.takes_part(interaction.user.id) for i in self._services.interviews.running)
            words = words_of(interaction)
            raise UserMistake(words("transcript-save-afterwards" if running else "transcript-no-draft"))
        await self._begin(interaction, draft, title)

    async def pressed(self, interaction: Interaction, draft: Draft | None) -> None:
        """Somebody pressed Save it below what remains of an interview."""
        try:
            if draft is None or interaction.user.id not in draft.names:
                raise UserMistake(words_of(interaction)("transcript-no-draft"))  # noqa: TRY301 - said where all of it is said
            await self._begin(interaction, draft, None)
        except Exception as error:  # noqa: BLE001 - whatever happened, the person gets an answer
            await self._explain(interaction, error)

    async def _begin(self, interaction: Interaction, draft: Draft, title: str | None) -> None:
        """Save, or ask for consent first."""
        if self._ledger.allowed(interaction.user.id, Purpose.SAVE):
            await self._save(interaction, draft, title)
            return
        words = words_of(interaction)

        async def answered(reply: Interaction, purposes: frozenset[Purpose], of_age: bool) -> None:  # noqa: FBT001 - called by the form alone
            try:
                await self._agreed(reply, draft, title, purposes, form.shown, of_age=of_age)
            except Exception as error:  # noqa: BLE001 - whatever happened, the person gets an answer
                await self._explain(reply, error)

        form = ConsentForm(
            words,
            answered,
            title=words("transcript-save-title"),
            elsewhere=self._services.speech_host,
            purposes=(Purpose.SAVE,),
        )
        await interaction.response.send_modal(form)

    async def _agreed(
        self,
        interaction: Interaction,
        draft: Draft,
        title: str | None,
        purposes: frozenset[Purpose],
        shown: str,
        *,
        of_age: bool,
    ) -> None:
        if not of_age:
            raise UserMistake(words_of(interaction)("consent-too-young"))
        if Purpose.SAVE not in purposes:
            raise UserMistake(words_of(interaction)("transcript-not-ticked"))
        at = self._services.clock.now()
        how = occasion(interaction, "form", at=at, shown=shown)
        await in_time(interaction, self._ledger.give(interaction.user.id, purposes, how, attested_age=ADULT_AGE))
        await self._save(interaction, draft, title)

    async def _save(self, interaction: Interaction, draft: Draft, title: str | None) -> None:
        if not interaction.response.is_done():
            await interaction.response.defer(ephemeral=True, thinking=True)
        words = words_of(interaction)
        await self._services.interviews.written(draft)
        if not draft.snippets:
            raise UserMistake(words("transcript-no-draft"))
        at = self._services.clock.now()
        while True:
            # What is taken back while this is saved leaves the draft, and is seen by `saving` right before the commit.
            said, dropped = draft.turns(), draft.dropped
            saving = partial(self._saving, draft, dropped)
            try:
                await self._transcripts.save(
                    interaction.user.id,
                    title or replies.title_of(words, at),
                    said,
                    saving,
                    at=at,
                    interaction_id=interaction.id,
                    notes=draft.notes_of(interaction.user.id),
                )
            except NothingToSave:
                if draft.dropped != dropped:
                    continue  # of lines there are only so many
                raise UserMistake(words("transcript-nothing-to-save")) from None
            break
        left_out = len({s.speaker_id for s in said if isinstance(s, Spoken) and not self._keeps(draft, s.speaker_id)})
        await answer(interaction, replies.saved(words, len(said), left_out))
        with suppress(StorageError):  # it is saved, whatever becomes of the day
            await self._services.stores.preferences.practised(interaction.user.id, at=at)

    def _keeps(self, draft: Draft, user_id: int) -> bool:
        """Whether somebody agrees to have their words kept, and did not have this draft forget them."""
        return self._ledger.allowed(user_id, Purpose.SAVE) and user_id in draft.names

    def _saving(self, draft: Draft, dropped: int, user_id: int) -> bool:
        """The same while a draft is saved as it was; nobody's, once somebody has taken a line out of it."""
        return draft.dropped == dropped and self._keeps(draft, user_id)

    # -- reading --------------------------------------------------------------------------------------------------

    @app_commands.command(name="list", description="Your transcripts, and those shared with you")
    @app_commands.describe(page="Which page of them")
    async def show_list(self, interaction: Interaction, page: app_commands.Range[int, 1, 10_000] = 1) -> None:
        """A page of them, newest first."""
        found = await self._transcripts.list(interaction.user.id, page, at=self._services.clock.now())
        await answer(interaction, replies.transcripts(words_of(interaction), found))

    @app_commands.command(description="Read a transcript")
    @app_commands.describe(transcript="Which one", page="Which page of it")
    async def view(
        self, interaction: Interaction, transcript: str, page: app_commands.Range[int, 1, 1_000] = 1
    ) -> None:
        """A page of it, with the numbers of its lines."""
        saved = await self._opened(interaction, transcript)
        await answer(interaction, replies.transcript(words_of(interaction), saved, page))

    @app_commands.command(description="Look for words in everything you may read")
    @app_commands.describe(text='Words in any order; a "phrase" in quotes')
    async def search(self, interaction: Interaction, text: app_commands.Range[str, 1, 200]) -> None:
        """The places that fit best."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        found = await self._transcripts.search(interaction.user.id, text, at=self._services.clock.now())
        await answer(interaction, replies.found(words_of(interaction), found))

    @app_commands.command(description="Take a transcript along as a file")
    @app_commands.describe(transcript="Which one", form="Text, Markdown, JSON, a table, or subtitles")
    @app_commands.rename(form="format")
    @app_commands.choices(form=[app_commands.Choice(name=name.upper(), value=name) for name in FORMATS])
    async def export(self, interaction: Interaction, transcript: str, form: app_commands.Choice[str]) -> None:
        """The whole of it in a file that only the caller sees."""
        saved = await self._opened(interaction, transcript)
        data = FORMATS[form.value](saved).encode()
        file = discord.File(io.BytesIO(data), f"transcript-{saved.day.isoformat()}.{form.value}")
        text = words_of(interaction)("transcript-exported")
        await interaction.response.send_message(text, file=file, ephemeral=True)

    # -- changing -------------------------------------------------------------------------------------------------

    @app_commands.command(description="Put right what was heard wrongly of your own words")
    @app_commands.describe(
        transcript="Which one", line="Its number, as /transcript view shows it", text="What you said"
    )
    async def correct(
        self,
        interaction: Interaction,
        transcript: str,
        line: app_commands.Range[int, 1, 100_000],
        text: app_commands.Range[str, 1, 2_000],
    ) -> None:
        """Replace the words of one's own line."""
        await in_time(interaction, self._transcripts.correct(interaction.user.id, _id(transcript), line - 1, text))
        await answer(interaction, words_of(interaction)("transcript-line-corrected"))

    @app_commands.command(description="Take words out for good: your own anywhere, any in your transcripts")
    @app_commands.describe(transcript="Which one", line="Its number, as /transcript view shows it")
    async def redact(
        self, interaction: Interaction, transcript: str, line: app_commands.Range[int, 1, 100_000]
    ) -> None:
        """Leave a mark in their place."""
        at = self._services.clock.now()
        redacting = self._transcripts.redact(interaction.user.id, _id(transcript), line - 1, at=at)
        await in_time(interaction, redacting)
        await answer(interaction, words_of(interaction)("transcript-line-redacted"))

    @app_commands.command(description="Let somebody read a transcript of yours for a while")
    @app_commands.describe(transcript="Which one", person="Who may read it", hours="For how long; 24 unless you say")
    async def share(
        self,
        interaction: Interaction,
        transcript: str,
        person: discord.User,
        hours: app_commands.Range[int, 1, 720] = 24,
    ) -> None:
        """Share it until then."""
        words = words_of(interaction)
        if person.bot:
            raise UserMistake(words("transcript-not-with-bots"))
        if person.id == interaction.user.id:
            raise UserMistake(words("transcript-not-with-yourself"))
        at = self._services.clock.now()
        until = at + timedelta(hours=hours)
        sharing = self._transcripts.share(
            interaction.user.id, _id(transcript), person.id, until=until, at=at, interaction_id=interaction.id
        )
        await in_time(interaction, sharing)
        await answer(interaction, words("transcript-shared", person=person.mention, until=moment(until)))

    @app_commands.command(description="Let somebody read it no longer")
    @app_commands.describe(transcript="Which one", person="Who may no longer read it")
    async def unshare(self, interaction: Interaction, transcript: str, person: discord.User) -> None:
        """End it at once."""
        at = self._services.clock.now()
        unsharing = self._transcripts.unshare(interaction.user.id, _id(transcript), person.id, at=at)
        could = await in_time(interaction, unsharing)
        key = "transcript-unshared" if could else "transcript-was-not-shared"
        await answer(interaction, words_of(interaction)(key))

    @app_commands.command(description="Delete a transcript of yours, for everybody")
    @app_commands.describe(transcript="Which one")
    async def delete(self, interaction: Interaction, transcript: str) -> None:
        """Ask once more, then delete it."""
        saved = await self._opened(interaction, transcript)
        if not saved.own:
            raise NotFound
        words = words_of(interaction)
        text = words("transcript-sure", title=escape(saved.title), lines=len(saved.turns))
        await interaction.response.send_message(text, view=_Confirmation(self, words, saved.id), ephemeral=True)

    async def deleted(self, interaction: Interaction, transcript_id: UUID) -> None:
        """The caller has confirmed it."""
        try:
            at = self._services.clock.now()
            # Not only its rows: a restored backup must not bring it back. So files are rewritten, which takes a while.
            erasing = self._services.rights.erasure.transcript(interaction.user.id, transcript_id, at=at)
            gone = await in_time(interaction, erasing, thinking=False)
            await change(interaction, content=replies.deleted(words_of(interaction), gone.rows), view=None)
        except Exception as error:  # noqa: BLE001 - as above
            await self._explain(interaction, error)

    @view.autocomplete("transcript")
    @export.autocomplete("transcript")
    @correct.autocomplete("transcript")
    @redact.autocomplete("transcript")
    async def _readable(self, interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
        return await self._choices(interaction, typed, own=False)

    @share.autocomplete("transcript")
    @unshare.autocomplete("transcript")
    @delete.autocomplete("transcript")
    async def _own(self, interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
        return await self._choices(interaction, typed, own=True)

    async def _choices(self, interaction: Interaction, typed: str, *, own: bool) -> list[app_commands.Choice[str]]:
        try:
            page = await self._transcripts.list(interaction.user.id, at=self._services.clock.now())
        except StorageError:  # there is no place for a sentence; what is typed in full is still taken
            return []
        words = words_of(interaction)
        named = [
            (replies.choice(words, entry)[:CHOICE_CHARACTERS], str(entry.id))
            for entry in page.entries
            if entry.own or not own
        ]
        fitting = [pair for pair in named if typed.casefold() in pair[0].casefold()]
        return [app_commands.Choice(name=name, value=value) for name, value in fitting[:CHOICES]]

    # -- helpers --------------------------------------------------------------------------------------------------

    async def _opened(self, interaction: Interaction, transcript: str) -> Saved:
        return await self._transcripts.view(interaction.user.id, _id(transcript), at=self._services.clock.now())

    async def cog_app_command_error(
        self, interaction: Interaction, error: app_commands.AppCommandError | Exception
    ) -> None:
        """Say what went wrong, and what to do."""
        await self._explain(interaction, error)

    async def _explain(self, interaction: Interaction, error: Exception) -> None:
        if isinstance(error, app_commands.CommandInvokeError):
            error = error.original
        words = words_of(interaction)
        if isinstance(error, UserMistake):
            text = str(error)
        elif isinstance(error, NotFound):
            text = words("transcript-no-such")
        elif isinstance(error, ValueError):
            text = words("transcript-not-possible")
        else:
            text = failed(words, error, words("transcript-failed"))
        try:
            await answer(interaction, text)
        except discord.HTTPException:
            log.warning("an answer could not be delivered", extra={"error": type(error).__name__})


class _Confirmation(ui.View):
    """Asks once more. Only its owner sees it, and after two minutes it does nothing."""

    def __init__(self, cog: Transcript, words: Words, transcript_id: UUID) -> None:
        super().__init__(timeout=120)
        self._cog = cog
        self._id = transcript_id
        self._kept = words("transcript-kept")
        self.confirm.label = words("transcript-delete-for-good")
        self.keep.label = words("transcript-keep-it")

    @ui.button(style=discord.ButtonStyle.danger)
    async def confirm(self, interaction: Interaction, _button: ui.Button[Any]) -> None:
        """Delete it."""
        await self._cog.deleted(interaction, self._id)

    @ui.button(style=discord.ButtonStyle.secondary)
    async def keep(self, interaction: Interaction, _button: ui.Button[Any]) -> None:
        """Leave it."""
        await interaction.response.edit_message(content=self._kept, view=None)


def _id(transcript: str) -> UUID:
    """The id of what was chosen, or typed.

    Raises:
        NotFound: If it is none.
    """
    try:
        return UUID(transcript)
    except ValueError:
        raise NotFound from None


async def setup(bot: SkillRally) -> None:
    """Register the commands; the client calls this."""
    await bot.add_cog(Transcript(bot))
