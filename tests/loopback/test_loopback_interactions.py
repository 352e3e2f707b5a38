from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, cast

import discord
import pytest
from discord import app_commands

from bot.loopback.callbacks import DidNotRespond
from bot.loopback.filling import CannotDo
from bot.loopback.furnishing import PracticeGuild, practice_guild
from bot.loopback.permissions import Permission
from bot.loopback.rest import Upload
from bot.loopback.server import LoopbackDiscord
from bot.loopback.world import World
from tests.loopback.clients import Bot, logged_in

if TYPE_CHECKING:
    from bot.loopback.authority import Authority

Here = discord.Interaction[discord.Client]


class German(app_commands.Translator):
    async def translate(
        self,
        string: app_commands.locale_str,
        locale: discord.Locale,
        context: app_commands.TranslationContextTypes,
    ) -> str | None:
        del context
        words = {"start": "beginnen", "Start an interview": "Ein Gespräch beginnen"}
        return words.get(string.message) if locale is discord.Locale.german else None


class Consent(discord.ui.View):
    def __init__(self) -> None:
        super().__init__(timeout=None)
        self.chosen: list[str] = []

    @discord.ui.button(label="I agree", style=discord.ButtonStyle.success, custom_id="consent:yes")
    async def agree(self, interaction: Here, button: discord.ui.Button[Consent]) -> None:
        del button
        await interaction.response.send_message("Thank you.", ephemeral=True)

    @discord.ui.button(label="Change", custom_id="consent:change")
    async def change(self, interaction: Here, button: discord.ui.Button[Consent]) -> None:
        del button
        await interaction.response.edit_message(content="Changed.", view=None)

    @discord.ui.button(label="Slow", custom_id="consent:slow")
    async def slow(self, interaction: Here, button: discord.ui.Button[Consent]) -> None:
        del button
        await interaction.response.defer()
        await interaction.edit_original_response(content="Slowly changed.")

    @discord.ui.select(custom_id="topic", options=[discord.SelectOption(label="Python", value="py")])
    async def topic(self, interaction: Here, select: discord.ui.Select[Consent]) -> None:
        self.chosen = select.values
        await interaction.response.send_message(f"You chose {select.values[0]}.", ephemeral=True)


class Preferences(discord.ui.Modal, title="Preferences"):
    name_ = discord.ui.Label(text="Name", component=discord.ui.TextInput[Any](custom_id="name", max_length=20))
    careful = discord.ui.Label(text="Be careful", component=discord.ui.Checkbox[Any](custom_id="careful"))
    kept = discord.ui.Label(
        text="Keep",
        component=discord.ui.CheckboxGroup[Any](
            custom_id="keep",
            required=False,
            options=[
                discord.CheckboxGroupOption(label="Transcript", value="transcript"),
                discord.CheckboxGroupOption(label="Feedback", value="feedback"),
            ],
        ),
    )
    role = discord.ui.Label(
        text="Role",
        component=discord.ui.RadioGroup[Any](
            custom_id="role",
            options=[
                discord.RadioGroupOption(label="Interviewer", value="interviewer"),
                discord.RadioGroupOption(label="Candidate", value="candidate"),
            ],
        ),
    )

    async def on_submit(self, interaction: Here, /) -> None:
        name = cast("discord.ui.TextInput[Any]", self.name_.component).value
        careful = cast("discord.ui.Checkbox[Any]", self.careful.component).value
        kept = cast("discord.ui.CheckboxGroup[Any]", self.kept.component).values
        role = cast("discord.ui.RadioGroup[Any]", self.role.component).value
        await interaction.response.send_message(f"{name} {careful} {kept} {role}", ephemeral=True)


class Panel(discord.ui.LayoutView):
    def __init__(self) -> None:
        super().__init__(timeout=None)
        button = discord.ui.Button[Any](label="Stop", custom_id="panel:stop")
        words = discord.ui.TextDisplay[Any]("The interview is running.")
        self.add_item(discord.ui.Container[Any](words, discord.ui.ActionRow[Any](button)))


class InterviewBot(Bot):
    """Has one of everything that a bot answers with."""

    async def setup_hook(self) -> None:
        interview = app_commands.Group(name="interview", description="Practise interviews")
        settings = app_commands.Group(name="settings", description="Preferences", parent=interview)
        interview.command(name="start", description="Start an interview")(start)
        interview.command(name="slow", description="Takes its time")(slow)
        interview.command(name="silent", description="Says nothing")(silent)
        interview.command(name="panel", description="Shows components")(panel)
        interview.command(name="export", description="Sends a file")(export)
        settings.command(name="edit", description="Edit preferences")(edit)
        self.tree.add_command(interview)
        self.tree.add_command(app_commands.ContextMenu(name="About", callback=about))
        self.consent = Consent()
        self.add_view(self.consent)
        await self.tree.set_translator(German())
        await super().setup_hook()


