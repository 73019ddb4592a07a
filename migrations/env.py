"""Alembic environment: the engine comes from crm.base.schema; SQLite migrates in one immediate transaction."""

from alembic import context

from crm.base.db import Base
from crm.base.models import load_all

load_all()
engine = context.config.attributes["engine"]
with engine.connect() as connection:
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
