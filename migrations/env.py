"""Alembic environment: the engine comes from crm.base.schema; SQLite migrates in one immediate transaction."""

from alembic import context

from crm.base.db import Base
from crm.base.models import load_all

load_all()
engine = context.config.attributes["engine"]
with engine.connect() as connection:
    if connection.dialect.name == "sqlite":
        # a table that is written anew is dropped in between; what refers to it must not go with it
        connection.connection.driver_connection.execute("PRAGMA foreign_keys = OFF")
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_as_batch=connection.dialect.name == "sqlite",
        compare_type=True,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()
    connection.commit()
    if connection.dialect.name == "sqlite":
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").all()
        connection.commit()
        connection.connection.driver_connection.execute("PRAGMA foreign_keys = ON")
        if broken:
            raise RuntimeError(f"the migration left rows that refer to nothing: {broken[:5]}")
