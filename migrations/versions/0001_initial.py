"""The tables of the chain"""

import sqlalchemy as sa

import crm.base.db
from alembic import op
from sqlalchemy.dialects import postgresql
revision = '0001'
down_revision = None
branch_labels = None
depends_on = None


# No two visits of a consultant overlap while in a state that takes time: refused by the database itself.
OVERLAP = {
    "postgresql": (
        "ALTER TABLE visits ADD CONSTRAINT visit_overlap EXCLUDE USING gist (int8range(consultant_id, consultant_id, '[]') WITH &&, tstzrange(starts_at, ends_at) WITH &&) WHERE (state IN ('booked','held','nobody_there'))",
    ),
    "sqlite": (
        "CREATE TRIGGER visit_overlap_insert BEFORE INSERT ON visits WHEN NEW.state IN ('booked','held','nobody_there') BEGIN SELECT RAISE(ABORT, 'visit_overlap') WHERE EXISTS (SELECT 1 FROM visits WHERE consultant_id = NEW.consultant_id AND id IS NOT NEW.id AND state IN ('booked','held','nobody_there') AND starts_at < NEW.ends_at AND NEW.starts_at < ends_at); END",
        "CREATE TRIGGER visit_overlap_update BEFORE UPDATE OF starts_at, ends_at, state, consultant_id ON visits WHEN NEW.state IN ('booked','held','nobody_there') BEGIN SELECT RAISE(ABORT, 'visit_overlap') WHERE EXISTS (SELECT 1 FROM visits WHERE consultant_id = NEW.consultant_id AND id IS NOT NEW.id AND state IN ('booked','held','nobody_there') AND starts_at < NEW.ends_at AND NEW.starts_at < ends_at); END",
    ),
}