@app_commands.describe(topic="What about", minutes="How long", partner="With whom")
async def start(
    interaction: Here,
    topic: str,
    minutes: app_commands.Range[int, 5, 90] = 30,
    partner: discord.Member | None = None,
) -> None:
    name = partner.display_name if partner else "nobody"
    await interaction.response.send_message(f"{topic}, {minutes} minutes, {name}", view=Consent())


async def slow(interaction: Here) -> None:
    await interaction.response.defer(ephemeral=True, thinking=True)
    await interaction.followup.send("Here it is.")
    await interaction.followup.send("And more.", ephemeral=True)


async def silent(interaction: Here) -> None:
    del interaction


async def panel(interaction: Here) -> None:
    await interaction.response.send_message(view=Panel())


async def export(interaction: Here) -> None:
    file = discord.File(io.BytesIO(b"{}"), filename="me.json", description="Everything")
    await interaction.response.send_message("Your data", file=file, ephemeral=True)


async def edit(interaction: Here) -> None:
    await interaction.response.send_modal(Preferences())


async def about(interaction: Here, member: discord.Member) -> None:
    await interaction.response.send_message(f"This is {member.display_name}.", ephemeral=True)


async def test_commands_are_registered_with_groups_and_localisations(loopback: LoopbackDiscord, place: PracticeGuild):
    client = InterviewBot(loopback)

    async with logged_in(client, place.bot_user.token):
        registered = {command["name"]: command for command in place.bot.commands.values()}
        begin = next(each for each in registered["interview"]["options"] if each["name"] == "start")
        assert begin["name_localizations"] == {"de": "beginnen"}
        assert begin["description_localizations"] == {"de": "Ein Gespräch beginnen"}
        fetched = await client.tree.fetch_commands()
        assert {command.name for command in fetched} == {"interview", "About"}
        assert {command["name"] for command in loopback.people.commands(place.people["ada"].id, place.text.id)} == {
            "interview"
        }


async def test_a_slash_command_reaches_the_bot_with_its_options(loopback: LoopbackDiscord, place: PracticeGuild):
    ada, grace = place.people["ada"].id, place.people["grace"].id

    async with logged_in(InterviewBot(loopback), place.bot_user.token):
        options = {"topic": "Python", "minutes": 45, "partner": grace}
        reply = await loopback.people.use(ada, "interview start", place.text.id, options=options)

        assert reply.content == "Python, 45 minutes, Grace"
        assert not reply.ephemeral
        assert [message.content for message in loopback.world.seen_by(grace, place.text.id)] == [reply.content]


async def test_what_discords_client_would_not_send_never_reaches_the_bot(
    loopback: LoopbackDiscord, place: PracticeGuild
):
    ada = place.people["ada"].id

    async with logged_in(InterviewBot(loopback), place.bot_user.token):
        for options in ({}, {"topic": "x", "minutes": 4}, {"topic": "x", "unknown": 1}, {"topic": 3}):
            with pytest.raises(CannotDo):
                loopback.people.use(ada, "interview start", place.text.id, options=options)
        with pytest.raises(CannotDo):
            loopback.people.use(ada, "interview", place.text.id)
        with pytest.raises(CannotDo):
            loopback.people.use(ada, "quiz", place.text.id)


async def test_a_button_answers_the_one_who_pressed_it_alone(loopback: LoopbackDiscord, place: PracticeGuild):
    ada, grace = place.people["ada"].id, place.people["grace"].id

    async with logged_in(InterviewBot(loopback), place.bot_user.token):
        asked = await loopback.people.use(ada, "interview start", place.text.id, options={"topic": "Rust"})
        reply = await loopback.people.press(grace, asked, "I agree")

        assert reply.ephemeral
        assert reply.content == "Thank you."
        assert reply.message in loopback.world.seen_by(grace, place.text.id)
        assert reply.message not in loopback.world.seen_by(ada, place.text.id)
        assert reply.acknowledged_after_s is not None
        assert reply.acknowledged_after_s < 3


