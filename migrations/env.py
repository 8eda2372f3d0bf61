"""Alembic environment of the register: each migration is one transaction, so an interrupted one can simply be repeated.

Used in two ways: the kiosk hands over an open connection (``config.attributes["connection"]``); on the command line
``-x register=PATH`` opens that register with its machine key.
"""

from __future__ import annotations

from pathlib import Path

from alembic import context
from sqlalchemy.engine import Connection

from ktpel_kiosk.register.keys import KeyStore
from ktpel_kiosk.register.migrate import finish_version, migration_engine
from ktpel_kiosk.register.rows import PermohonanRow


def run(connection: Connection) -> None:
    context.configure(
        connection=connection, target_metadata=PermohonanRow.metadata, transaction_per_migration=True, transactional_ddl=True,
        on_version_apply=finish_version, compare_type=False,
    )
    with context.begin_transaction():
        context.run_migrations()


def run_by_hand() -> None:
    named = context.get_x_argument(as_dictionary=True).get("register")
    if not named:
        raise SystemExit("Name the register: alembic -c migrations/alembic.ini -x register=PATH COMMAND")
    path = Path(named)
    engine = migration_engine(path, KeyStore(path.with_name("register.key")).unlock_with_machine())
    try:
        with engine.connect() as connection:
            run(connection)
    finally:
        engine.dispose()


if context.is_offline_mode():
    raise SystemExit("The register is encrypted: migrations run online only.")
handed_over = context.config.attributes.get("connection")
if handed_over is None:
    run_by_hand()
else:
    run(handed_over)
