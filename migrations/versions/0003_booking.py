"""Booking: engines, wishes, own calendars, conflicts, replies, proposals"""

import sqlalchemy as sa

import crm.base.db
from alembic import op
from sqlalchemy.dialects import postgresql
revision = '0003'
down_revision = '0002'
branch_labels = None
depends_on = None


def status() -> sa.CheckConstraint:
    """The table is written anew on SQLite, which does not read checks back."""
    return sa.CheckConstraint("status IN ('CONFIRMED','CANCELLED')", name=op.f('ck_calendar_events_status'))


def one_event_a_consultant() -> None:
    """An engagement that went to another consultant has an event with each of them."""
    with op.batch_alter_table('calendar_events', table_args=(status(),)) as batch:
        batch.drop_constraint(op.f('uq_calendar_events_uid'), type_='unique')
        batch.create_unique_constraint(op.f('uq_calendar_events_uid_consultant_id'), ['uid', 'consultant_id'])


def one_event_again() -> None:
    """Cancelled events of former consultants are lost."""
    op.execute(
        "DELETE FROM calendar_events WHERE status = 'CANCELLED' AND EXISTS (SELECT 1 FROM calendar_events other "
        "WHERE other.uid = calendar_events.uid AND other.id <> calendar_events.id "
        "AND (other.status = 'CONFIRMED' OR other.id > calendar_events.id))"
    )
    with op.batch_alter_table('calendar_events', table_args=(status(),)) as batch:
        batch.drop_constraint(op.f('uq_calendar_events_uid_consultant_id'), type_='unique')
        batch.create_unique_constraint(op.f('uq_calendar_events_uid'), ['uid'])


def places_by_address(sources: str) -> None:
    """How well a workplace's place may be known."""
    check = sa.CheckConstraint(f'geo_source IN ({sources})', name=op.f('ck_workplaces_geo_source'))
    if op.get_bind().dialect.name == 'sqlite':
        # the table is written anew, and without its former check, which is not read back
        with op.batch_alter_table('workplaces', table_args=(check,), recreate='always'):
            pass
        return
    op.drop_constraint(op.f('ck_workplaces_geo_source'), 'workplaces', type_='check')
    op.create_check_constraint(op.f('ck_workplaces_geo_source'), 'workplaces', f'geo_source IN ({sources})')


