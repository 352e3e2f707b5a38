"""What both databases' `env.py` do: run the steps on the connection that `Database.migrate` hands over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, cast

from alembic import context

from storage.models import Moment

if TYPE_CHECKING:
    from sqlalchemy import Connection, MetaData


def _render(kind: str, item: object, _context: object) -> str | Literal[False]:
    # A step is never changed after its release, so it must not lean on models that are.
    return "sa.BigInteger()" if kind == "type" and isinstance(item, Moment) else False


def run(metadata: MetaData) -> None:
    """Run the steps inside the transaction that the connection is in."""
    connection = cast("Connection", context.config.attributes["connection"])
    context.configure(
        connection=connection,
        target_metadata=metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        compare_type=True,
        render_item=_render,
    )
    with context.begin_transaction():
        context.run_migrations()
