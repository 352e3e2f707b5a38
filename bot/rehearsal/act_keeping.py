"""The last act: what stays of the interview, who gets to see it, and how it goes.

    save -> search -> take along -> a backup -> a yes taken back -> an account erased -> its receipt checked
    -> an old backup restored elsewhere -> every file and the log searched for what was said

Everything is done with the commands that people have, and for the backups with those that operators have.
"""

from __future__ import annotations

import asyncio
import io
import json
import re
import zipfile
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from bot.clock import SystemClock
from bot.holdings import holdings
from bot.installation import Installation
from bot.loopback.entities import walk
from bot.loopback.rest import Upload
from bot.rehearsal.acting import Acting, form_of, line_of
from bot.rehearsal.cast import words
from bot.rehearsal.traces import Searched, holds, search
from bot.storage_command import bring_back, make_backup
from storage.backup import back_up_keyring
from storage.ledger import Purpose
from storage.models import ConsentEvent, Feedback, Turn
from storage.receipts import keys_in_file, keys_of, verify_receipt

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from bot.loopback.callbacks import Modal, Reply
    from bot.rehearsal.story import Rehearsal
    from bot.rehearsal.summary import Summary

FORMATS = ("txt", "srt", "json")
"""Those in which Anna takes her transcript along."""


class WhatIsKept(Acting):
    """The last act."""

    title = "What is kept, and how it goes"

    def __init__(self, rehearsal: Rehearsal, summary: Summary) -> None:
        super().__init__(rehearsal, summary)
        self._clock = SystemClock()

    async def play(self) -> None:
        """Play it, if there are words to keep."""
        if not await self.heard():
            await self.tell("Of Anna or Oleg nothing was written down, so there is nothing to keep.", "scene")
            return
        self._rehearsal.eyes = "anna"
        transcript = await self._saving()
        await self._searching()
        control = await self._taking_along(transcript)
        backup = await self._backing_up()
        before = await self._search(self._stage.folder)
        await self._taking_back()
        stored = await self._sealed("anna")
        there = await self._search(self._stage.folder / "data", stored)
        receipt = await self._erasing(there)
        await self._checking(receipt)
        await self._restoring(backup)
        await self._looking_everywhere(control, before)
        self._rehearsal.at_its_fullest()

    # -- what people do -------------------------------------------------------------------------------------------

    async def _saving(self) -> str:
        """Anna and Oleg keep it, Peter cannot; returns the id of Anna's."""
        for name in ("oleg", "anna"):
            if not await self.choices(name):
                await self.save(name)
        transcript = await self.newest("anna")
        stranger = await self.use("peter", "transcript save")
        await self.tell(f"Peter, who never joined, tries it: “{line_of(stranger)}”")
        kept = _file(await self.use("anna", "transcript export", transcript=transcript, format="txt"))
        agreed, others = ("anna", "oleg"), ("maria", "david", "peter")
        self._check(
            "only the words of those who agreed to that are kept",
            held=all(_has(kept, self._said[name]) for name in agreed)
            and not holds(kept, self.wanted(*others))
            and stranger.modal is None
            and not await self.choices("peter"),
        )
        return transcript

    async def _searching(self) -> None:
        short = sorted(self._said["anna"], key=len)[:5]  # of a long one a search shows the middle
        word, line = max(((w, text) for text in short for w in words(text)), key=lambda pair: len(pair[0]))
        found = await self.use("anna", "transcript search", text=word)
        await self.tell(f"Anna uses /transcript search “{word}”, and finds her sentence.")
        nothing = await self.use("peter", "transcript search", text=word)
        await self.tell(f"Peter looks for it as well: “{line_of(nothing)}”")
        self._check(
            "saved words are found by those who may read them, and by nobody else",
            held=set(words(line)) <= set(words(found.text)) and not holds(nothing.text.encode(), self.wanted("anna")),
        )

    async def _taking_along(self, transcript: str) -> bytes:
        """Returns what Anna has now: readable, so a search must find it there."""
        files = [_file(await self.use("anna", "transcript export", transcript=transcript, format=f)) for f in FORMATS]
        await self.tell(f"Anna takes the transcript along, as {', '.join(FORMATS)}.")
        package = await self.use("anna", "privacy export")
        own = _unpacked(_file(package))
        await self.tell("Anna uses /privacy export: everything that is kept about her, as a file.")
        self._check(
            "people take along what is kept about them, and nothing of others",
            held=all(_has(file, self._said["anna"]) for file in files)
            and _has(own, self._said["anna"])
            and not holds(own, self.wanted("oleg", "maria", "david")),
        )
        return files[0]

    async def _backing_up(self) -> Path:
        """The operator's backup, with everything still in it."""
        made = await make_backup(self._installation(), clock=self._clock)
        await self.tell("The operator makes a backup, as storage backup does.")
        return self._installation().places().content / made["content"]

    async def _taking_back(self) -> None:
        await self.use("oleg", "consent withdraw", scope=Purpose.SAVE.value)
        await self.tell("Oleg takes back that his words may be kept, with /consent withdraw.")
        await self.use("anna", "transcript save", title="Once more")
        again = _file(await self.use("anna", "transcript export", transcript=await self.newest("anna"), format="txt"))
        await self.tell("Anna saves once more; his words are not in it, although he said them before.")
        self._check(
            "a yes taken back counts for the next save",
            held=_has(again, self._said["anna"]) and not holds(again, self.wanted("oleg")),
        )

    async def _erasing(self, there: Searched) -> bytes:
        """Returns the receipt."""
        stage, stores = self._stage, self._stage.app.services.stores
        stored = await self._sealed("anna")
        form = form_of(await self.use("anna", "privacy delete-account"))
        word = _asked_for(form)
        reply = await stage.discord.people.submit(stage.user("anna").id, form, {"word": word})
        await self.tell(f"Anna uses /privacy delete-account, types “{word}” and gets a receipt.")
        receipt = _file(reply)
        left = await self._search(stage.folder / "data", stored)
        now = self._clock.now()
        held = await holdings(stores, stage.user("anna").id, at=now)
        checked = verify_receipt(
            json.loads(receipt),
            public_key=stores.secrets.public_key,
            keyrings={"the keyring": await keys_of(stores.databases.keyring)},
        )
        olegs = _file(await self.use("oleg", "transcript export", transcript=await self.newest("oleg"), format="txt"))
        self._figures["rows of Anna after it"] = f"{sum(each.rows for each in held)}"
        self._figures["keys destroyed"] = f"{checked.keys}"
        self._check(
            "an erased account leaves no row, no key and no byte in the data",
            held=not held and checked.holds and checked.keys > 0 and bool(there.found) and not left.found,
        )
        self._check(
            "her words are gone from what others saved, and theirs are not",
            held=not holds(olegs, self.wanted("anna")) and _has(olegs, self._said["oleg"]),
        )
        return receipt

    async def _checking(self, receipt: bytes) -> None:
        changed = json.loads(receipt) | {"erased_at": "2026-01-01T00:00:00+00:00"}
        good, bad = [
            await self.use("peter", "privacy receipt", file=Upload(0, "receipt.json", "application/json", data))
            for data in (receipt, json.dumps(changed).encode())
        ]
        await self.tell(f"Anybody may check it; Peter does: “{line_of(good)}”")
        await self.tell(f"He changes its date and tries again: “{line_of(bad)}”")
        public_key = self._stage.app.services.stores.secrets.public_key
        self._check(
            "the receipt is confirmed, and a changed one is not",
            held="✅" in good.text
            and "✅" not in bad.text
            and verify_receipt(json.loads(receipt), public_key=public_key).holds
            and not verify_receipt(changed, public_key=public_key).holds,
        )

    async def _restoring(self, backup: Path) -> None:
        """What the operator's backup brings back, in another place."""
        stage, installation = self._stage, self._installation()
        # The bot does this by itself within half a minute of a change; nobody shall wait for it here.
        await asyncio.to_thread(back_up_keyring, installation.places(), now=self._clock.now())
        gone = await keys_in_file(installation.places().keyring / "keyring.db")
        elsewhere = stage.settings.model_copy(update={"data_dir": str(stage.folder / "restored")})
        restored = Installation(elsewhere, installation.operations)
        await bring_back(restored, backup, clock=self._clock)
        async with restored.stores() as stores:
            now = self._clock.now()
            anna = await holdings(stores, stage.user("anna").id, at=now)
            oleg = await holdings(stores, stage.user("oleg").id, at=now)
            keys = await keys_of(stores.databases.keyring)
        await self.tell("The operator restores the backup that was made before: Anna is not in it any more.")
        self._check("an old backup brings nobody back", held=not anna and bool(oleg) and keys <= gone)

    async def _looking_everywhere(self, control: bytes, before: Searched) -> None:
        """In every file of the bot and in its log, for every few words that anybody said."""
        said, log = self.everything(), self._rehearsal.log
        after = await self._search(self._stage.folder)
        self._figures["log lines searched"] = f"{log.lines}"
        await self.tell(
            f"Every four words that anybody said, wrote or read are looked for in all {after.files} files and "
            f"{log.lines} lines of log: data, backups, keys, temporary files.",
            "scene",
        )
        self._check(
            "nothing that was said can be read in any file, backup or log",
            held=holds(control, said)
            and before.files > 0
            and not before.found
            and not after.found
            and not holds(log.content, said),
        )

    # -- helpers --------------------------------------------------------------------------------------------------

    def _installation(self) -> Installation:
        return Installation(self._stage.settings, self._stage.operations)

    async def _search(self, folder: Path, wanted: Iterable[bytes] | None = None) -> Searched:
        found = await asyncio.to_thread(search, folder, self.everything() if wanted is None else wanted)
        if wanted is None:
            self._figures["files searched"] = f"{found.files}"
            self._figures["bytes searched"] = f"{found.size:,}"
            self._figures["files with words in them"] = f"{len(found.found)}"
        return found

    async def _sealed(self, name: str) -> Sequence[bytes]:
        """What is stored of somebody: their sealed words, the salts of their consents, what they are found by."""
        stores, user_id = self._stage.app.services.stores, self._stage.user(name).id
        subject = await stores.subjects.find(user_id)
        async with stores.databases.content.read() as connection:
            bodies = await connection.execute(select(Turn.enc_body).where(Turn.speaker_id == subject))
            salts = await connection.execute(select(ConsentEvent.salt).where(ConsentEvent.subject_id == subject))
            judged = await connection.execute(select(Feedback.enc_body).where(Feedback.owner_id == subject))
            turns, consents = [body for body in bodies.scalars() if body], list(salts.scalars())
            feedback = list(judged.scalars())
        self._figures["sealed lines of Anna"] = f"{len(turns)}"
        self._figures["consents of Anna"] = f"{len(consents)}"
        if feedback:
            self._figures["sealed feedback of Anna"] = f"{len(feedback)}"
        return [*turns, *consents, *feedback, stores.subjects.index(user_id)]


def _file(reply: Reply) -> bytes:
    """The file that came with an answer; nothing if none came."""
    message = reply.message
    return message.attachments[0].data if message is not None and message.attachments else b""


def _unpacked(package: bytes) -> bytes:
    """Every file of a ZIP, one after the other."""
    with zipfile.ZipFile(io.BytesIO(package)) as opened:
        return b"\n".join(opened.read(name) for name in opened.namelist())


_BETWEEN_CUES: Final = re.compile(r"\n\s*\d+\n[\d:, ]+-->[\d:, ]+\n")


def _has(file: bytes, texts: Iterable[str]) -> bool:
    """Whether every one of *texts* is in a file; JSON may have escaped them, and subtitles broken them into cues."""
    shown = " ".join(_BETWEEN_CUES.sub("\n", file.decode("utf-8", "replace")).split())
    return all(text in shown or json.dumps(text)[1:-1] in shown for text in texts)


def _asked_for(form: Modal) -> str:
    """The word that a form asks for stands in its empty field."""
    fields: list[Any] = [component for component in walk(form.components) if component.get("placeholder")]
    return str(fields[0]["placeholder"])
