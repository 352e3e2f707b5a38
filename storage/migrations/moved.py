"""What went from one database to the other: taken along before the step that drops it, and as often as one likes.

Who is never to be heard was kept in the content until its form 0006. A restored backup of that time still has it there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import Date, LargeBinary, Uuid, column, insert, inspect, select, table

from storage.models import OptOut, Tombstone

if TYPE_CHECKING:
    from storage.database import Database

_OPT_OUT = table("opt_out", column("subject_id", Uuid), column("created_day", Date))
_SUBJECT = table("subject", column("id", Uuid), column("idx", LargeBinary))


async def move_opt_outs(content: Database, keyring: Database) -> int:
    """Put down in the keyring who is never to be heard according to an older content, and return how many those were.

    The keyring is at its newest form; the content may be at any, or have no tables yet.
    """
    async with content.read() as connection:
        if not await connection.run_sync(lambda living: inspect(living).has_table(_OPT_OUT.name)):
            return 0
        found = await connection.execute(
            select(_SUBJECT.c.id, _SUBJECT.c.idx, _OPT_OUT.c.created_day).join_from(
                _OPT_OUT, _SUBJECT, _SUBJECT.c.id == _OPT_OUT.c.subject_id
            )
        )
        rows = found.all()
    async with keyring.write() as connection:
        known = set((await connection.execute(select(OptOut.idx))).scalars())
        erased = set((await connection.execute(select(Tombstone.subject_id))).scalars())
        new = [
            {"subject_id": subject, "idx": idx, "created_day": day}
            for subject, idx, day in rows
            if idx not in known and subject not in erased
        ]
        if new:
            await connection.execute(insert(OptOut), new)
    return len(new)