def upgrade() -> None:
    op.create_table('activity',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('at', crm.base.db.UTCDateTime(timezone=True), nullable=False),
    sa.Column('actor_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('actor_name', sa.String(length=200), nullable=False),
    sa.Column('verb', sa.String(length=60), nullable=False),
    sa.Column('subject_type', sa.String(length=40), nullable=False),
    sa.Column('subject_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('workplace_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('campaign_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('data', sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), 'postgresql'), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_activity'))
    )
    op.create_index(op.f('ix_activity_at'), 'activity', ['at'], unique=False)
    op.create_index('ix_activity_subject', 'activity', ['subject_type', 'subject_id'], unique=False)
    op.create_index('ix_activity_workplace_id_at', 'activity', ['workplace_id', 'at'], unique=False)
    op.create_table('calling_firms',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_calling_firms')),
    sa.UniqueConstraint('name', name=op.f('uq_calling_firms_name'))
    )
    op.create_table('campaigns',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('starts_on', sa.Date(), nullable=False),
    sa.Column('ends_on', sa.Date(), nullable=False),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('calls_from', sa.Integer(), nullable=False),
    sa.Column('calls_to', sa.Integer(), nullable=False),
    sa.Column('calls_any_day', sa.Boolean(), nullable=False),
    sa.Column('max_attempts', sa.Integer(), nullable=False),
    sa.Column('visit_minutes', sa.Integer(), nullable=False),
    sa.Column('margin_minutes', sa.Integer(), nullable=False),
    sa.Column('horizon_days', sa.Integer(), nullable=False),
    sa.Column('notice_hours', sa.Integer(), nullable=False),
    sa.Column('target_visits', sa.Integer(), nullable=True),
    sa.Column('script', sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), 'postgresql'), nullable=False),
    sa.Column('information_text', sa.Text(), nullable=False),
    sa.Column('created_at', crm.base.db.UTCDateTime(timezone=True), nullable=False),
    sa.CheckConstraint("state IN ('open','closed')", name=op.f('ck_campaigns_state')),
    sa.CheckConstraint('starts_on <= ends_on', name=op.f('ck_campaigns_dates')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_campaigns')),
    sa.UniqueConstraint('name', name=op.f('uq_campaigns_name'))
    )
    op.create_table('companies',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('cvr_number', sa.String(length=8), nullable=False),
    sa.Column('name', sa.String(length=300), nullable=False),
    sa.Column('created_at', crm.base.db.UTCDateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_companies')),
    sa.UniqueConstraint('cvr_number', name=op.f('uq_companies_cvr_number'))
    )
    op.create_table('outbox',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('channel', sa.String(length=10), nullable=False),
    sa.Column('dedupe_key', sa.String(length=200), nullable=False),
    sa.Column('recipient', sa.String(length=254), nullable=False),
    sa.Column('subject', sa.String(length=300), nullable=False),
    sa.Column('body_text', sa.Text(), nullable=False),
    sa.Column('body_html', sa.Text(), nullable=True),
    sa.Column('attachments', sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), 'postgresql'), nullable=False),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('created_at', crm.base.db.UTCDateTime(timezone=True), nullable=False),
    sa.Column('not_before', crm.base.db.UTCDateTime(timezone=True), nullable=False),
    sa.Column('lease_until', crm.base.db.UTCDateTime(timezone=True), nullable=True),
    sa.Column('sent_at', crm.base.db.UTCDateTime(timezone=True), nullable=True),
    sa.Column('last_error', sa.Text(), nullable=True),
    sa.Column('workplace_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.CheckConstraint("state IN ('pending','sending','sent','failed','unknown')", name=op.f('ck_outbox_state')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_outbox')),
    sa.UniqueConstraint('dedupe_key', name=op.f('uq_outbox_dedupe_key'))
    )
    op.create_index('ix_outbox_due', 'outbox', ['not_before'], unique=False, postgresql_where=sa.text("state IN ('pending','sending')"), sqlite_where=sa.text("state IN ('pending','sending')"))
    op.create_index(op.f('ix_outbox_workplace_id'), 'outbox', ['workplace_id'], unique=False)
    op.create_table('regions',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('key', sa.String(length=40), nullable=False),
    sa.Column('name', sa.String(length=100), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_regions')),
    sa.UniqueConstraint('key', name=op.f('uq_regions_key'))
    )
    op.create_table('users',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('email', sa.String(length=254), nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('initials', sa.String(length=6), nullable=False),
    sa.Column('title', sa.String(length=80), nullable=False),
    sa.Column('phone', sa.String(length=20), nullable=True),
    sa.Column('password_hash', sa.String(length=200), nullable=False),
    sa.Column('session_key', sa.String(length=32), nullable=False),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.Column('created_at', crm.base.db.UTCDateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_users')),
    sa.UniqueConstraint('email', name=op.f('uq_users_email'))
    )
    op.create_table('absences',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('consultant_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('starts_at', crm.base.db.UTCDateTime(timezone=True), nullable=False),
    sa.Column('ends_at', crm.base.db.UTCDateTime(timezone=True), nullable=False),
    sa.Column('title', sa.String(length=120), nullable=False),
    sa.CheckConstraint('starts_at < ends_at', name=op.f('ck_absences_span')),
    sa.ForeignKeyConstraint(['consultant_id'], ['users.id'], name=op.f('fk_absences_consultant_id_users'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_absences'))
    )
    op.create_index('ix_absences_consultant_id_starts_at', 'absences', ['consultant_id', 'starts_at'], unique=False)
    op.create_table('api_tokens',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('user_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('token_hash', sa.String(length=64), nullable=False),
    sa.Column('created_at', crm.base.db.UTCDateTime(timezone=True), nullable=False),
    sa.Column('revoked_at', crm.base.db.UTCDateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_api_tokens_user_id_users'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_api_tokens')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_api_tokens_token_hash'))
    )
    op.create_index(op.f('ix_api_tokens_user_id'), 'api_tokens', ['user_id'], unique=False)
    op.create_table('calendar_events',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('uid', sa.String(length=120), nullable=False),
    sa.Column('consultant_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('starts_at', crm.base.db.UTCDateTime(timezone=True), nullable=False),
    sa.Column('ends_at', crm.base.db.UTCDateTime(timezone=True), nullable=False),
    sa.Column('summary', sa.String(length=300), nullable=False),
    sa.Column('location', sa.String(length=400), nullable=False),
    sa.Column('description', sa.Text(), nullable=False),
    sa.Column('status', sa.String(length=10), nullable=False),
    sa.Column('sequence', sa.Integer(), nullable=False),
    sa.Column('updated_at', crm.base.db.UTCDateTime(timezone=True), nullable=False),
    sa.CheckConstraint("status IN ('CONFIRMED','CANCELLED')", name=op.f('ck_calendar_events_status')),
    sa.ForeignKeyConstraint(['consultant_id'], ['users.id'], name=op.f('fk_calendar_events_consultant_id_users'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_calendar_events')),
    sa.UniqueConstraint('uid', name=op.f('uq_calendar_events_uid'))
    )
    op.create_index('ix_calendar_events_consultant_id_starts_at', 'calendar_events', ['consultant_id', 'starts_at'], unique=False)
    op.create_table('calendar_profiles',
    sa.Column('consultant_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
    sa.Column('base_name', sa.String(length=120), nullable=False),
    sa.Column('base_postcode', sa.String(length=4), nullable=False),
    sa.Column('base_lat', sa.Float(), nullable=False),
    sa.Column('base_lon', sa.Float(), nullable=False),
    sa.Column('max_visits_a_day', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['consultant_id'], ['users.id'], name=op.f('fk_calendar_profiles_consultant_id_users'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('consultant_id', name=op.f('pk_calendar_profiles'))
    )
    op.create_table('feed_links',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('consultant_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('token_hash', sa.String(length=64), nullable=False),
    sa.Column('created_at', crm.base.db.UTCDateTime(timezone=True), nullable=False),
    sa.Column('revoked_at', crm.base.db.UTCDateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['consultant_id'], ['users.id'], name=op.f('fk_feed_links_consultant_id_users'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_feed_links')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_feed_links_token_hash'))
    )
    op.create_index(op.f('ix_feed_links_consultant_id'), 'feed_links', ['consultant_id'], unique=False)
    op.create_table('import_batches',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('filename', sa.String(length=300), nullable=False),
    sa.Column('started_at', crm.base.db.UTCDateTime(timezone=True), nullable=False),
    sa.Column('finished_at', crm.base.db.UTCDateTime(timezone=True), nullable=True),
    sa.Column('actor_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('read', sa.Integer(), nullable=False),
    sa.Column('new', sa.Integer(), nullable=False),
    sa.Column('updated', sa.Integer(), nullable=False),
    sa.Column('unchanged', sa.Integer(), nullable=False),
    sa.Column('rejected', sa.Integer(), nullable=False),
    sa.Column('warnings', sa.Integer(), nullable=False),
    sa.Column('header', sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), 'postgresql'), nullable=False),
    sa.Column('industry_version', sa.String(length=4), nullable=False),
    sa.Column('undone_at', crm.base.db.UTCDateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['actor_id'], ['users.id'], name=op.f('fk_import_batches_actor_id_users')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_import_batches'))
    )
    op.create_table('jobcentres',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('region_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('street', sa.String(length=200), nullable=False),
    sa.Column('postcode', sa.String(length=4), nullable=False),
    sa.Column('city', sa.String(length=100), nullable=False),
    sa.Column('phone', sa.String(length=20), nullable=True),
    sa.ForeignKeyConstraint(['region_id'], ['regions.id'], name=op.f('fk_jobcentres_region_id_regions')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_jobcentres')),
    sa.UniqueConstraint('name', name=op.f('uq_jobcentres_name'))
    )
    op.create_index(op.f('ix_jobcentres_region_id'), 'jobcentres', ['region_id'], unique=False)
    op.create_table('working_hours',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('consultant_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('weekday', sa.Integer(), nullable=False),
    sa.Column('starts_minute', sa.Integer(), nullable=False),
    sa.Column('ends_minute', sa.Integer(), nullable=False),
    sa.CheckConstraint('weekday BETWEEN 0 AND 6 AND starts_minute < ends_minute AND ends_minute <= 1440', name=op.f('ck_working_hours_span')),
    sa.ForeignKeyConstraint(['consultant_id'], ['users.id'], name=op.f('fk_working_hours_consultant_id_users'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_working_hours')),
    sa.UniqueConstraint('consultant_id', 'weekday', 'starts_minute', name=op.f('uq_working_hours_consultant_id_weekday_starts_minute'))
    )
    op.create_index(op.f('ix_working_hours_consultant_id'), 'working_hours', ['consultant_id'], unique=False)
    op.create_table('campaign_extracts',
    sa.Column('campaign_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('batch_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.ForeignKeyConstraint(['batch_id'], ['import_batches.id'], name=op.f('fk_campaign_extracts_batch_id_import_batches')),
    sa.ForeignKeyConstraint(['campaign_id'], ['campaigns.id'], name=op.f('fk_campaign_extracts_campaign_id_campaigns')),
    sa.PrimaryKeyConstraint('campaign_id', 'batch_id', name=op.f('pk_campaign_extracts'))
    )
    op.create_table('import_remarks',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('batch_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('row_number', sa.Integer(), nullable=False),
    sa.Column('kind', sa.String(length=10), nullable=False),
    sa.Column('column', sa.String(length=60), nullable=False),
    sa.Column('value', sa.Text(), nullable=False),
    sa.Column('reason', sa.String(length=300), nullable=False),
    sa.Column('fields', sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), 'postgresql'), nullable=False),
    sa.Column('cells', sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), 'postgresql'), nullable=True),
    sa.ForeignKeyConstraint(['batch_id'], ['import_batches.id'], name=op.f('fk_import_remarks_batch_id_import_batches'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_import_remarks'))
    )
    op.create_index('ix_import_remarks_batch_id_kind_id', 'import_remarks', ['batch_id', 'kind', 'id'], unique=False)
    op.create_table('municipalities',
    sa.Column('code', sa.String(length=3), nullable=False),
    sa.Column('name', sa.String(length=100), nullable=False),
    sa.Column('region_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('tile_x', sa.Integer(), nullable=False),
    sa.Column('tile_y', sa.Integer(), nullable=False),
    sa.Column('jobcentre_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.ForeignKeyConstraint(['jobcentre_id'], ['jobcentres.id'], name=op.f('fk_municipalities_jobcentre_id_jobcentres')),
    sa.ForeignKeyConstraint(['region_id'], ['regions.id'], name=op.f('fk_municipalities_region_id_regions')),
    sa.PrimaryKeyConstraint('code', name=op.f('pk_municipalities'))
    )
    op.create_index(op.f('ix_municipalities_jobcentre_id'), 'municipalities', ['jobcentre_id'], unique=False)
    op.create_index(op.f('ix_municipalities_region_id'), 'municipalities', ['region_id'], unique=False)
    op.create_table('participations',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('campaign_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('jobcentre_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('calling_firm_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('target_visits', sa.Integer(), nullable=True),
    sa.Column('calendars_full_since', crm.base.db.UTCDateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['calling_firm_id'], ['calling_firms.id'], name=op.f('fk_participations_calling_firm_id_calling_firms')),
    sa.ForeignKeyConstraint(['campaign_id'], ['campaigns.id'], name=op.f('fk_participations_campaign_id_campaigns')),
    sa.ForeignKeyConstraint(['jobcentre_id'], ['jobcentres.id'], name=op.f('fk_participations_jobcentre_id_jobcentres')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_participations')),
    sa.UniqueConstraint('campaign_id', 'jobcentre_id', name=op.f('uq_participations_campaign_id_jobcentre_id'))
    )
    op.create_index(op.f('ix_participations_calling_firm_id'), 'participations', ['calling_firm_id'], unique=False)
    op.create_index(op.f('ix_participations_jobcentre_id'), 'participations', ['jobcentre_id'], unique=False)
    op.create_table('user_roles',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('user_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('role', sa.String(length=20), nullable=False),
    sa.Column('jobcentre_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('calling_firm_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('region_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.CheckConstraint("role IN ('phoner','consultant','jobcentre_lead','regional_lead','campaign_manager','admin')", name=op.f('ck_user_roles_role')),
    sa.ForeignKeyConstraint(['calling_firm_id'], ['calling_firms.id'], name=op.f('fk_user_roles_calling_firm_id_calling_firms')),
    sa.ForeignKeyConstraint(['jobcentre_id'], ['jobcentres.id'], name=op.f('fk_user_roles_jobcentre_id_jobcentres')),
    sa.ForeignKeyConstraint(['region_id'], ['regions.id'], name=op.f('fk_user_roles_region_id_regions')),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_user_roles_user_id_users'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_user_roles')),
    sa.UniqueConstraint('user_id', 'role', 'jobcentre_id', 'calling_firm_id', 'region_id', name=op.f('uq_user_roles_user_id_role_jobcentre_id_calling_firm_id_region_id'))
    )
    op.create_index(op.f('ix_user_roles_calling_firm_id'), 'user_roles', ['calling_firm_id'], unique=False)
    op.create_index(op.f('ix_user_roles_jobcentre_id'), 'user_roles', ['jobcentre_id'], unique=False)
    op.create_index(op.f('ix_user_roles_region_id'), 'user_roles', ['region_id'], unique=False)
    op.create_index(op.f('ix_user_roles_user_id'), 'user_roles', ['user_id'], unique=False)
    op.create_table('call_lists',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('participation_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('filters', sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), 'postgresql'), nullable=False),
    sa.Column('seed', sa.Integer(), nullable=False),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('created_at', crm.base.db.UTCDateTime(timezone=True), nullable=False),
    sa.Column('created_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('approved_at', crm.base.db.UTCDateTime(timezone=True), nullable=True),
    sa.Column('approved_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('legal_basis', sa.Text(), nullable=True),
    sa.Column('legal_basis_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('legal_basis_at', crm.base.db.UTCDateTime(timezone=True), nullable=True),
    sa.CheckConstraint("state IN ('draft','approved')", name=op.f('ck_call_lists_state')),
    sa.ForeignKeyConstraint(['approved_by'], ['users.id'], name=op.f('fk_call_lists_approved_by_users')),
    sa.ForeignKeyConstraint(['created_by'], ['users.id'], name=op.f('fk_call_lists_created_by_users')),
    sa.ForeignKeyConstraint(['legal_basis_by'], ['users.id'], name=op.f('fk_call_lists_legal_basis_by_users')),
    sa.ForeignKeyConstraint(['participation_id'], ['participations.id'], name=op.f('fk_call_lists_participation_id_participations')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_call_lists'))
    )
    op.create_index(op.f('ix_call_lists_participation_id'), 'call_lists', ['participation_id'], unique=False)
    op.create_table('saved_segments',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('participation_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('filters', sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), 'postgresql'), nullable=False),
    sa.Column('created_at', crm.base.db.UTCDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['participation_id'], ['participations.id'], name=op.f('fk_saved_segments_participation_id_participations'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_saved_segments')),
    sa.UniqueConstraint('participation_id', 'name', name=op.f('uq_saved_segments_participation_id_name'))
    )
    op.create_table('workplaces',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('company_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('p_number', sa.String(length=10), nullable=False),
    sa.Column('name', sa.String(length=300), nullable=False),
    sa.Column('street', sa.String(length=300), nullable=False),
    sa.Column('postcode', sa.String(length=4), nullable=False),
    sa.Column('city', sa.String(length=120), nullable=False),
    sa.Column('municipality_code', sa.String(length=3), nullable=False),
    sa.Column('industry_code', sa.String(length=6), nullable=True),
    sa.Column('industry_version', sa.String(length=4), nullable=False),
    sa.Column('employees', sa.Integer(), nullable=True),
    sa.Column('phone', sa.String(length=20), nullable=True),
    sa.Column('email', sa.String(length=254), nullable=True),
    sa.Column('advertising_protected', sa.Boolean(), nullable=False),
    sa.Column('lat', sa.Float(), nullable=True),
    sa.Column('lon', sa.Float(), nullable=True),
    sa.Column('geo_source', sa.String(length=10), nullable=False),
    sa.Column('row_hash', sa.String(length=32), nullable=False),
    sa.Column('do_not_call_at', crm.base.db.UTCDateTime(timezone=True), nullable=True),
    sa.Column('do_not_call_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('created_at', crm.base.db.UTCDateTime(timezone=True), nullable=False),
    sa.Column('updated_at', crm.base.db.UTCDateTime(timezone=True), nullable=False),
    sa.CheckConstraint("geo_source IN ('file','postcode','none')", name=op.f('ck_workplaces_geo_source')),
    sa.ForeignKeyConstraint(['company_id'], ['companies.id'], name=op.f('fk_workplaces_company_id_companies')),
    sa.ForeignKeyConstraint(['do_not_call_by'], ['users.id'], name=op.f('fk_workplaces_do_not_call_by_users')),
    sa.ForeignKeyConstraint(['municipality_code'], ['municipalities.code'], name=op.f('fk_workplaces_municipality_code_municipalities')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_workplaces')),
    sa.UniqueConstraint('p_number', name=op.f('uq_workplaces_p_number'))
    )
    op.create_index(op.f('ix_workplaces_company_id'), 'workplaces', ['company_id'], unique=False)
    op.create_index(op.f('ix_workplaces_name'), 'workplaces', ['name'], unique=False)
    op.create_index(op.f('ix_workplaces_phone'), 'workplaces', ['phone'], unique=False)
    op.create_index(op.f('ix_workplaces_postcode'), 'workplaces', ['postcode'], unique=False)
    op.create_index('ix_workplaces_segment', 'workplaces', ['municipality_code', 'industry_code', 'employees'], unique=False)
    op.create_table('contacts',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('workplace_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('title', sa.String(length=120), nullable=False),
    sa.Column('phone', sa.String(length=20), nullable=True),
    sa.Column('email', sa.String(length=254), nullable=True),
    sa.Column('source', sa.String(length=10), nullable=False),
    sa.ForeignKeyConstraint(['workplace_id'], ['workplaces.id'], name=op.f('fk_contacts_workplace_id_workplaces'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_contacts'))
    )
    op.create_index(op.f('ix_contacts_workplace_id'), 'contacts', ['workplace_id'], unique=False)
    op.create_table('imported_workplaces',
    sa.Column('batch_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('workplace_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('change', sa.String(length=10), nullable=False),
    sa.Column('before', sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), 'postgresql'), nullable=True),
    sa.ForeignKeyConstraint(['batch_id'], ['import_batches.id'], name=op.f('fk_imported_workplaces_batch_id_import_batches'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['workplace_id'], ['workplaces.id'], name=op.f('fk_imported_workplaces_workplace_id_workplaces'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('batch_id', 'workplace_id', name=op.f('pk_imported_workplaces'))
    )
    op.create_index(op.f('ix_imported_workplaces_workplace_id'), 'imported_workplaces', ['workplace_id'], unique=False)
    op.create_table('list_entries',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('call_list_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('workplace_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('struck_reason', sa.String(length=40), nullable=True),
    sa.ForeignKeyConstraint(['call_list_id'], ['call_lists.id'], name=op.f('fk_list_entries_call_list_id_call_lists'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['workplace_id'], ['workplaces.id'], name=op.f('fk_list_entries_workplace_id_workplaces')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_list_entries')),
    sa.UniqueConstraint('call_list_id', 'workplace_id', name=op.f('uq_list_entries_call_list_id_workplace_id'))
    )
    op.create_index('ix_list_entries_call_list_id_position', 'list_entries', ['call_list_id', 'position'], unique=False)
    op.create_index(op.f('ix_list_entries_workplace_id'), 'list_entries', ['workplace_id'], unique=False)
    op.create_table('queue_entries',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('campaign_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('jobcentre_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('calling_firm_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('workplace_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('list_entry_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('phone', sa.String(length=20), nullable=True),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('rank', sa.Integer(), nullable=False),
    sa.Column('due_at', crm.base.db.UTCDateTime(timezone=True), nullable=False),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('last_outcome', sa.String(length=20), nullable=True),
    sa.Column('last_called_at', crm.base.db.UTCDateTime(timezone=True), nullable=True),
    sa.Column('call_back_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('claimed_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('claimed_at', crm.base.db.UTCDateTime(timezone=True), nullable=True),
    sa.Column('claimed_until', crm.base.db.UTCDateTime(timezone=True), nullable=True),
    sa.Column('draft_note', sa.Text(), nullable=False),
    sa.Column('final_outcome', sa.String(length=20), nullable=True),
    sa.Column('final_at', crm.base.db.UTCDateTime(timezone=True), nullable=True),
    sa.Column('final_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('final_firm_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.CheckConstraint("state IN ('waiting','done')", name=op.f('ck_queue_entries_state')),
    sa.ForeignKeyConstraint(['call_back_by'], ['users.id'], name=op.f('fk_queue_entries_call_back_by_users')),
    sa.ForeignKeyConstraint(['calling_firm_id'], ['calling_firms.id'], name=op.f('fk_queue_entries_calling_firm_id_calling_firms')),
    sa.ForeignKeyConstraint(['campaign_id'], ['campaigns.id'], name=op.f('fk_queue_entries_campaign_id_campaigns')),
    sa.ForeignKeyConstraint(['claimed_by'], ['users.id'], name=op.f('fk_queue_entries_claimed_by_users')),
    sa.ForeignKeyConstraint(['final_by'], ['users.id'], name=op.f('fk_queue_entries_final_by_users')),
    sa.ForeignKeyConstraint(['final_firm_id'], ['calling_firms.id'], name=op.f('fk_queue_entries_final_firm_id_calling_firms')),
    sa.ForeignKeyConstraint(['jobcentre_id'], ['jobcentres.id'], name=op.f('fk_queue_entries_jobcentre_id_jobcentres')),
    sa.ForeignKeyConstraint(['list_entry_id'], ['list_entries.id'], name=op.f('fk_queue_entries_list_entry_id_list_entries')),
    sa.ForeignKeyConstraint(['workplace_id'], ['workplaces.id'], name=op.f('fk_queue_entries_workplace_id_workplaces')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_queue_entries')),
    sa.UniqueConstraint('campaign_id', 'workplace_id', name=op.f('uq_queue_entries_campaign_id_workplace_id'))
    )
    op.create_index(op.f('ix_queue_entries_calling_firm_id'), 'queue_entries', ['calling_firm_id'], unique=False)
    op.create_index('ix_queue_entries_claim', 'queue_entries', ['campaign_id', 'jobcentre_id', 'rank', 'due_at', 'id'], unique=False, postgresql_where=sa.text("state = 'waiting'"), sqlite_where=sa.text("state = 'waiting'"))
    op.create_index('ix_queue_entries_claim_any', 'queue_entries', ['campaign_id', 'rank', 'due_at', 'id'], unique=False, postgresql_where=sa.text("state = 'waiting'"), sqlite_where=sa.text("state = 'waiting'"))
    op.create_index('ix_queue_entries_claimed_by', 'queue_entries', ['claimed_by'], unique=False, postgresql_where=sa.text('claimed_by IS NOT NULL'), sqlite_where=sa.text('claimed_by IS NOT NULL'))
    op.create_index(op.f('ix_queue_entries_final_by'), 'queue_entries', ['final_by'], unique=False)
    op.create_index(op.f('ix_queue_entries_jobcentre_id'), 'queue_entries', ['jobcentre_id'], unique=False)
    op.create_index(op.f('ix_queue_entries_phone'), 'queue_entries', ['phone'], unique=False)
    op.create_index('ix_queue_entries_rate', 'queue_entries', ['campaign_id', 'final_outcome', 'jobcentre_id'], unique=False)
    op.create_index(op.f('ix_queue_entries_workplace_id'), 'queue_entries', ['workplace_id'], unique=False)
    op.create_table('calls',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('entry_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('user_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('calling_firm_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('started_at', crm.base.db.UTCDateTime(timezone=True), nullable=False),
    sa.Column('ended_at', crm.base.db.UTCDateTime(timezone=True), nullable=False),
    sa.Column('outcome', sa.String(length=20), nullable=False),
    sa.Column('reason', sa.String(length=40), nullable=True),
    sa.Column('note', sa.Text(), nullable=False),
    sa.Column('call_back_at', crm.base.db.UTCDateTime(timezone=True), nullable=True),
    sa.Column('undone_at', crm.base.db.UTCDateTime(timezone=True), nullable=True),
    sa.Column('idempotency_key', sa.String(length=100), nullable=True),
    sa.ForeignKeyConstraint(['calling_firm_id'], ['calling_firms.id'], name=op.f('fk_calls_calling_firm_id_calling_firms')),
    sa.ForeignKeyConstraint(['entry_id'], ['queue_entries.id'], name=op.f('fk_calls_entry_id_queue_entries')),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_calls_user_id_users')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_calls')),
    sa.UniqueConstraint('user_id', 'idempotency_key', name=op.f('uq_calls_user_id_idempotency_key'))
    )
    op.create_index(op.f('ix_calls_entry_id'), 'calls', ['entry_id'], unique=False)
    op.create_index('ix_calls_user_id_ended_at', 'calls', ['user_id', 'ended_at'], unique=False)
    op.create_table('visits',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('queue_entry_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('campaign_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('jobcentre_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('workplace_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('consultant_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('responsible_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('booked_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('booked_firm_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('booked_at', crm.base.db.UTCDateTime(timezone=True), nullable=False),
    sa.Column('starts_at', crm.base.db.UTCDateTime(timezone=True), nullable=False),
    sa.Column('ends_at', crm.base.db.UTCDateTime(timezone=True), nullable=False),
    sa.Column('state', sa.String(length=24), nullable=False),
    sa.Column('sequence', sa.Integer(), nullable=False),
    sa.Column('lat', sa.Float(), nullable=False),
    sa.Column('lon', sa.Float(), nullable=False),
    sa.Column('contact_name', sa.String(length=200), nullable=False),
    sa.Column('contact_title', sa.String(length=120), nullable=False),
    sa.Column('contact_phone', sa.String(length=20), nullable=True),
    sa.Column('contact_email', sa.String(length=254), nullable=True),
    sa.Column('note', sa.Text(), nullable=False),
    sa.Column('arrived_at', crm.base.db.UTCDateTime(timezone=True), nullable=True),
    sa.Column('reported_at', crm.base.db.UTCDateTime(timezone=True), nullable=True),
    sa.Column('reported_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('pressed', sa.Boolean(), nullable=True),
    sa.Column('schemes', sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), 'postgresql'), nullable=False),
    sa.Column('materials', sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), 'postgresql'), nullable=False),
    sa.Column('report_note', sa.Text(), nullable=False),
    sa.Column('no_follow_up_because', sa.String(length=300), nullable=True),
    sa.CheckConstraint("state IN ('booked','held','cancelled_by_company','cancelled_by_jobcentre','nobody_there')", name=op.f('ck_visits_state')),
    sa.CheckConstraint('starts_at < ends_at', name=op.f('ck_visits_span')),
    sa.ForeignKeyConstraint(['booked_by'], ['users.id'], name=op.f('fk_visits_booked_by_users')),
    sa.ForeignKeyConstraint(['booked_firm_id'], ['calling_firms.id'], name=op.f('fk_visits_booked_firm_id_calling_firms')),
    sa.ForeignKeyConstraint(['campaign_id'], ['campaigns.id'], name=op.f('fk_visits_campaign_id_campaigns')),
    sa.ForeignKeyConstraint(['consultant_id'], ['users.id'], name=op.f('fk_visits_consultant_id_users')),
    sa.ForeignKeyConstraint(['jobcentre_id'], ['jobcentres.id'], name=op.f('fk_visits_jobcentre_id_jobcentres')),
    sa.ForeignKeyConstraint(['queue_entry_id'], ['queue_entries.id'], name=op.f('fk_visits_queue_entry_id_queue_entries')),
    sa.ForeignKeyConstraint(['reported_by'], ['users.id'], name=op.f('fk_visits_reported_by_users')),
    sa.ForeignKeyConstraint(['responsible_id'], ['users.id'], name=op.f('fk_visits_responsible_id_users')),
    sa.ForeignKeyConstraint(['workplace_id'], ['workplaces.id'], name=op.f('fk_visits_workplace_id_workplaces')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_visits'))
    )
    op.create_index(op.f('ix_visits_booked_by'), 'visits', ['booked_by'], unique=False)
    op.create_index(op.f('ix_visits_booked_firm_id'), 'visits', ['booked_firm_id'], unique=False)
    op.create_index('ix_visits_campaign_id_state', 'visits', ['campaign_id', 'state'], unique=False)
    op.create_index('ix_visits_consultant_id_starts_at', 'visits', ['consultant_id', 'starts_at'], unique=False)
    op.create_index(op.f('ix_visits_jobcentre_id'), 'visits', ['jobcentre_id'], unique=False)
    op.create_index(op.f('ix_visits_queue_entry_id'), 'visits', ['queue_entry_id'], unique=False)
    op.create_index(op.f('ix_visits_workplace_id'), 'visits', ['workplace_id'], unique=False)
    op.create_index('uq_visits_live_entry', 'visits', ['queue_entry_id'], unique=True, postgresql_where=sa.text("state = 'booked'"), sqlite_where=sa.text("state = 'booked'"))
    op.create_table('follow_ups',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('visit_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('campaign_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('jobcentre_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('workplace_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('owner_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('owed_by', sa.String(length=10), nullable=False),
    sa.Column('promise', sa.Text(), nullable=False),
    sa.Column('due_on', sa.Date(), nullable=False),
    sa.Column('first_due_on', sa.Date(), nullable=False),
    sa.Column('snooze_reason', sa.String(length=300), nullable=True),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('done_at', crm.base.db.UTCDateTime(timezone=True), nullable=True),
    sa.Column('done_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('outcome', sa.Text(), nullable=False),
    sa.Column('from_report', sa.Boolean(), nullable=False),
    sa.Column('created_at', crm.base.db.UTCDateTime(timezone=True), nullable=False),
    sa.Column('created_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('voided_at', crm.base.db.UTCDateTime(timezone=True), nullable=True),
    sa.CheckConstraint("owed_by IN ('jobcentre','company')", name=op.f('ck_follow_ups_owed_by')),
    sa.CheckConstraint("state IN ('open','done')", name=op.f('ck_follow_ups_state')),
    sa.ForeignKeyConstraint(['campaign_id'], ['campaigns.id'], name=op.f('fk_follow_ups_campaign_id_campaigns')),
    sa.ForeignKeyConstraint(['created_by'], ['users.id'], name=op.f('fk_follow_ups_created_by_users')),
    sa.ForeignKeyConstraint(['done_by'], ['users.id'], name=op.f('fk_follow_ups_done_by_users')),
    sa.ForeignKeyConstraint(['jobcentre_id'], ['jobcentres.id'], name=op.f('fk_follow_ups_jobcentre_id_jobcentres')),
    sa.ForeignKeyConstraint(['owner_id'], ['users.id'], name=op.f('fk_follow_ups_owner_id_users')),
    sa.ForeignKeyConstraint(['visit_id'], ['visits.id'], name=op.f('fk_follow_ups_visit_id_visits')),
    sa.ForeignKeyConstraint(['workplace_id'], ['workplaces.id'], name=op.f('fk_follow_ups_workplace_id_workplaces')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_follow_ups'))
    )
    op.create_index(op.f('ix_follow_ups_campaign_id'), 'follow_ups', ['campaign_id'], unique=False)
    op.create_index(op.f('ix_follow_ups_jobcentre_id'), 'follow_ups', ['jobcentre_id'], unique=False)
    op.create_index('ix_follow_ups_open', 'follow_ups', ['owner_id', 'due_on'], unique=False, postgresql_where=sa.text("state = 'open'"), sqlite_where=sa.text("state = 'open'"))
    op.create_index(op.f('ix_follow_ups_visit_id'), 'follow_ups', ['visit_id'], unique=False)
    op.create_index(op.f('ix_follow_ups_workplace_id'), 'follow_ups', ['workplace_id'], unique=False)
    op.create_table('openings',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('visit_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('campaign_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('jobcentre_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('workplace_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('consultant_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('type', sa.String(length=20), nullable=False),
    sa.Column('positions', sa.Integer(), nullable=False),
    sa.Column('akutjob', sa.Boolean(), nullable=False),
    sa.Column('occupation', sa.String(length=200), nullable=False),
    sa.Column('wishes', sa.Text(), nullable=False),
    sa.Column('cvs_wanted', sa.Integer(), nullable=True),
    sa.Column('cvs_by', sa.Date(), nullable=True),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('closed_reason', sa.String(length=40), nullable=True),
    sa.Column('closed_at', crm.base.db.UTCDateTime(timezone=True), nullable=True),
    sa.Column('from_report', sa.Boolean(), nullable=False),
    sa.Column('created_at', crm.base.db.UTCDateTime(timezone=True), nullable=False),
    sa.Column('created_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('voided_at', crm.base.db.UTCDateTime(timezone=True), nullable=True),
    sa.CheckConstraint("akutjob = false OR type = 'ordinary'", name=op.f('ck_openings_akutjob')),
    sa.CheckConstraint("state IN ('open','closed')", name=op.f('ck_openings_state')),
    sa.CheckConstraint('positions >= 1', name=op.f('ck_openings_positions')),
    sa.ForeignKeyConstraint(['campaign_id'], ['campaigns.id'], name=op.f('fk_openings_campaign_id_campaigns')),
    sa.ForeignKeyConstraint(['consultant_id'], ['users.id'], name=op.f('fk_openings_consultant_id_users')),
    sa.ForeignKeyConstraint(['created_by'], ['users.id'], name=op.f('fk_openings_created_by_users')),
    sa.ForeignKeyConstraint(['jobcentre_id'], ['jobcentres.id'], name=op.f('fk_openings_jobcentre_id_jobcentres')),
    sa.ForeignKeyConstraint(['visit_id'], ['visits.id'], name=op.f('fk_openings_visit_id_visits')),
    sa.ForeignKeyConstraint(['workplace_id'], ['workplaces.id'], name=op.f('fk_openings_workplace_id_workplaces')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_openings'))
    )
    op.create_index('ix_openings_campaign_id_type', 'openings', ['campaign_id', 'type'], unique=False)
    op.create_index(op.f('ix_openings_consultant_id'), 'openings', ['consultant_id'], unique=False)
    op.create_index(op.f('ix_openings_jobcentre_id'), 'openings', ['jobcentre_id'], unique=False)
    op.create_index(op.f('ix_openings_visit_id'), 'openings', ['visit_id'], unique=False)
    op.create_index(op.f('ix_openings_workplace_id'), 'openings', ['workplace_id'], unique=False)
    op.create_table('visit_events',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('visit_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('at', crm.base.db.UTCDateTime(timezone=True), nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('actor_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('responsible_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('data', sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), 'postgresql'), nullable=False),
    sa.ForeignKeyConstraint(['actor_id'], ['users.id'], name=op.f('fk_visit_events_actor_id_users')),
    sa.ForeignKeyConstraint(['responsible_id'], ['users.id'], name=op.f('fk_visit_events_responsible_id_users')),
    sa.ForeignKeyConstraint(['visit_id'], ['visits.id'], name=op.f('fk_visit_events_visit_id_visits'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_visit_events'))
    )
    op.create_index(op.f('ix_visit_events_visit_id'), 'visit_events', ['visit_id'], unique=False)
    op.create_table('nags',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('follow_up_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('step', sa.String(length=20), nullable=False),
    sa.Column('due_on', sa.Date(), nullable=False),
    sa.Column('written_at', crm.base.db.UTCDateTime(timezone=True), nullable=False),
    sa.Column('recipient_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.ForeignKeyConstraint(['follow_up_id'], ['follow_ups.id'], name=op.f('fk_nags_follow_up_id_follow_ups'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['recipient_id'], ['users.id'], name=op.f('fk_nags_recipient_id_users')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_nags')),
    sa.UniqueConstraint('follow_up_id', 'step', 'due_on', name=op.f('uq_nags_follow_up_id_step_due_on'))
    )

    for statement in OVERLAP[op.get_bind().dialect.name]:
        op.execute(statement)


def downgrade() -> None:
    op.drop_table('nags')
    op.drop_index(op.f('ix_visit_events_visit_id'), table_name='visit_events')
    op.drop_table('visit_events')
    op.drop_index(op.f('ix_openings_workplace_id'), table_name='openings')
    op.drop_index(op.f('ix_openings_visit_id'), table_name='openings')
    op.drop_index(op.f('ix_openings_jobcentre_id'), table_name='openings')
    op.drop_index(op.f('ix_openings_consultant_id'), table_name='openings')
    op.drop_index('ix_openings_campaign_id_type', table_name='openings')
    op.drop_table('openings')
    op.drop_index(op.f('ix_follow_ups_workplace_id'), table_name='follow_ups')
    op.drop_index(op.f('ix_follow_ups_visit_id'), table_name='follow_ups')
    op.drop_index('ix_follow_ups_open', table_name='follow_ups', postgresql_where=sa.text("state = 'open'"), sqlite_where=sa.text("state = 'open'"))
    op.drop_index(op.f('ix_follow_ups_jobcentre_id'), table_name='follow_ups')
    op.drop_index(op.f('ix_follow_ups_campaign_id'), table_name='follow_ups')
    op.drop_table('follow_ups')
    op.drop_index('uq_visits_live_entry', table_name='visits', postgresql_where=sa.text("state = 'booked'"), sqlite_where=sa.text("state = 'booked'"))
    op.drop_index(op.f('ix_visits_workplace_id'), table_name='visits')
    op.drop_index(op.f('ix_visits_queue_entry_id'), table_name='visits')
    op.drop_index(op.f('ix_visits_jobcentre_id'), table_name='visits')
    op.drop_index('ix_visits_consultant_id_starts_at', table_name='visits')
    op.drop_index('ix_visits_campaign_id_state', table_name='visits')
    op.drop_index(op.f('ix_visits_booked_firm_id'), table_name='visits')
    op.drop_index(op.f('ix_visits_booked_by'), table_name='visits')
    op.drop_table('visits')
    op.drop_index('ix_calls_user_id_ended_at', table_name='calls')
    op.drop_index(op.f('ix_calls_entry_id'), table_name='calls')
    op.drop_table('calls')
    op.drop_index(op.f('ix_queue_entries_workplace_id'), table_name='queue_entries')
    op.drop_index('ix_queue_entries_rate', table_name='queue_entries')
    op.drop_index(op.f('ix_queue_entries_phone'), table_name='queue_entries')
    op.drop_index(op.f('ix_queue_entries_jobcentre_id'), table_name='queue_entries')
    op.drop_index(op.f('ix_queue_entries_final_by'), table_name='queue_entries')
    op.drop_index('ix_queue_entries_claimed_by', table_name='queue_entries', postgresql_where=sa.text('claimed_by IS NOT NULL'), sqlite_where=sa.text('claimed_by IS NOT NULL'))
    op.drop_index('ix_queue_entries_claim_any', table_name='queue_entries', postgresql_where=sa.text("state = 'waiting'"), sqlite_where=sa.text("state = 'waiting'"))
    op.drop_index('ix_queue_entries_claim', table_name='queue_entries', postgresql_where=sa.text("state = 'waiting'"), sqlite_where=sa.text("state = 'waiting'"))
    op.drop_index(op.f('ix_queue_entries_calling_firm_id'), table_name='queue_entries')
    op.drop_table('queue_entries')
    op.drop_index(op.f('ix_list_entries_workplace_id'), table_name='list_entries')
    op.drop_index('ix_list_entries_call_list_id_position', table_name='list_entries')
    op.drop_table('list_entries')
    op.drop_index(op.f('ix_imported_workplaces_workplace_id'), table_name='imported_workplaces')
    op.drop_table('imported_workplaces')
    op.drop_index(op.f('ix_contacts_workplace_id'), table_name='contacts')
    op.drop_table('contacts')
    op.drop_index('ix_workplaces_segment', table_name='workplaces')
    op.drop_index(op.f('ix_workplaces_postcode'), table_name='workplaces')
    op.drop_index(op.f('ix_workplaces_phone'), table_name='workplaces')
    op.drop_index(op.f('ix_workplaces_name'), table_name='workplaces')
    op.drop_index(op.f('ix_workplaces_company_id'), table_name='workplaces')
    op.drop_table('workplaces')
    op.drop_table('saved_segments')
    op.drop_index(op.f('ix_call_lists_participation_id'), table_name='call_lists')
    op.drop_table('call_lists')
    op.drop_index(op.f('ix_user_roles_user_id'), table_name='user_roles')
    op.drop_index(op.f('ix_user_roles_region_id'), table_name='user_roles')
    op.drop_index(op.f('ix_user_roles_jobcentre_id'), table_name='user_roles')
    op.drop_index(op.f('ix_user_roles_calling_firm_id'), table_name='user_roles')
    op.drop_table('user_roles')
    op.drop_index(op.f('ix_participations_jobcentre_id'), table_name='participations')
    op.drop_index(op.f('ix_participations_calling_firm_id'), table_name='participations')
    op.drop_table('participations')
    op.drop_index(op.f('ix_municipalities_region_id'), table_name='municipalities')
    op.drop_index(op.f('ix_municipalities_jobcentre_id'), table_name='municipalities')
    op.drop_table('municipalities')
    op.drop_index('ix_import_remarks_batch_id_kind_id', table_name='import_remarks')
    op.drop_table('import_remarks')
    op.drop_table('campaign_extracts')
    op.drop_index(op.f('ix_working_hours_consultant_id'), table_name='working_hours')
    op.drop_table('working_hours')
    op.drop_index(op.f('ix_jobcentres_region_id'), table_name='jobcentres')
    op.drop_table('jobcentres')
    op.drop_table('import_batches')
    op.drop_index(op.f('ix_feed_links_consultant_id'), table_name='feed_links')
    op.drop_table('feed_links')
    op.drop_table('calendar_profiles')
    op.drop_index('ix_calendar_events_consultant_id_starts_at', table_name='calendar_events')
    op.drop_table('calendar_events')
    op.drop_index(op.f('ix_api_tokens_user_id'), table_name='api_tokens')
    op.drop_table('api_tokens')
    op.drop_index('ix_absences_consultant_id_starts_at', table_name='absences')
    op.drop_table('absences')
    op.drop_table('users')
    op.drop_table('regions')
    op.drop_index(op.f('ix_outbox_workplace_id'), table_name='outbox')
    op.drop_index('ix_outbox_due', table_name='outbox', postgresql_where=sa.text("state IN ('pending','sending')"), sqlite_where=sa.text("state IN ('pending','sending')"))
    op.drop_table('outbox')
    op.drop_table('companies')
    op.drop_table('campaigns')
    op.drop_table('calling_firms')
    op.drop_index('ix_activity_workplace_id_at', table_name='activity')
    op.drop_index('ix_activity_subject', table_name='activity')
    op.drop_index(op.f('ix_activity_at'), table_name='activity')
    op.drop_table('activity')
