"""`/feedback`: ask for it, read it, note something for a partner, compare, follow, disagree, delete; each their own.

    request   what you noted yourself -> what goes where, at which price -> Send -> consent, once -> a job -> view
    view      the card, with pictures; what is under way, and what failed and why
    rubric    by what answers are judged
    peer      what somebody notes for whose interview they were in
    compare, progress, dispute, delete, and delete-note: what one noted, or somebody noted for one

Nothing is sent before Send was pressed by the person whose words they are. Buttons and menus find what they are about
by the ids that they carry, and storage says whose that is.
"""

from __future__ import annotations

import contextlib
import json
import logging
from datetime import timedelta
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import discord
from discord import app_commands, ui
from discord.ext import commands

from bot.errors import UserMistake
from bot.feedback.answers import MIN_WORDS, answers_of
from bot.feedback.desk import CannotAsk
from bot.feedback.measures import LAST as COUNTED
from bot.feedback.measures import against
from bot.feedback.pictures import Painter
from bot.feedback.report import LAST, Criterion, Report, ReportUnreadable, criteria_of, progress
from bot.interview.captions import escape
from cogs import feedback_card as cards
from cogs import feedback_pictures as drawings
from cogs import replies, transcript_replies
from cogs.consent import occasion
from cogs.faults import failed
from cogs.feedback_card import AnswerMenu, FeedbackButton, Note, Shown, cut, simple
from cogs.feedback_forms import DisputeForm, Rating, RatingForm, SendingConsent
from cogs.feedback_replies import compared, followed, previewed
from cogs.locales import moment, words_in, words_of
from cogs.panel import answer, change, in_time
from cogs.rules import may_ask_ai
from config.questions import InterviewType
from storage.errors import NotFound, TooManyJobs
from storage.jobs import State
from storage.ledger import Purpose
from storage.transcripts import Mark

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from bot.client import SkillRally
    from bot.feedback.answers import Answers
    from bot.feedback.desk import Done
    from cogs.feedback_pictures import Drawing
    from cogs.locales import Words
    from storage.feedback import Kept, Noted
    from storage.jobs import Standing
    from storage.transcripts import Transcript

log = logging.getLogger(__name__)

Interaction = discord.Interaction[Any]

CHOICES: Final = 25
"""The most that Discord offers. Source: its API reference, "Autocomplete"."""

CHOICE_CHARACTERS: Final = 100

PAGES: Final = 20
"""Of ten reports each: how far progress looks back."""

NOTE_CHARACTERS: Final = 200
"""Of what was noted, where it is asked whether to delete it."""

NOTED: Final = 50
"""Notes that are looked through while somebody types; the newest."""

Made = tuple[ui.LayoutView, list[discord.File]]
"""What is sent: a card, and its pictures."""

JOBS: Final = 5
"""How many jobs one answer tells about."""


