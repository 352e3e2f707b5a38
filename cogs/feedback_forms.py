"""The forms of `/feedback`: what somebody notes, what they disagree with, and the consent before words are sent."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Self

import discord
from discord import ui

from bot.feedback.report import Criterion
from cogs import replies
from storage.ledger import Purpose

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from cogs.locales import Words

Interaction = discord.Interaction[Any]

FORM_S: Final = 14 * 60.0
"""How long a form may lie open: less than what Discord gives the answer to it."""

SENTENCE: Final = 500
"""The longest sentence that somebody notes, in characters."""

REASON: Final = 1_000

_VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class Rating:
    """What somebody noted about an interview, as it is kept.

    Attributes:
        overall: 1 to 5.
        strong: What was strong.
        weak: What to work on.
        sentence: What worked, or what to try.
    """

    overall: int
    strong: tuple[Criterion, ...] = ()
    weak: tuple[Criterion, ...] = ()
    sentence: str = field(default="", repr=False)

    def as_json(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "v": _VERSION,
            "overall": self.overall,
            "strong": [criterion.value for criterion in self.strong],
            "weak": [criterion.value for criterion in self.weak],
            "sentence": self.sentence,
        }

    @classmethod
    def from_json(cls, body: Mapping[str, Any] | None) -> Self | None:
        """What `as_json` made; None if it does not open, or is none."""
        try:
            if body is None or not 1 <= body["overall"] <= 5:
                return None
            strong, weak = (tuple(Criterion(each) for each in body[key]) for key in ("strong", "weak"))
            return cls(int(body["overall"]), strong, weak, str(body["sentence"]))
        except (KeyError, TypeError, ValueError):
            return None


class RatingForm(ui.Modal):
    """Asks how an interview went: altogether, what was strong, what to work on, and two sentences."""

    def __init__(
        self,
        words: Words,
        then: Callable[[Interaction, Rating], Awaitable[None]],
        *,
        of_oneself: bool,
        before: Rating | None = None,
    ) -> None:
        super().__init__(title=words("feedback-self-title" if of_oneself else "feedback-peer-title"), timeout=FORM_S)
        self._then = then
        self._overall: ui.RadioGroup[Any] = ui.RadioGroup(
            custom_id="overall",
            options=[
                discord.RadioGroupOption(label=str(n), value=str(n), default=before is not None and before.overall == n)
                for n in range(1, 6)
            ],
        )
        self._strong = _criteria(words, "strong", before.strong if before else ())
        self._weak = _criteria(words, "weak", before.weak if before else ())
        self._sentence: ui.TextInput[Any] = ui.TextInput(
            custom_id="sentence",
            style=discord.TextStyle.paragraph,
            required=False,
            max_length=SENTENCE,
            default=before.sentence if before else None,
        )
        intro = words("feedback-self-intro" if of_oneself else "feedback-peer-intro")
        self.add_item(ui.TextDisplay(intro))
        for key, item in (
            ("feedback-overall", self._overall),
            ("feedback-strong", self._strong),
            ("feedback-weak", self._weak),
        ):
            self.add_item(ui.Label(text=words(key), description=words(f"{key}.hint"), component=item))
        self.add_item(ui.Label(text=words("feedback-sentence"), component=self._sentence))

    async def on_submit(self, interaction: Interaction, /) -> None:
        """Pass on what was noted."""
        strong = tuple(Criterion(value) for value in self._strong.values)
        weak = tuple(Criterion(value) for value in self._weak.values)
        text = self._sentence.value.strip()
        await self._then(interaction, Rating(int(self._overall.value or 1), strong, weak, text))


def _criteria(words: Words, custom_id: str, chosen: Sequence[Criterion]) -> ui.CheckboxGroup[Any]:
    return ui.CheckboxGroup(
        custom_id=custom_id,
        required=False,
        min_values=0,
        max_values=len(Criterion),
        options=[
            discord.CheckboxGroupOption(
                label=words(f"feedback-criterion-{criterion}"),
                value=criterion.value,
                description=words(f"feedback-criterion-{criterion}.hint"),
                default=criterion in chosen,
            )
            for criterion in Criterion
        ],
    )


class DisputeForm(ui.Modal):
    """Asks with which score somebody disagrees, and why."""

    def __init__(
        self,
        words: Words,
        then: Callable[[Interaction, Criterion, str], Awaitable[None]],
        *,
        offered: Sequence[Criterion],
        chosen: Criterion | None = None,
    ) -> None:
        super().__init__(title=words("feedback-dispute-title"), timeout=FORM_S)
        self._then = then
        self._which: ui.RadioGroup[Any] = ui.RadioGroup(
            custom_id="criterion",
            options=[
                discord.RadioGroupOption(
                    label=words(f"feedback-criterion-{criterion}"),
                    value=criterion.value,
                    default=criterion is chosen,
                )
                for criterion in offered
            ],
        )
        self._why: ui.TextInput[Any] = ui.TextInput(
            custom_id="why", style=discord.TextStyle.paragraph, required=False, max_length=REASON
        )
        self.add_item(ui.Label(text=words("feedback-dispute-which"), component=self._which))
        self.add_item(
            ui.Label(
                text=words("feedback-dispute-why"),
                description=words("feedback-dispute-why.hint"),
                component=self._why,
            )
        )

    async def on_submit(self, interaction: Interaction, /) -> None:
        """Pass on the objection."""
        await self._then(interaction, Criterion(self._which.value or ""), self._why.value)


class SendingConsent(ui.Modal):
    """Asks for consent to send words to the one who writes feedback, who is named with the place.

    Attributes:
        shown: Every word of it, as it is read: consents are kept with the hash of this.
    """

    def __init__(
        self,
        words: Words,
        answered: Callable[[Interaction, bool, bool], Awaitable[None]],
        *,
        host: str,
        region: str,
        model: str,
    ) -> None:
        super().__init__(title=words("feedback-consent-title"), timeout=FORM_S)
        self._answered = answered
        intro = words("feedback-consent-intro", host=host, region=region, model=model, policy=replies.POLICY_URL)
        key = replies.purpose_key(Purpose.AI_FEEDBACK)
        box, hint = words(key), words(f"{key}.hint")
        label = words("consent-purposes")
        age = words("consent-age"), words("consent-age.hint", age=replies.ADULT_AGE), words("consent-age.option")
        self.shown = "\n".join([self.title, intro, label, box, hint, *age])
        self._box = _tick("purposes", Purpose.AI_FEEDBACK.value, box, hint)
        self._age = _tick("age", "yes", age[2])
        self.add_item(ui.TextDisplay(intro))
        self.add_item(ui.Label(text=label, component=self._box))
        self.add_item(ui.Label(text=age[0], description=age[1], component=self._age))

    async def on_submit(self, interaction: Interaction, /) -> None:
        """Pass on what was ticked."""
        await self._answered(interaction, bool(self._box.values), bool(self._age.values))


def _tick(custom_id: str, value: str, label: str, description: str | None = None) -> ui.CheckboxGroup[Any]:
    return ui.CheckboxGroup(
        custom_id=custom_id,
        required=False,
        min_values=0,
        max_values=1,
        options=[discord.CheckboxGroupOption(label=label, value=value, description=description)],
    )