def upgrade() -> None:
    op.create_table('conflict_checks',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
    sa.Column('last_activity_id', sa.Integer(), nullable=False),
    sa.Column('gaps', sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), 'postgresql'), nullable=False),
    sa.Column('ran_at', crm.base.db.UTCDateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_conflict_checks'))
    )
    op.create_table('incoming_mail',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('message_id', sa.String(length=300), nullable=False),
    sa.Column('meant', sa.String(length=10), nullable=False),
    sa.Column('at', crm.base.db.UTCDateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_incoming_mail')),
    sa.UniqueConstraint('message_id', name=op.f('uq_incoming_mail_message_id'))
    )
    op.create_table('travel_legs',
    sa.Column('engine', sa.String(length=40), nullable=False),
    sa.Column('from_lat', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('from_lon', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('to_lat', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('to_lon', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('km', sa.Float(), nullable=False),
    sa.Column('minutes', sa.Integer(), nullable=False),
    sa.Column('ferry', sa.String(length=200), nullable=True),
    sa.Column('reachable', sa.Boolean(), nullable=False),
    sa.Column('asked_at', crm.base.db.UTCDateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('engine', 'from_lat', 'from_lon', 'to_lat', 'to_lon', name=op.f('pk_travel_legs'))
    )
    op.create_index('ix_travel_legs_asked_at', 'travel_legs', ['asked_at'], unique=False)
    op.create_table('busy_sources',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('consultant_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('kind', sa.String(length=10), nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('address', sa.Text(), nullable=False),
    sa.Column('username', sa.Text(), nullable=False),
    sa.Column('password', sa.Text(), nullable=False),
    sa.Column('collection', sa.Text(), nullable=False),
    sa.Column('writes', sa.Boolean(), nullable=False),
    sa.Column('reads', sa.Boolean(), nullable=False),
    sa.Column('ending_at', crm.base.db.UTCDateTime(timezone=True), nullable=True),
    sa.Column('sync_token', sa.Text(), nullable=True),
    sa.Column('etag', sa.String(length=300), nullable=True),
    sa.Column('last_modified', sa.String(length=100), nullable=True),
    sa.Column('created_at', crm.base.db.UTCDateTime(timezone=True), nullable=False),
    sa.Column('checked_at', crm.base.db.UTCDateTime(timezone=True), nullable=True),
    sa.Column('read_at', crm.base.db.UTCDateTime(timezone=True), nullable=True),
    sa.Column('next_at', crm.base.db.UTCDateTime(timezone=True), nullable=False),
    sa.Column('failing_since', crm.base.db.UTCDateTime(timezone=True), nullable=True),
    sa.Column('failures', sa.Integer(), nullable=False),
    sa.Column('last_error', sa.Text(), nullable=True),
    sa.CheckConstraint("kind IN ('ics','caldav')", name=op.f('ck_busy_sources_kind')),
    sa.ForeignKeyConstraint(['consultant_id'], ['users.id'], name=op.f('fk_busy_sources_consultant_id_users'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_busy_sources'))
    )
    op.create_index(op.f('ix_busy_sources_consultant_id'), 'busy_sources', ['consultant_id'], unique=False)
    op.create_index(op.f('ix_busy_sources_next_at'), 'busy_sources', ['next_at'], unique=False)
    op.create_table('calendar_wishes',
    sa.Column('consultant_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
    sa.Column('lunch_minutes', sa.Integer(), nullable=False),
    sa.Column('lunch_from', sa.Integer(), nullable=False),
    sa.Column('lunch_to', sa.Integer(), nullable=False),
    sa.Column('notice_hours', sa.Integer(), nullable=False),
    sa.Column('horizon_days', sa.Integer(), nullable=True),
    sa.Column('areas', sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), 'postgresql'), nullable=False),
    sa.CheckConstraint('lunch_minutes BETWEEN 0 AND 120 AND lunch_from + lunch_minutes <= lunch_to', name=op.f('ck_calendar_wishes_lunch')),
    sa.CheckConstraint('notice_hours >= 0 AND (horizon_days IS NULL OR horizon_days > 0)', name=op.f('ck_calendar_wishes_notice')),
    sa.ForeignKeyConstraint(['consultant_id'], ['users.id'], name=op.f('fk_calendar_wishes_consultant_id_users'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('consultant_id', name=op.f('pk_calendar_wishes'))
    )
    op.create_table('weekday_bases',
    sa.Column('consultant_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
    sa.Column('weekday', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('postcode', sa.String(length=4), nullable=False),
    sa.Column('lat', sa.Float(), nullable=False),
    sa.Column('lon', sa.Float(), nullable=False),
    sa.CheckConstraint('weekday BETWEEN 0 AND 6', name=op.f('ck_weekday_bases_weekday')),
    sa.ForeignKeyConstraint(['consultant_id'], ['users.id'], name=op.f('fk_weekday_bases_consultant_id_users'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('consultant_id', 'weekday', name=op.f('pk_weekday_bases'))
    )
    op.create_table('busy_objects',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('source_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('href', sa.String(length=500), nullable=False),
    sa.Column('etag', sa.String(length=300), nullable=True),
    sa.Column('text', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['source_id'], ['busy_sources.id'], name=op.f('fk_busy_objects_source_id_busy_sources'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_busy_objects')),
    sa.UniqueConstraint('source_id', 'href', name=op.f('uq_busy_objects_source_id_href'))
    )
    op.create_table('calendar_copies',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('source_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('uid', sa.String(length=120), nullable=False),
    sa.Column('href', sa.Text(), nullable=False),
    sa.Column('etag', sa.String(length=300), nullable=True),
    sa.Column('sequence', sa.Integer(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('written_at', crm.base.db.UTCDateTime(timezone=True), nullable=True),
    sa.Column('theirs_change', sa.String(length=10), nullable=True),
    sa.Column('theirs_starts_at', crm.base.db.UTCDateTime(timezone=True), nullable=True),
    sa.Column('theirs_ends_at', crm.base.db.UTCDateTime(timezone=True), nullable=True),
    sa.Column('theirs_seen_at', crm.base.db.UTCDateTime(timezone=True), nullable=True),
    sa.Column('settled_starts_at', crm.base.db.UTCDateTime(timezone=True), nullable=True),
    sa.Column('settled_ends_at', crm.base.db.UTCDateTime(timezone=True), nullable=True),
    sa.CheckConstraint("state IN ('wanted','written','gone','failed')", name=op.f('ck_calendar_copies_state')),
    sa.CheckConstraint("theirs_change IS NULL OR theirs_change IN ('moved','deleted')", name=op.f('ck_calendar_copies_theirs_change')),
    sa.ForeignKeyConstraint(['source_id'], ['busy_sources.id'], name=op.f('fk_calendar_copies_source_id_busy_sources'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_calendar_copies')),
    sa.UniqueConstraint('source_id', 'uid', name=op.f('uq_calendar_copies_source_id_uid'))
    )
    op.create_index(op.f('ix_calendar_copies_uid'), 'calendar_copies', ['uid'], unique=False)
    op.create_table('slot_weights',
    sa.Column('jobcentre_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
    sa.Column('fairness_min', sa.Integer(), nullable=False),
    sa.Column('earliness_min', sa.Integer(), nullable=False),
    sa.CheckConstraint('fairness_min BETWEEN 0 AND 240 AND earliness_min BETWEEN 0 AND 240', name=op.f('ck_slot_weights_minutes')),
    sa.ForeignKeyConstraint(['jobcentre_id'], ['jobcentres.id'], name=op.f('fk_slot_weights_jobcentre_id_jobcentres'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('jobcentre_id', name=op.f('pk_slot_weights'))
    )
    op.create_table('busy_times',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('source_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('object_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('consultant_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('starts_at', crm.base.db.UTCDateTime(timezone=True), nullable=False),
    sa.Column('ends_at', crm.base.db.UTCDateTime(timezone=True), nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('all_day', sa.Boolean(), nullable=False),
    sa.CheckConstraint("kind IN ('BUSY','BUSY-TENTATIVE','BUSY-UNAVAILABLE')", name=op.f('ck_busy_times_kind')),
    sa.CheckConstraint('starts_at < ends_at', name=op.f('ck_busy_times_span')),
    sa.ForeignKeyConstraint(['consultant_id'], ['users.id'], name=op.f('fk_busy_times_consultant_id_users'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['object_id'], ['busy_objects.id'], name=op.f('fk_busy_times_object_id_busy_objects'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['source_id'], ['busy_sources.id'], name=op.f('fk_busy_times_source_id_busy_sources'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_busy_times'))
    )
    op.create_index('ix_busy_times_consultant_id_starts_at', 'busy_times', ['consultant_id', 'starts_at'], unique=False)
    op.create_index(op.f('ix_busy_times_object_id'), 'busy_times', ['object_id'], unique=False)
    op.create_index(op.f('ix_busy_times_source_id'), 'busy_times', ['source_id'], unique=False)
    op.create_table('geocodings',
    sa.Column('workplace_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
    sa.Column('asked', sa.String(length=500), nullable=False),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('matched', sa.String(length=500), nullable=False),
    sa.Column('at', crm.base.db.UTCDateTime(timezone=True), nullable=False),
    sa.Column('tries', sa.Integer(), nullable=False),
    sa.Column('next_at', crm.base.db.UTCDateTime(timezone=True), nullable=True),
    sa.CheckConstraint("state IN ('found','unclear','unknown','failed')", name=op.f('ck_geocodings_state')),
    sa.ForeignKeyConstraint(['workplace_id'], ['workplaces.id'], name=op.f('fk_geocodings_workplace_id_workplaces'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('workplace_id', name=op.f('pk_geocodings'))
    )
    op.create_table('move_proposals',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('visit_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('source_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('starts_at', crm.base.db.UTCDateTime(timezone=True), nullable=True),
    sa.Column('ends_at', crm.base.db.UTCDateTime(timezone=True), nullable=True),
    sa.Column('made_at', crm.base.db.UTCDateTime(timezone=True), nullable=False),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('settled_at', crm.base.db.UTCDateTime(timezone=True), nullable=True),
    sa.Column('settled_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.CheckConstraint("state IN ('open','accepted','refused','lapsed')", name=op.f('ck_move_proposals_state')),
    sa.ForeignKeyConstraint(['settled_by'], ['users.id'], name=op.f('fk_move_proposals_settled_by_users')),
    sa.ForeignKeyConstraint(['source_id'], ['busy_sources.id'], name=op.f('fk_move_proposals_source_id_busy_sources'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['visit_id'], ['visits.id'], name=op.f('fk_move_proposals_visit_id_visits'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_move_proposals'))
    )
    op.create_index(op.f('ix_move_proposals_visit_id'), 'move_proposals', ['visit_id'], unique=False)
    op.create_index('uq_move_proposals_open', 'move_proposals', ['visit_id'], unique=True, postgresql_where=sa.text("state = 'open'"), sqlite_where=sa.text("state = 'open'"))
    op.create_table('visit_conflicts',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('visit_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('reason', sa.String(length=20), nullable=False),
    sa.Column('data', sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), 'postgresql'), nullable=False),
    sa.Column('signature', sa.String(length=200), nullable=False),
    sa.Column('found_at', crm.base.db.UTCDateTime(timezone=True), nullable=False),
    sa.Column('told_at', crm.base.db.UTCDateTime(timezone=True), nullable=True),
    sa.Column('settled_at', crm.base.db.UTCDateTime(timezone=True), nullable=True),
    sa.Column('settled_how', sa.String(length=10), nullable=True),
    sa.Column('settled_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('accepted_because', sa.String(length=300), nullable=False),
    sa.CheckConstraint("settled_how IS NULL OR settled_how IN ('fits','changed','over','accepted')", name=op.f('ck_visit_conflicts_settled_how')),
    sa.ForeignKeyConstraint(['settled_by'], ['users.id'], name=op.f('fk_visit_conflicts_settled_by_users')),
    sa.ForeignKeyConstraint(['visit_id'], ['visits.id'], name=op.f('fk_visit_conflicts_visit_id_visits'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_visit_conflicts'))
    )
    op.create_index(op.f('ix_visit_conflicts_visit_id'), 'visit_conflicts', ['visit_id'], unique=False)
    op.create_index('uq_visit_conflicts_open', 'visit_conflicts', ['visit_id'], unique=True, postgresql_where=sa.text('settled_at IS NULL'), sqlite_where=sa.text('settled_at IS NULL'))
    op.create_table('visit_replies',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('visit_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('party', sa.String(length=10), nullable=False),
    sa.Column('email', sa.String(length=254), nullable=False),
    sa.Column('partstat', sa.String(length=10), nullable=False),
    sa.Column('sequence', sa.Integer(), nullable=False),
    sa.Column('comment', sa.Text(), nullable=False),
    sa.Column('at', crm.base.db.UTCDateTime(timezone=True), nullable=False),
    sa.Column('message_id', sa.String(length=300), nullable=False),
    sa.CheckConstraint("partstat IN ('ACCEPTED','DECLINED','TENTATIVE')", name=op.f('ck_visit_replies_partstat')),
    sa.CheckConstraint("party IN ('company','consultant')", name=op.f('ck_visit_replies_party')),
    sa.ForeignKeyConstraint(['visit_id'], ['visits.id'], name=op.f('fk_visit_replies_visit_id_visits'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_visit_replies')),
    sa.UniqueConstraint('message_id', name=op.f('uq_visit_replies_message_id'))
    )
    op.create_index(op.f('ix_visit_replies_visit_id'), 'visit_replies', ['visit_id'], unique=False)
    op.add_column('calendar_events', sa.Column('stamp', sa.BigInteger(), server_default='0', nullable=False))
    one_event_a_consultant()
    places_by_address("'file','address','street','postcode','none'")
    op.add_column('feed_links', sa.Column('kind', sa.String(length=10), server_default='own', nullable=False))
    op.add_column('feed_links', sa.Column('gone_at', crm.base.db.UTCDateTime(timezone=True), nullable=True))
    op.add_column('outbox', sa.Column('reply_to', sa.String(length=254), nullable=True))


def downgrade() -> None:
    op.drop_column('outbox', 'reply_to')
    op.drop_column('feed_links', 'gone_at')
    op.drop_column('feed_links', 'kind')
    one_event_again()
    op.execute("UPDATE workplaces SET geo_source = 'file' WHERE geo_source IN ('address','street')")
    places_by_address("'file','postcode','none'")
    op.drop_column('calendar_events', 'stamp')
    op.drop_index(op.f('ix_visit_replies_visit_id'), table_name='visit_replies')
    op.drop_table('visit_replies')
    op.drop_index('uq_visit_conflicts_open', table_name='visit_conflicts', postgresql_where=sa.text('settled_at IS NULL'), sqlite_where=sa.text('settled_at IS NULL'))
    op.drop_index(op.f('ix_visit_conflicts_visit_id'), table_name='visit_conflicts')
    op.drop_table('visit_conflicts')
    op.drop_index('uq_move_proposals_open', table_name='move_proposals', postgresql_where=sa.text("state = 'open'"), sqlite_where=sa.text("state = 'open'"))
    op.drop_index(op.f('ix_move_proposals_visit_id'), table_name='move_proposals')
    op.drop_table('move_proposals')
    op.drop_table('geocodings')
    op.drop_index(op.f('ix_busy_times_source_id'), table_name='busy_times')
    op.drop_index(op.f('ix_busy_times_object_id'), table_name='busy_times')
    op.drop_index('ix_busy_times_consultant_id_starts_at', table_name='busy_times')
    op.drop_table('busy_times')
    op.drop_table('slot_weights')
    op.drop_index(op.f('ix_calendar_copies_uid'), table_name='calendar_copies')
    op.drop_table('calendar_copies')
    op.drop_table('busy_objects')
    op.drop_table('weekday_bases')
    op.drop_table('calendar_wishes')
    op.drop_index(op.f('ix_busy_sources_next_at'), table_name='busy_sources')
    op.drop_index(op.f('ix_busy_sources_consultant_id'), table_name='busy_sources')
    op.drop_table('busy_sources')
    op.drop_index('ix_travel_legs_asked_at', table_name='travel_legs')
    op.drop_table('travel_legs')
    op.drop_table('incoming_mail')
    op.drop_table('conflict_checks')