async def test_a_button_changes_its_message_at_once_or_after_a_deferral(
    loopback: LoopbackDiscord, place: PracticeGuild
):
    ada = place.people["ada"].id

    async with logged_in(InterviewBot(loopback), place.bot_user.token):
        asked = await loopback.people.use(ada, "interview start", place.text.id, options={"topic": "Go"})
        slowly = await loopback.people.press(ada, asked, "Slow")
        await slowly.until(lambda reply: reply.content == "Slowly changed.")
        changed = await loopback.people.press(ada, asked, "Change")

        assert slowly.deferred
        assert changed.message is asked.message
        assert changed.content == "Changed."
        assert changed.components == ()
        assert asked.message is not None
        assert [body.content for body in asked.message.before] == ["Go, 30 minutes, nobody", "Slowly changed."]


async def test_a_menu_gives_the_value_of_what_was_chosen(loopback: LoopbackDiscord, place: PracticeGuild):
    ada = place.people["ada"].id

    async with logged_in(InterviewBot(loopback), place.bot_user.token):
        asked = await loopback.people.use(ada, "interview start", place.text.id, options={"topic": "C"})
        reply = await loopback.people.choose(ada, asked, "topic", ["Python"])

        assert reply.content == "You chose py."


async def test_a_form_with_checkboxes_comes_back_filled_in(loopback: LoopbackDiscord, place: PracticeGuild):
    ada = place.people["ada"].id

    async with logged_in(InterviewBot(loopback), place.bot_user.token):
        opened = await loopback.people.use(ada, "interview settings edit", place.text.id)
        assert opened.modal is not None
        assert opened.modal.title == "Preferences"
        values = {"Name": "Ada", "careful": True, "keep": ["Transcript"], "role": "Candidate"}
        reply = await loopback.people.submit(ada, opened.modal, values)

        assert reply.content == "Ada True ['transcript'] candidate"
        with pytest.raises(CannotDo):
            loopback.people.submit(ada, opened.modal, {"Name": "Ada"})
        with pytest.raises(CannotDo):
            loopback.people.submit(ada, opened.modal, values | {"colour": "red"})


async def test_a_deferred_answer_stays_as_private_as_the_deferral(loopback: LoopbackDiscord, place: PracticeGuild):
    ada = place.people["ada"].id

    async with logged_in(InterviewBot(loopback), place.bot_user.token):
        reply = await loopback.people.use(ada, "interview slow", place.text.id)
        await reply.until(lambda reply: len(reply.followups) == 1)

        assert reply.deferred
        assert reply.ephemeral
        assert reply.content == "Here it is."
        assert reply.message is not None
        assert reply.message.before == []
        assert [message.content for message in reply.followups] == ["And more."]
        assert all(message.ephemeral_to == ada for message in reply.followups)


async def test_a_bot_that_says_nothing_has_not_responded(loopback: LoopbackDiscord, place: PracticeGuild):
    loopback.callbacks.patience_s = 0.1

    async with logged_in(InterviewBot(loopback), place.bot_user.token):
        with pytest.raises(DidNotRespond):
            await loopback.people.use(place.people["ada"].id, "interview silent", place.text.id)


async def test_a_bot_that_is_not_logged_in_does_not_respond_and_that_is_known_at_once(
    loopback: LoopbackDiscord, place: PracticeGuild
):
    client = InterviewBot(loopback)
    await client.login(place.bot_user.token)

    with pytest.raises(DidNotRespond, match="not logged in"):
        await loopback.people.use(place.people["ada"].id, "interview silent", place.text.id)
    await client.close()


async def test_components_of_the_second_version_are_shown(loopback: LoopbackDiscord, place: PracticeGuild):
    async with logged_in(InterviewBot(loopback), place.bot_user.token):
        reply = await loopback.people.use(place.people["ada"].id, "interview panel", place.text.id)

        assert reply.content == ""
        assert reply.text == "The interview is running.\nStop"


async def test_a_private_file_can_be_downloaded(loopback: LoopbackDiscord, place: PracticeGuild):
    client = InterviewBot(loopback)

    async with logged_in(client, place.bot_user.token):
        reply = await loopback.people.use(place.people["ada"].id, "interview export", place.text.id)

        assert reply.message is not None
        (file,) = reply.message.attachments
        assert (file.filename, file.description, file.data) == ("me.json", "Everything", b"{}")
        url = f"https://cdn.discordapp.com/attachments/{place.text.id}/{file.id}/me.json"
        assert await client.http.get_from_cdn(url) == b"{}"