@app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
@app_commands.allowed_installs(guilds=True, users=True)
class Feedback(
    commands.GroupCog, group_name="feedback", group_description="Feedback on what you answered in an interview"
):
    """The caller's feedback. All answers are the caller's alone."""

    def __init__(self, bot: SkillRally) -> None:
        self._services = bot.services
        self._stores = bot.services.stores
        self._kept = bot.services.stores.feedback
        self._desk = bot.services.desk
        self._painter = Painter()
        self._bot = bot
        super().__init__()

    async def cog_load(self) -> None:
        """Be told when a request is over."""
        self._desk.tells(self._over)

    # -- asking ---------------------------------------------------------------------------------------------------

    @app_commands.command(description="Ask for feedback on a transcript that you saved")
    @app_commands.describe(transcript="Which one", rubric="What kind of interview it was, for questions of your own")
    @app_commands.choices(
        rubric=[app_commands.Choice(name=kind.value.replace("-", " "), value=kind.value) for kind in InterviewType]
    )
    async def request(
        self, interaction: Interaction, transcript: str, rubric: app_commands.Choice[str] | None = None
    ) -> None:
        """What the caller thinks comes first; then what goes where, and a button that sends it."""
        words = words_of(interaction)
        saved = await self._own_transcript(interaction, _id(transcript))
        kind = InterviewType(rubric.value) if rubric is not None else InterviewType.BEHAVIOURAL
        if not any(each.own for each in self._answers(words, saved, kind).answers):
            raise UserMistake(words("feedback-no-answers"))
        rated = await self._kept.ratings(interaction.user.id, saved.id)
        if any(each.own for each in rated):
            await interaction.response.defer(ephemeral=True, thinking=True)
            await self._offer(interaction, saved, kind)
            return

        async def noted(reply: Interaction, rating: Rating) -> None:
            await reply.response.defer(ephemeral=True, thinking=True)
            user_id = reply.user.id
            await self._kept.rate(user_id, user_id, saved.id, rating.as_json(), at=self._services.clock.now())
            await self._offer(reply, saved, kind)

        await interaction.response.send_modal(RatingForm(words, self._rated(noted), of_oneself=True))

    async def _offer(self, interaction: Interaction, saved: Transcript, kind: InterviewType) -> None:
        """What others noted, then what would be sent, where and for what; without a model, what there is."""
        words = words_of(interaction)
        notes = await self._notes(interaction.user.id, saved.id)
        others = [note for note in notes if note is None or note.who]
        parts = [cards.notes_text(words, others)] if others else []
        alone = all(turn.own or turn.mark is not Mark.SAID for turn in saved.turns)
        if not others and not alone:
            parts.append(words("feedback-ask-peers"))
        try:
            await may_ask_ai(interaction)
            preview = await self._desk.preview(
                interaction.user.id, saved, guild_id=interaction.guild_id, kind=kind, language=words.language
            )
        except (CannotAsk, UserMistake) as cannot:
            kept = await self._measured(interaction.user.id, saved.id, kind, words.language)
            made = await self._made(interaction, kept)
            why = _why_not(words, cannot) if isinstance(cannot, CannotAsk) else str(cannot)
            await answer(interaction, "\n\n".join([*parts, why]))
            await _show(interaction, made)
            return
        parts.append(previewed(words, preview, title=saved.title))
        key = f"{saved.id.hex}:{kind.value}:{interaction.user.id}"
        buttons = [
            FeedbackButton("send", key, words("feedback-send"), discord.ButtonStyle.primary),
            FeedbackButton("cancel", key, words("feedback-cancel")),
        ]
        view = simple("\n\n".join(parts), *(buttons if preview.fits else ()))
        await interaction.followup.send(view=view, ephemeral=True)

    async def _measured(self, user_id: int, transcript: UUID, kind: InterviewType, language: str) -> Kept:
        """What was counted, kept once: the copy of a request leaves one, too."""
        before = await self._kept.list(user_id, transcript_id=transcript)
        kept = await self._kept.view(
            user_id, await self._desk.measured(user_id, transcript, kind=kind, language=language)
        )
        for each in before.entries:
            if not each.model:
                with contextlib.suppress(NotFound):
                    await self._kept.delete(user_id, each.id, at=self._services.clock.now())
        return kept

    async def _send(self, interaction: Interaction, key: str) -> None:
        """The caller has seen what goes where, and pressed Send."""
        words = words_of(interaction)
        transcript, kind = self._asked(interaction, key)
        await may_ask_ai(interaction)
        if not self._desk.available:
            raise UserMistake(words("feedback-no-model"))
        if self._allowed(interaction.user.id):
            await interaction.response.defer(ephemeral=True)
            await self._ask(interaction, transcript, kind)
            return

        async def answered(reply: Interaction, agreed: bool, of_age: bool) -> None:  # noqa: FBT001 - called by the form alone
            try:
                await self._agreed(reply, form.shown, agreed=agreed, of_age=of_age)
                await self._ask(reply, transcript, kind)
            except Exception as error:  # noqa: BLE001 - whatever happened, the person gets an answer
                await self._explain(reply, error)

        desk = self._desk
        form = SendingConsent(
            words, answered, host=escape(desk.host), region=escape(desk.region), model=escape(desk.model)
        )
        await interaction.response.send_modal(form)

    async def _agreed(self, interaction: Interaction, shown: str, *, agreed: bool, of_age: bool) -> None:
        words = words_of(interaction)
        if not of_age:
            raise UserMistake(words("consent-too-young"))
        if not agreed:
            raise UserMistake(words("feedback-consent-needed"))
        await interaction.response.defer(ephemeral=True)
        how = occasion(interaction, "form", at=self._services.clock.now(), shown=shown)
        await self._stores.ledger.give(interaction.user.id, {Purpose.AI_FEEDBACK}, how, attested_age=replies.ADULT_AGE)

    async def _ask(self, interaction: Interaction, transcript: UUID, kind: InterviewType) -> None:
        words = words_of(interaction)
        try:
            asked = await self._desk.request(
                interaction.user.id,
                transcript,
                guild_id=interaction.guild_id,
                kind=kind,
                language=words.language,
                # The message with the button: whichever copy of the press comes, it is one request.
                interaction_id=interaction.message.id if interaction.message is not None else interaction.id,
            )
        except TooManyJobs:
            raise UserMistake(words("feedback-too-many")) from None
        except CannotAsk as cannot:
            raise UserMistake(_why_not(words, cannot)) from None
        text = words("feedback-sent" if asked.new else "feedback-under-way")
        await interaction.edit_original_response(view=simple(text))

    async def _over(self, done: Done) -> None:
        """Tell those who wish it, in a message without a word of the feedback."""
        preference = await self._stores.preferences.of(done.user_id)
        if not preference.results_by_dm:
            return
        words = words_in(preference.language)
        text = words("feedback-over" if done.feedback_id is not None else "feedback-over-failed")
        with contextlib.suppress(discord.HTTPException):  # closed to messages: it waits all the same
            user = self._bot.get_user(done.user_id) or await self._bot.fetch_user(done.user_id)
            await user.send(text)

    def _asked(self, interaction: Interaction, key: str) -> tuple[UUID, InterviewType]:
        """What a button of the offer is about.

        Raises:
            UserMistake: If it is somebody else's.
        """
        transcript, kind, user_id = key.split(":")
        if user_id != str(interaction.user.id):
            raise UserMistake(words_of(interaction)("feedback-not-yours"))
        return UUID(transcript), InterviewType(kind)

    def _allowed(self, user_id: int) -> bool:
        return self._stores.ledger.allowed(user_id, Purpose.AI_FEEDBACK)

    # -- reading --------------------------------------------------------------------------------------------------

    @app_commands.command(description="Read your feedback")
    @app_commands.describe(
        feedback="Which one; the newest, unless you say", answer="One answer in detail, by its number"
    )
    async def view(
        self,
        interaction: Interaction,
        feedback: str | None = None,
        answer: app_commands.Range[int, 1, 300] | None = None,
    ) -> None:
        """The card; without a choice also what is under way, or failed."""
        words = words_of(interaction)
        await interaction.response.defer(ephemeral=True, thinking=True)
        user_id = interaction.user.id
        if feedback is not None:
            await _show(
                interaction, await self._made(interaction, await self._kept.view(user_id, _id(feedback)), answer)
            )
            return
        # Everything is read before the first message goes out, so that what goes out belongs together.
        jobs = await self._stores.jobs.standing(user_id, at=self._services.clock.now())
        told = [await self._job(interaction, words, job) for job in jobs[:JOBS]]
        newest = await self._newest(user_id)
        made = await self._made(interaction, newest, answer) if newest is not None else None
        if made is None and not told:
            raise UserMistake(words("feedback-none"))
        for view in told:
            await interaction.followup.send(view=view, ephemeral=True)
        if made is not None:
            await _show(interaction, made)

    async def _newest(self, user_id: int) -> Kept | None:
        page = await self._kept.list(user_id)
        # Storage knows only the day; the report knows the moment.
        dated = [(report.at.timestamp(), kept) for kept in page.entries if (report := _report(kept)) is not None]
        if dated:
            return max(dated, key=lambda pair: pair[0])[1]
        return page.entries[0] if page.entries else None

    async def _made(self, interaction: Interaction, kept: Kept, number: int | None = None) -> Made:
        """The card with its pictures, or one answer.

        Raises:
            UserMistake: If what is stored does not open, or there is no such answer.
        """
        words = words_of(interaction)
        shown, saved = await self._shown(interaction, kept)
        if number is not None:
            self._check(words, shown, number)
            return cards.answer_card(words, shown, number), []
        files = await drawings.drawn(self._painter, self._drawings(words, shown, saved))
        return cards.card(words, shown, files), files

    async def _turn(self, interaction: Interaction, feedback: UUID, number: int | None) -> None:
        """Show another side of the same feedback, in its place."""
        await interaction.response.defer()
        view, files = await self._made(interaction, await self._kept.view(interaction.user.id, feedback), number)
        await interaction.edit_original_response(view=view, attachments=files)

    async def _lines(self, interaction: Interaction, feedback: UUID, line: int) -> None:
        """Show the page of the transcript on which the line of that number is."""
        words = words_of(interaction)
        await interaction.response.defer(ephemeral=True, thinking=True)
        kept = await self._kept.view(interaction.user.id, feedback)
        saved = await self._own_transcript(interaction, kept.transcript_id)
        page = transcript_replies.page_of(words, saved, line)
        await answer(interaction, transcript_replies.transcript(words, saved, page))

    def _check(self, words: Words, shown: Shown, number: int) -> None:
        if all(each.number != number for each in shown.report.assessments):
            raise UserMistake(words("feedback-no-answer", count=len(shown.report.assessments)))

    async def _shown(self, interaction: Interaction, kept: Kept) -> tuple[Shown, Transcript | None]:
        """Feedback and what belongs beside it; and its transcript, while the caller still has it.

        Raises:
            UserMistake: If what is stored does not open.
        """
        words = words_of(interaction)
        report = _report(kept)
        if report is None:
            raise UserMistake(words("feedback-unreadable"))
        user_id = interaction.user.id
        saved: Transcript | None = None
        with contextlib.suppress(NotFound):
            saved = await self._stores.transcripts.view(user_id, kept.transcript_id, at=self._services.clock.now())
        title = saved.title if saved is not None else words("feedback-untitled")
        disputed = frozenset(dispute.criterion for dispute in kept.disputes)
        notes = await self._notes(user_id, kept.transcript_id)
        earlier = await self._earlier(user_id, kept.transcript_id, report)
        past = against(report.measures, [each.measures for each in earlier])
        answered = tuple((one.kind, one.measures) for each in earlier for one in each.assessments if one.measures.words)
        return Shown(kept.id, title, report, disputed, notes, past, answered), saved

    async def _earlier(self, user_id: int, transcript: UUID, report: Report) -> list[Report]:
        """The reports on this person's last interviews before that one, the newest last."""
        newest: dict[UUID, Report] = {}
        found: list[Report] = []
        number, pages = 1, 1
        while number <= min(pages, PAGES):
            page = await self._kept.list(user_id, number)
            for kept in page.entries:
                other = _report(kept) if kept.transcript_id != transcript else None
                if other is None or other.at >= report.at:
                    continue
                if kept.transcript_id not in newest or newest[kept.transcript_id].at < other.at:
                    newest[kept.transcript_id] = other
            found = sorted(newest.values(), key=attrgetter("at"))[-COUNTED:]
            # Pages go by the day, the newest first: what comes later is older than all of these.
            if len(found) == COUNTED and page.entries[-1].day < found[0].at.date():
                break
            number, pages = number + 1, page.pages
        return found

    def _drawings(self, words: Words, shown: Shown, saved: Transcript | None) -> list[Drawing]:
        found: list[Drawing | None] = [drawings.scores(words, shown.report)]
        if saved is not None:
            found.insert(0, drawings.timeline(words, self._answers(words, saved), saved.day))
        return [drawing for drawing in found if drawing is not None]

    def _answers(self, words: Words, saved: Transcript, kind: InterviewType = InterviewType.BEHAVIOURAL) -> Answers:
        bank = self._services.bank
        return answers_of(saved.turns, kind=kind, question=lambda known: bank.get(known, language=words.language))

    async def _notes(self, user_id: int, transcript: UUID) -> tuple[Note | None, ...]:
        notes: list[Note | None] = []
        for rated in await self._kept.ratings(user_id, transcript):
            rating = Rating.from_json(rated.body)
            if rating is None:
                notes.append(None)
                continue
            # A mention shows the name that the person has now, and notifies nobody in an answer for one.
            who = "" if rated.own else f"<@{rated.rater_id}>" if rated.rater_id is not None else "?"
            notes.append(Note(who, rating.overall, rating.strong, rating.weak, rating.sentence))
        return tuple(notes)

    async def _job(self, interaction: Interaction, words: Words, job: Standing) -> ui.LayoutView:
        title = words("feedback-untitled")
        with contextlib.suppress(NotFound):
            saved = await self._stores.transcripts.view(
                interaction.user.id, job.transcript_id, at=self._services.clock.now()
            )
            title = cut(saved.title, cards.TITLE_CHARACTERS)
        reason = words(f"feedback-reason-{job.reason.value.replace('_', '-')}") if job.reason is not None else ""
        if job.state is State.FAILED:
            return simple(words("feedback-state-failed", title=title, reason=reason))
        if job.state is State.SENDING:
            text = words("feedback-state-sending", title=title)
        elif reason:
            when = moment(job.not_before_at, "R")
            text = words("feedback-state-again", title=title, when=when, reason=reason)
        else:
            text = words("feedback-state-waiting", title=title)
        return simple(text, FeedbackButton("stop", job.id.hex, words("feedback-cancel-job")))

    async def _stop(self, interaction: Interaction, job: UUID) -> None:
        words = words_of(interaction)
        there = await in_time(interaction, self._desk.cancel(interaction.user.id, job), thinking=False)
        text = words("feedback-job-cancelled" if there else "feedback-job-too-late")
        await change(interaction, view=simple(text))

    @app_commands.command(description="By what answers are judged, from 1 to 5")
    @app_commands.describe(type="For which kind of interview; that of your newest feedback, unless you say")
    @app_commands.choices(
        type=[app_commands.Choice(name=kind.value.replace("-", " "), value=kind.value) for kind in InterviewType]
    )
    async def rubric(self, interaction: Interaction, type: app_commands.Choice[str] | None = None) -> None:  # noqa: A002 - as people read it
        """The criteria with their anchors, in the reader's language."""
        words = words_of(interaction)
        await interaction.response.defer(ephemeral=True, thinking=True)
        kind = InterviewType(type.value) if type is not None else await self._last_kind(interaction.user.id)
        criteria = self._services.rubrics[kind].read_in(words.language)
        await interaction.followup.send(view=cards.rubric_card(words, kind, criteria), ephemeral=True)

    async def _last_kind(self, user_id: int) -> InterviewType:
        """What most answers in this person's newest feedback were held against."""
        newest = await self._newest(user_id)
        report = _report(newest) if newest is not None else None
        kinds = [each.kind for each in report.assessments] if report is not None else []
        return max(kinds, key=kinds.count, default=InterviewType.BEHAVIOURAL)

    # -- others ---------------------------------------------------------------------------------------------------

    @app_commands.command(description="Note something for somebody whose interview you were in")
    @app_commands.describe(
        person="Whom it is for",
        transcript="Of which interview; otherwise the last one that they saved with you in it",
    )
    async def peer(self, interaction: Interaction, person: discord.User, transcript: str | None = None) -> None:
        """A form; what is noted is the other person's."""
        words = words_of(interaction)
        if person.bot:
            raise UserMistake(words("feedback-not-for-bots"))
        if person.id == interaction.user.id:
            raise UserMistake(words("feedback-not-for-yourself"))
        if transcript is None:
            about = await self._kept.together(interaction.user.id, person.id)
        else:
            at = self._services.clock.now()
            about = (await self._stores.transcripts.view(interaction.user.id, _id(transcript), at=at)).id
        if about is None:
            raise UserMistake(words("feedback-not-together"))

        async def noted(reply: Interaction, rating: Rating) -> None:
            at = self._services.clock.now()
            try:
                note = await self._kept.rate(reply.user.id, person.id, about, rating.as_json(), at=at)
            except NotFound:
                raise UserMistake(words_of(reply)("feedback-not-together")) from None
            said = words_of(reply)
            view = simple(
                said("feedback-noted", person=person.mention),
                FeedbackButton("withdraw", note.hex, said("feedback-note-withdraw")),
            )
            await reply.response.send_message(view=view, ephemeral=True)

        await interaction.response.send_modal(RatingForm(words, self._rated(noted), of_oneself=False))

    def _rated(
        self, then: Callable[[Interaction, Rating], Awaitable[None]]
    ) -> Callable[[Interaction, Rating], Awaitable[None]]:
        async def rated(interaction: Interaction, rating: Rating) -> None:
            try:
                await then(interaction, rating)
            except Exception as error:  # noqa: BLE001 - whatever happened, the person gets an answer
                await self._explain(interaction, error)

        return rated

    # -- over time ------------------------------------------------------------------------------------------------

    @app_commands.command(description="Two interviews side by side")
    @app_commands.describe(first="One of them", second="The other one")
    async def compare(self, interaction: Interaction, first: str, second: str) -> None:
        """Scores, if they were judged in the same way; what was counted, in any case."""
        words = words_of(interaction)
        await interaction.response.defer(ephemeral=True, thinking=True)
        if _id(first) == _id(second):
            raise UserMistake(words("feedback-compare-same"))
        both: list[Shown] = []
        for one in (first, second):
            shown, _ = await self._shown(interaction, await self._kept.view(interaction.user.id, _id(one)))
            both.append(shown)
        both.sort(key=lambda shown: shown.report.at)
        await answer(interaction, compared(words, *both))

    @app_commands.command(description="How your interviews went over time")
    @app_commands.describe(period="How far back; everything, unless you say")
    @app_commands.choices(
        period=[
            app_commands.Choice(name="the last 30 days", value=30),
            app_commands.Choice(name="the last 90 days", value=90),
            app_commands.Choice(name="the last year", value=365),
            app_commands.Choice(name="everything", value=0),
        ]
    )
    async def progress(self, interaction: Interaction, period: app_commands.Choice[int] | None = None) -> None:
        """A picture, and the middle and range of the last interviews."""
        words = words_of(interaction)
        await interaction.response.defer(ephemeral=True, thinking=True)
        reports = await self._reports(interaction.user.id, period.value if period is not None else 0)
        course = progress(reports)
        drawing = drawings.course(words, course)
        if drawing is None:
            raise UserMistake(words("feedback-progress-none"))
        files = await drawings.drawn(self._painter, [drawing])
        view = ui.LayoutView(timeout=None)
        inner: list[ui.Item[Any]] = [ui.TextDisplay(followed(words, course))]
        if files:
            inner.append(ui.MediaGallery(discord.MediaGalleryItem(files[0], description=files[0].description)))
        inner.append(ui.TextDisplay(words("feedback-progress-foot", most=LAST)))
        view.add_item(ui.Container(*inner))
        await interaction.followup.send(view=view, files=files, ephemeral=True)

    async def _reports(self, user_id: int, days: int) -> list[Report]:
        """The newest report of each interview in that time."""
        since = self._services.clock.now() - timedelta(days=days) if days else None
        newest: dict[UUID, Report] = {}
        number, pages = 1, 1
        while number <= min(pages, PAGES):
            page = await self._kept.list(user_id, number)
            for kept in page.entries:
                report = _report(kept)
                if report is None or (since is not None and report.at < since):
                    continue
                before = newest.get(kept.transcript_id)
                if before is None or before.at < report.at:
                    newest[kept.transcript_id] = report
            number, pages = number + 1, page.pages
        return list(newest.values())

    # -- disagreeing, deleting ------------------------------------------------------------------------------------

    @app_commands.command(description="Say that you disagree with a score")
    @app_commands.describe(feedback="In which feedback", criterion="Which score")
    @app_commands.choices(
        criterion=[
            app_commands.Choice(name="relevance", value="relevance"),
            app_commands.Choice(name="context", value="context"),
            app_commands.Choice(name="own part", value="action"),
            app_commands.Choice(name="result", value="result"),
            app_commands.Choice(name="depth", value="depth"),
            app_commands.Choice(name="structure", value="structure"),
        ]
    )
    async def dispute(
        self, interaction: Interaction, feedback: str, criterion: app_commands.Choice[str] | None = None
    ) -> None:
        """A form with the scores that there are."""
        chosen = Criterion(criterion.value) if criterion is not None else None
        await self._disagree(interaction, _id(feedback), chosen)

    async def _disagree(self, interaction: Interaction, feedback: UUID, chosen: Criterion | None = None) -> None:
        words = words_of(interaction)
        report = _report(await self._kept.view(interaction.user.id, feedback))
        offered = list(criteria_of(report)) if report is not None else []
        if not offered or (chosen is not None and chosen not in offered):
            raise UserMistake(words("feedback-dispute-no-score"))

        async def told(reply: Interaction, criterion: Criterion, why: str) -> None:
            try:
                at = self._services.clock.now()
                await in_time(reply, self._kept.dispute(reply.user.id, feedback, criterion.value, why, at=at))
                name = words(f"feedback-criterion-{criterion}")
                await answer(reply, words_of(reply)("feedback-dispute-kept", criterion=name))
            except Exception as error:  # noqa: BLE001 - whatever happened, the person gets an answer
                await self._explain(reply, error)

        await interaction.response.send_modal(DisputeForm(words, told, offered=offered, chosen=chosen))

    @app_commands.command(description="Delete feedback of yours")
    @app_commands.describe(feedback="Which one")
    async def delete(self, interaction: Interaction, feedback: str) -> None:
        """Ask once more, then delete it."""
        await self._sure(interaction, _id(feedback))

    async def _sure(self, interaction: Interaction, feedback: UUID) -> None:
        words = words_of(interaction)
        kept = await self._kept.view(interaction.user.id, feedback)
        title = words("feedback-untitled")
        with contextlib.suppress(NotFound):
            saved = await self._own_transcript(interaction, kept.transcript_id)
            title = cut(saved.title, cards.TITLE_CHARACTERS)
        view = simple(
            words("feedback-sure", title=title),
            FeedbackButton("gone", feedback.hex, words("feedback-delete"), discord.ButtonStyle.danger),
            FeedbackButton("keep", feedback.hex, words("feedback-keep")),
        )
        await interaction.response.send_message(view=view, ephemeral=True)

    async def _gone(self, interaction: Interaction, feedback: UUID) -> None:
        words = words_of(interaction)
        with contextlib.suppress(NotFound):  # the copy of a press that deleted it: it is gone, as was asked for
            deleting = self._kept.delete(interaction.user.id, feedback, at=self._services.clock.now())
            await in_time(interaction, deleting, thinking=False)
        await change(interaction, view=simple(words("feedback-deleted")))

    @app_commands.command(name="delete-note", description="Delete what you noted, or what somebody noted for you")
    @app_commands.describe(note="Which one")
    async def delete_note(self, interaction: Interaction, note: str) -> None:
        """Ask once more, then delete it; for who noted it and for whom it is alike."""
        await self._sure_of_note(interaction, note)

    async def _sure_of_note(self, interaction: Interaction, note: str) -> None:
        words, user_id = words_of(interaction), interaction.user.id
        try:
            noted = await self._kept.note(user_id, _id(note))
        except NotFound:
            raise UserMistake(words("feedback-note-none")) from None
        title = (await self._titles(user_id)).get(noted.transcript_id) or words("feedback-untitled")
        title = cut(title, cards.TITLE_CHARACTERS)
        if noted.rater_id == noted.rated_id == user_id:
            asked = words("feedback-note-sure-own", title=title)
        elif noted.rater_id == user_id:
            # What it was about may be a transcript that only the other one has.
            day = drawings.day(words, noted.day)
            asked = words("feedback-note-sure-given", person=_mentioned(words, noted.rated_id), day=day)
        else:
            asked = words("feedback-note-sure-got", person=_mentioned(words, noted.rater_id), title=title)
        sentence = cut(_sentence(noted), NOTE_CHARACTERS)
        view = simple(
            f"{asked}\n> {sentence}" if sentence else asked,
            FeedbackButton("unnote", noted.id.hex, words("feedback-delete"), discord.ButtonStyle.danger),
            FeedbackButton("keep", noted.id.hex, words("feedback-keep")),
        )
        await interaction.response.send_message(view=view, ephemeral=True)

    async def _unnote(self, interaction: Interaction, note: UUID) -> None:
        words = words_of(interaction)
        with contextlib.suppress(NotFound):  # as with feedback: the copy of a press finds it gone
            unrating = self._kept.unrate(interaction.user.id, note, at=self._services.clock.now())
            await in_time(interaction, unrating, thinking=False)
        await change(interaction, view=simple(words("feedback-deleted")))

    # -- buttons --------------------------------------------------------------------------------------------------

    async def pressed(self, interaction: Interaction, action: str, key: str) -> None:
        """Do what a button or the menu is for."""
        words = words_of(interaction)
        by_id: dict[str, Callable[[Interaction, UUID], Awaitable[None]]] = {
            "dispute": self._disagree,
            "delete": self._sure,
            "gone": self._gone,
            "unnote": self._unnote,
            "stop": self._stop,
        }
        try:
            match action:
                case "send":
                    await self._send(interaction, key)
                case "cancel":
                    self._asked(interaction, key)
                    await interaction.response.edit_message(view=simple(words("feedback-cancelled")))
                case "view":
                    await self._turn(interaction, _id(key), None)
                case "answer" | "lines":
                    feedback, _, number = key.partition(":")
                    show = self._turn if action == "answer" else self._lines
                    await show(interaction, _id(feedback), int(number))
                case "withdraw":
                    await self._sure_of_note(interaction, key)
                case _ if (done := by_id.get(action)) is not None:
                    await done(interaction, _id(key))
                case _:
                    await interaction.response.edit_message(view=simple(words("feedback-kept")))
        except Exception as error:  # noqa: BLE001 - whatever happened, the person gets an answer
            await self._explain(interaction, error)

    # -- helpers --------------------------------------------------------------------------------------------------

    async def _own_transcript(self, interaction: Interaction, transcript: UUID) -> Transcript:
        saved = await self._stores.transcripts.view(interaction.user.id, transcript, at=self._services.clock.now())
        if not saved.own:
            raise NotFound
        return saved

    @request.autocomplete("transcript")
    async def _own(self, interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
        return await self._transcripts(interaction, typed, own=True)

    @peer.autocomplete("transcript")
    async def _readable(self, interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
        return await self._transcripts(interaction, typed, own=False)

    async def _transcripts(self, interaction: Interaction, typed: str, *, own: bool) -> list[app_commands.Choice[str]]:
        words = words_of(interaction)
        page = await self._stores.transcripts.list(interaction.user.id, at=self._services.clock.now())
        named = [
            (self._choice(words, entry.day, entry.title), str(entry.id)) for entry in page.entries if entry.own is own
        ]
        return _fitting(named, typed)

    @view.autocomplete("feedback")
    @compare.autocomplete("first")
    @compare.autocomplete("second")
    @dispute.autocomplete("feedback")
    @delete.autocomplete("feedback")
    async def _feedback(self, interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
        words = words_of(interaction)
        user_id = interaction.user.id
        page = await self._kept.list(user_id)
        by_id = await self._titles(user_id)
        named = [(self._choice(words, kept.day, by_id.get(kept.transcript_id)), str(kept.id)) for kept in page.entries]
        return _fitting(named, typed)

    @delete_note.autocomplete("note")
    async def _noted(self, interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
        words, user_id = words_of(interaction), interaction.user.id
        titles = await self._titles(user_id)
        named: list[tuple[str, str]] = []
        for noted in await self._kept.noted(user_id, most=NOTED):
            if noted.rater_id == noted.rated_id == user_id:
                whose = words("feedback-note-own")
            elif noted.rater_id == user_id:
                whose = words("feedback-note-given", person=self._name(interaction, noted.rated_id))
            else:
                whose = words("feedback-note-got", person=self._name(interaction, noted.rater_id))
            parts = [drawings.day(words, noted.day), whose, titles.get(noted.transcript_id), _sentence(noted)]
            named.append((" · ".join(filter(None, parts))[:CHOICE_CHARACTERS], str(noted.id)))
        return _fitting(named, typed)

    def _name(self, interaction: Interaction, user_id: int | None) -> str:
        """What somebody is called here, as far as it is known without asking Discord."""
        user: discord.Member | discord.User | None = None
        if user_id is not None:
            user = interaction.guild.get_member(user_id) if interaction.guild is not None else None
            user = user or self._bot.get_user(user_id)
        return user.display_name if user is not None else words_of(interaction)("feedback-note-unknown")

    async def _titles(self, user_id: int) -> dict[UUID, str | None]:
        """What the newest transcripts that this person may read are called."""
        page = await self._stores.transcripts.list(user_id, at=self._services.clock.now())
        return {entry.id: entry.title for entry in page.entries}

    def _choice(self, words: Words, day: Any, title: str | None) -> str:
        named = title or words("feedback-untitled")
        return words("feedback-choice", day=drawings.day(words, day), title=named)[:CHOICE_CHARACTERS]

    async def cog_app_command_error(
        self, interaction: Interaction, error: app_commands.AppCommandError | Exception
    ) -> None:
        """Say what went wrong, and what to do."""
        await self._explain(interaction, error)

    async def _explain(self, interaction: Interaction, error: Exception) -> None:
        words = words_of(interaction)
        if isinstance(error, app_commands.CommandInvokeError):
            error = error.original
        if isinstance(error, UserMistake):
            text = str(error)
        elif isinstance(error, NotFound):
            text = words("feedback-no-such")
        else:
            text = failed(words, error, words("feedback-failed"))
        try:
            await answer(interaction, text)
        except discord.HTTPException:
            log.warning("an answer could not be delivered", extra={"error": type(error).__name__})


def _sentence(noted: Noted) -> str:
    """What was noted in words; empty if it was none."""
    rating = Rating.from_json(noted.body)
    return rating.sentence if rating is not None else ""


def _mentioned(words: Words, user_id: int | None) -> str:
    return words("feedback-note-unknown") if user_id is None else f"<@{user_id}>"


async def _show(interaction: Interaction, made: Made) -> None:
    view, files = made
    await interaction.followup.send(view=view, files=files, ephemeral=True)


def _why_not(words: Words, cannot: CannotAsk) -> str:
    match cannot.why:
        case "no-writer":
            return words("feedback-no-model")
        case "nothing-to-judge":
            return words("feedback-nothing-to-judge", words=MIN_WORDS)
        case "person-budget":
            return words("feedback-reason-person-budget")
        case "server-budget":
            return words("feedback-reason-server-budget")


def _fitting(named: Sequence[tuple[str, str]], typed: str) -> list[app_commands.Choice[str]]:
    fitting = [pair for pair in named if typed.casefold() in pair[0].casefold()]
    return [app_commands.Choice(name=name, value=value) for name, value in fitting[:CHOICES]]


def _report(kept: Kept) -> Report | None:
    """What is kept, if it opens."""
    if kept.report is None:
        return None
    try:
        return Report.from_json(json.dumps(kept.report))
    except ReportUnreadable:
        return None


def _id(text: str) -> UUID:
    """The id of what was chosen, or typed.

    Raises:
        NotFound: If it is none.
    """
    try:
        return UUID(text)
    except ValueError:
        raise NotFound from None


async def setup(bot: SkillRally) -> None:
    """Register the commands; the client calls this."""
    bot.add_dynamic_items(FeedbackButton, AnswerMenu)
    await bot.add_cog(Feedback(bot))