async def test_a_context_menu_names_its_target(loopback: LoopbackDiscord, place: PracticeGuild):
    ada, linus = place.people["ada"].id, place.people["linus"].id

    async with logged_in(InterviewBot(loopback), place.bot_user.token):
        reply = await loopback.people.use_on_user(ada, "About", place.text.id, linus)

        assert reply.content == "This is Linus."


async def test_an_option_completes_itself(loopback: LoopbackDiscord, place: PracticeGuild):
    client = Bot(loopback)

    @client.tree.command(name="ask", description="Ask")
    async def ask(interaction: Here, topic: str) -> None:
        await interaction.response.send_message(topic)

    @ask.autocomplete("topic")
    async def topics(interaction: Here, current: str) -> list[app_commands.Choice[str]]:
        del interaction
        found = [each for each in ("Python", "Prolog", "Rust") if each.startswith(current)]
        return [app_commands.Choice(name=each, value=each.lower()) for each in found]

    async with logged_in(client, place.bot_user.token):
        reply = await loopback.people.complete(place.people["ada"].id, "ask", place.text.id, "topic", "P")

        assert reply.choices == [{"name": "Python", "value": "python"}, {"name": "Prolog", "value": "prolog"}]


async def test_a_command_for_moderators_is_not_offered_to_others(loopback: LoopbackDiscord, place: PracticeGuild):
    client = Bot(loopback)

    @client.tree.command(name="purge", description="For moderators")
    @app_commands.default_permissions(manage_guild=True)
    async def purge(interaction: Here) -> None:
        await interaction.response.send_message("Done", ephemeral=True)

    async with logged_in(client, place.bot_user.token):
        with pytest.raises(CannotDo):
            loopback.people.use(place.people["grace"].id, "purge", place.text.id)
        role = loopback.world.add_role(place.guild.id, "moderators", Permission.MANAGE_GUILD)
        loopback.world.update_member(place.guild.id, place.people["grace"].id, role_ids=[role.id])
        reply = await loopback.people.use(place.people["grace"].id, "purge", place.text.id)

        assert reply.content == "Done"


class TickingClock:
    def __init__(self) -> None:
        self.now = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


async def test_an_answer_after_three_seconds_comes_too_late(authority: Authority):
    clock = TickingClock()
    world = World(clock=clock)
    place = practice_guild(world)
    errors: list[int] = []

    async with LoopbackDiscord(world, authority=authority) as loopback:
        client = Bot(loopback)

        @client.tree.command(name="late", description="Too late")
        async def late(interaction: Here) -> None:
            clock.now += 3.1
            try:
                await interaction.response.send_message("Sorry")
            except discord.NotFound as error:
                errors.append(error.code)

        async with logged_in(client, place.bot_user.token):
            loopback.people.use(place.people["ada"].id, "late", place.text.id)
            await loopback.until(lambda: errors == [10062])


async def test_a_second_answer_is_refused(loopback: LoopbackDiscord, place: PracticeGuild):
    errors: list[int] = []
    client = Bot(loopback)

    @client.tree.command(name="twice", description="Answers twice")
    async def twice(interaction: Here) -> None:
        other = discord.Interaction[discord.Client](data=cast("Any", raw[0]), state=interaction._state)
        await interaction.response.send_message("One")
        try:
            await other.response.send_message("Two")
        except discord.HTTPException as error:
            errors.append(error.code)

    raw: list[dict[str, Any]] = []
    loopback.world.subscribe(lambda event: raw.append(event.data) if event.name == "INTERACTION_CREATE" else None)
    async with logged_in(client, place.bot_user.token):
        reply = await loopback.people.use(place.people["ada"].id, "twice", place.text.id)
        await loopback.until(lambda: errors == [40060])

        assert reply.content == "One"


async def test_the_token_of_an_interaction_lives_a_quarter_of_an_hour(authority: Authority):
    clock = TickingClock()
    world = World(clock=clock)
    place = practice_guild(world)
    errors: list[int] = []

    async with LoopbackDiscord(world, authority=authority) as loopback:
        client = Bot(loopback)

        @client.tree.command(name="later", description="Much later")
        async def later(interaction: Here) -> None:
            await interaction.response.send_message("Now")
            clock.now += 15 * 60 + 1
            try:
                await interaction.edit_original_response(content="Later")
            except discord.HTTPException as error:
                errors.append(error.code)

        async with logged_in(client, place.bot_user.token):
            reply = await loopback.people.use(place.people["ada"].id, "later", place.text.id)
            await loopback.until(lambda: errors == [50027])

            assert reply.content == "Now"


async def test_a_command_that_discord_would_refuse_is_refused(loopback: LoopbackDiscord, place: PracticeGuild):
    client = Bot(loopback)

    async with logged_in(client, place.bot_user.token):
        bad: list[Any] = [{"name": "Übel Name", "description": "", "options": []}]
        with pytest.raises(discord.HTTPException) as refusal:
            await client.http.bulk_upsert_global_commands(place.bot.id, bad)

        assert refusal.value.code == 50035
        assert "name: Command name is invalid" in refusal.value.text


class Evidence(discord.ui.Modal, title="Evidence"):
    files = discord.ui.Label(text="Files", component=discord.ui.FileUpload[Any](custom_id="files", max_values=2))
    whom = discord.ui.Label(text="Whom", component=discord.ui.UserSelect[Any](custom_id="whom"))
    level = discord.ui.Label(
        text="Level",
        component=discord.ui.Select[Any](custom_id="level", options=[discord.SelectOption(label="Senior", value="s")]),
    )

    async def on_submit(self, interaction: Here, /) -> None:
        (file,) = cast("discord.ui.FileUpload[Any]", self.files.component).values
        (whom,) = cast("discord.ui.UserSelect[Any]", self.whom.component).values
        (level,) = cast("discord.ui.Select[Any]", self.level.component).values
        data = await file.read()
        await interaction.response.send_message(f"{file.filename} {data.decode()} {whom.display_name} {level}")


async def test_a_form_takes_files_people_and_choices(loopback: LoopbackDiscord, place: PracticeGuild):
    ada = place.people["ada"].id
    client = Bot(loopback)

    @client.tree.command(name="report", description="Report")
    async def report(interaction: Here) -> None:
        await interaction.response.send_modal(Evidence())

    async with logged_in(client, place.bot_user.token):
        opened = await loopback.people.use(ada, "report", place.text.id)
        assert opened.modal is not None
        upload = Upload(0, "cv.txt", "text/plain", b"Rust")
        values = {"Files": [upload], "Whom": [place.people["linus"].id], "Level": "Senior"}
        reply = await loopback.people.submit(ada, opened.modal, values)

        assert reply.content == "cv.txt Rust Linus s"


async def test_a_command_is_used_in_a_direct_conversation(loopback: LoopbackDiscord, place: PracticeGuild):
    ada = place.people["ada"].id
    client = Bot(loopback)

    @client.tree.command(name="privacy", description="What is kept")
    async def privacy(interaction: Here) -> None:
        await interaction.response.send_message(f"{interaction.guild} {interaction.user.name}")

    async with logged_in(client, place.bot_user.token):
        channel = loopback.world.open_dm(place.bot.id, ada)
        reply = await loopback.people.use(ada, "privacy", channel.id)

        assert reply.content == "None ada"


async def test_more_than_25_choices_are_refused(loopback: LoopbackDiscord, place: PracticeGuild):
    errors: list[int] = []
    client = Bot(loopback)

    @client.tree.command(name="ask", description="Ask")
    async def ask(interaction: Here, topic: str) -> None:
        await interaction.response.send_message(topic)

    @ask.autocomplete("topic")
    async def topics(interaction: Here, current: str) -> list[app_commands.Choice[str]]:
        del current
        choices = [app_commands.Choice(name=str(each), value=str(each)) for each in range(26)]
        try:
            await interaction.response.autocomplete(choices)
        except discord.HTTPException as error:
            errors.append(error.code)
        return []

    async with logged_in(client, place.bot_user.token):
        loopback.people.complete(place.people["ada"].id, "ask", place.text.id, "topic", "")
        await loopback.until(lambda: errors == [50035])


async def test_who_cannot_see_a_private_answer_cannot_press_its_button(loopback: LoopbackDiscord, place: PracticeGuild):
    ada, grace = place.people["ada"].id, place.people["grace"].id
    client = Bot(loopback)

    @client.tree.command(name="mine", description="For one")
    async def mine(interaction: Here) -> None:
        await interaction.response.send_message("Only yours", view=Consent(), ephemeral=True)

    async with logged_in(client, place.bot_user.token):
        reply = await loopback.people.use(ada, "mine", place.text.id)
        with pytest.raises(CannotDo):
            loopback.people.press(grace, reply, "I agree")
        changed = await loopback.people.press(ada, reply, "Change")

        assert changed.content == "Changed."
        assert changed.ephemeral
