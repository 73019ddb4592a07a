"""Openings with candidates and sharing, follow-ups with notices and answers, leave, partners, runs of jobs"""

import sqlalchemy as sa

import crm.base.db
from alembic import op
from alembic.operations import BatchOperations
from sqlalchemy.dialects import postgresql
revision = '0004'
down_revision = '0003'
branch_labels = None
depends_on = None
CHECKS = {
    'openings': {
        'ck_openings_stage': "stage IN ('told','specified','presented','interview','part','hired')",
    },
    'campaigns': {
        'ck_campaigns_ladder': 'nag_before_days >= 0 AND 0 < nag_overdue_days AND nag_overdue_days < nag_lead_days AND nag_lead_days < nag_region_days AND ending_days > 0 AND ask_company_days >= 0',
    },
    'calendar_events': {
        'ck_calendar_events_kind': "kind IN ('engagement','note','todo')",
    },
    'follow_ups': {
        'ck_follow_ups_kind': "kind IN ('we_owe','company_owes','future_need','care','placement_ending','data_missing')",
    },
}


def anew() -> str:
    """SQLite writes a table anew to change its checks and keys."""
    return 'always' if op.get_bind().dialect.name == 'sqlite' else 'never'


def add_checks(batch: BatchOperations, table: str) -> None:
    for name, text in CHECKS[table].items():
        batch.create_check_constraint(op.f(name), text)


def drop_checks(batch: BatchOperations, table: str) -> None:
    for name in CHECKS[table]:
        batch.drop_constraint(op.f(name), type_='check')


def upgrade() -> None:
    op.create_table('job_runs',
    sa.Column('key', sa.String(length=40), nullable=False),
    sa.Column('started_at', crm.base.db.UTCDateTime(timezone=True), nullable=True),
    sa.Column('finished_at', crm.base.db.UTCDateTime(timezone=True), nullable=True),
    sa.Column('seconds', sa.Float(), nullable=True),
    sa.Column('done', sa.Integer(), nullable=False),
    sa.Column('runs', sa.Integer(), nullable=False),
    sa.Column('failures', sa.Integer(), nullable=False),
    sa.Column('last_error', sa.Text(), nullable=True),
    sa.Column('last_error_at', crm.base.db.UTCDateTime(timezone=True), nullable=True),
    sa.Column('running_since', crm.base.db.UTCDateTime(timezone=True), nullable=True),
    sa.Column('running_by', sa.String(length=120), nullable=False),
    sa.Column('succeeded_at', crm.base.db.UTCDateTime(timezone=True), nullable=True),
    sa.Column('seconds_total', sa.Float(), nullable=False),
    sa.Column('done_total', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('failed_in_a_row', sa.Integer(), nullable=False),
    sa.Column('retry_at', crm.base.db.UTCDateTime(timezone=True), nullable=True),
    sa.Column('asked_at', crm.base.db.UTCDateTime(timezone=True), nullable=True),
    sa.Column('asked_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.PrimaryKeyConstraint('key', name=op.f('pk_job_runs'))
    )
    op.create_table('scheduler_leader',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('since', crm.base.db.UTCDateTime(timezone=True), nullable=False),
    sa.Column('beat_at', crm.base.db.UTCDateTime(timezone=True), nullable=False),
    sa.Column('handovers', sa.Integer(), nullable=False),
    sa.CheckConstraint('id = 1', name=op.f('ck_scheduler_leader_one')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_scheduler_leader'))
    )
    op.create_table('set_aside',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('job', sa.String(length=40), nullable=False),
    sa.Column('item', sa.String(length=80), nullable=False),
    sa.Column('error', sa.Text(), nullable=False),
    sa.Column('tries', sa.Integer(), nullable=False),
    sa.Column('first_at', crm.base.db.UTCDateTime(timezone=True), nullable=False),
    sa.Column('last_at', crm.base.db.UTCDateTime(timezone=True), nullable=False),
    sa.Column('retry_at', crm.base.db.UTCDateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_set_aside')),
    sa.UniqueConstraint('job', 'item', name=op.f('uq_set_aside_job_item'))
    )
    op.create_index('ix_set_aside_job_retry_at', 'set_aside', ['job', 'retry_at'], unique=False)
    op.create_table('digests',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('user_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('written_at', crm.base.db.UTCDateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_digests_user_id_users'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_digests')),
    sa.UniqueConstraint('user_id', 'day', name=op.f('uq_digests_user_id_day'))
    )
    op.create_table('leaves',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('user_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('from_on', sa.Date(), nullable=False),
    sa.Column('until_on', sa.Date(), nullable=False),
    sa.Column('substitute_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('created_at', crm.base.db.UTCDateTime(timezone=True), nullable=False),
    sa.Column('created_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.CheckConstraint('from_on <= until_on', name=op.f('ck_leaves_dates')),
    sa.CheckConstraint('substitute_id IS NULL OR substitute_id <> user_id', name=op.f('ck_leaves_substitute')),
    sa.ForeignKeyConstraint(['created_by'], ['users.id'], name=op.f('fk_leaves_created_by_users')),
    sa.ForeignKeyConstraint(['substitute_id'], ['users.id'], name=op.f('fk_leaves_substitute_id_users')),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_leaves_user_id_users'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_leaves'))
    )
    op.create_index(op.f('ix_leaves_user_id'), 'leaves', ['user_id'], unique=False)
    op.create_table('opening_types',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('name', sa.String(length=60), nullable=False),
    sa.Column('reports_as', sa.String(length=20), nullable=False),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.Column('created_at', crm.base.db.UTCDateTime(timezone=True), nullable=False),
    sa.Column('created_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.ForeignKeyConstraint(['created_by'], ['users.id'], name=op.f('fk_opening_types_created_by_users')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_opening_types')),
    sa.UniqueConstraint('name', name=op.f('uq_opening_types_name'))
    )
    op.create_table('reminder_wishes',
    sa.Column('user_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
    sa.Column('mail', sa.Boolean(), nullable=False),
    sa.Column('sms', sa.Boolean(), nullable=False),
    sa.Column('calendar', sa.String(length=10), nullable=False),
    sa.CheckConstraint("calendar IN ('none','todo','event')", name=op.f('ck_reminder_wishes_calendar')),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_reminder_wishes_user_id_users'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('user_id', name=op.f('pk_reminder_wishes'))
    )
    op.create_table('partners',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('kind', sa.String(length=20), nullable=False),
    sa.Column('contact_name', sa.String(length=120), nullable=False),
    sa.Column('email', sa.String(length=254), nullable=False),
    sa.Column('phone', sa.String(length=20), nullable=True),
    sa.Column('region_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('jobcentre_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('digest', sa.Boolean(), nullable=False),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.Column('link_key', sa.String(length=32), nullable=False),
    sa.Column('created_at', crm.base.db.UTCDateTime(timezone=True), nullable=False),
    sa.Column('created_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.CheckConstraint("kind IN ('unemployment_fund','network','other')", name=op.f('ck_partners_kind')),
    sa.CheckConstraint('jobcentre_id IS NULL OR region_id IS NULL', name=op.f('ck_partners_reach')),
    sa.ForeignKeyConstraint(['created_by'], ['users.id'], name=op.f('fk_partners_created_by_users')),
    sa.ForeignKeyConstraint(['jobcentre_id'], ['jobcentres.id'], name=op.f('fk_partners_jobcentre_id_jobcentres')),
    sa.ForeignKeyConstraint(['region_id'], ['regions.id'], name=op.f('fk_partners_region_id_regions')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_partners')),
    sa.UniqueConstraint('name', name=op.f('uq_partners_name'))
    )
    op.create_index(op.f('ix_partners_jobcentre_id'), 'partners', ['jobcentre_id'], unique=False)
    op.create_index(op.f('ix_partners_region_id'), 'partners', ['region_id'], unique=False)
    op.create_table('candidates',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('jobcentre_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('partner_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('owner_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('reference', sa.String(length=40), nullable=False),
    sa.Column('occupation', sa.String(length=200), nullable=False),
    sa.Column('occupation_code', sa.String(length=4), nullable=True),
    sa.Column('postcode', sa.String(length=4), nullable=False),
    sa.Column('reach_minutes', sa.Integer(), nullable=False),
    sa.Column('languages', sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), 'postgresql'), nullable=False),
    sa.Column('weekly_hours', sa.Float(), nullable=True),
    sa.Column('types', sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), 'postgresql'), nullable=False),
    sa.Column('consent_on', sa.Date(), nullable=True),
    sa.Column('consent_withdrawn_at', crm.base.db.UTCDateTime(timezone=True), nullable=True),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.Column('created_at', crm.base.db.UTCDateTime(timezone=True), nullable=False),
    sa.Column('created_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('erased_at', crm.base.db.UTCDateTime(timezone=True), nullable=True),
    sa.CheckConstraint('(jobcentre_id IS NULL) <> (partner_id IS NULL)', name=op.f('ck_candidates_home')),
    sa.CheckConstraint('reach_minutes > 0', name=op.f('ck_candidates_reach')),
    sa.CheckConstraint('weekly_hours IS NULL OR weekly_hours > 0', name=op.f('ck_candidates_hours')),
    sa.ForeignKeyConstraint(['created_by'], ['users.id'], name=op.f('fk_candidates_created_by_users')),
    sa.ForeignKeyConstraint(['jobcentre_id'], ['jobcentres.id'], name=op.f('fk_candidates_jobcentre_id_jobcentres')),
    sa.ForeignKeyConstraint(['owner_id'], ['users.id'], name=op.f('fk_candidates_owner_id_users')),
    sa.ForeignKeyConstraint(['partner_id'], ['partners.id'], name=op.f('fk_candidates_partner_id_partners')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_candidates')),
    sa.UniqueConstraint('jobcentre_id', 'reference', name=op.f('uq_candidates_jobcentre_id_reference')),
    sa.UniqueConstraint('partner_id', 'reference', name=op.f('uq_candidates_partner_id_reference'))
    )
    op.create_index(op.f('ix_candidates_owner_id'), 'candidates', ['owner_id'], unique=False)
    op.create_table('candidacies',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('opening_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('candidate_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('offered_at', crm.base.db.UTCDateTime(timezone=True), nullable=True),
    sa.Column('offered_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('offered_words', sa.Text(), nullable=False),
    sa.Column('answered_words', sa.Text(), nullable=False),
    sa.Column('answered_at', crm.base.db.UTCDateTime(timezone=True), nullable=True),
    sa.Column('answered_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('told_at', crm.base.db.UTCDateTime(timezone=True), nullable=True),
    sa.Column('proposed_at', crm.base.db.UTCDateTime(timezone=True), nullable=True),
    sa.Column('proposed_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('presented_at', crm.base.db.UTCDateTime(timezone=True), nullable=True),
    sa.Column('presented_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('sent_at', crm.base.db.UTCDateTime(timezone=True), nullable=True),
    sa.Column('interview_at', crm.base.db.UTCDateTime(timezone=True), nullable=True),
    sa.Column('hired_at', crm.base.db.UTCDateTime(timezone=True), nullable=True),
    sa.Column('ended_at', crm.base.db.UTCDateTime(timezone=True), nullable=True),
    sa.Column('ended_because', sa.String(length=40), nullable=True),
    sa.CheckConstraint("state IN ('offered','refused','proposed','presented','sent','interview','hired','ended')", name=op.f('ck_candidacies_state')),
    sa.ForeignKeyConstraint(['answered_by'], ['users.id'], name=op.f('fk_candidacies_answered_by_users')),
    sa.ForeignKeyConstraint(['candidate_id'], ['candidates.id'], name=op.f('fk_candidacies_candidate_id_candidates')),
    sa.ForeignKeyConstraint(['offered_by'], ['users.id'], name=op.f('fk_candidacies_offered_by_users')),
    sa.ForeignKeyConstraint(['opening_id'], ['openings.id'], name=op.f('fk_candidacies_opening_id_openings')),
    sa.ForeignKeyConstraint(['presented_by'], ['users.id'], name=op.f('fk_candidacies_presented_by_users')),
    sa.ForeignKeyConstraint(['proposed_by'], ['users.id'], name=op.f('fk_candidacies_proposed_by_users')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_candidacies')),
    sa.UniqueConstraint('opening_id', 'candidate_id', name=op.f('uq_candidacies_opening_id_candidate_id'))
    )
    op.create_index(op.f('ix_candidacies_candidate_id'), 'candidacies', ['candidate_id'], unique=False)
    op.create_index('ix_candidacies_offered', 'candidacies', ['opening_id'], unique=False, postgresql_where=sa.text("state = 'offered'"), sqlite_where=sa.text("state = 'offered'"))
    op.create_index('ix_candidacies_presented_at', 'candidacies', ['presented_at'], unique=False)
    op.create_table('opening_relaxations',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('opening_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('at', crm.base.db.UTCDateTime(timezone=True), nullable=False),
    sa.Column('by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('agreed_with', sa.String(length=200), nullable=False),
    sa.Column('was', sa.Text(), nullable=False),
    sa.Column('now', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['by'], ['users.id'], name=op.f('fk_opening_relaxations_by_users')),
    sa.ForeignKeyConstraint(['opening_id'], ['openings.id'], name=op.f('fk_opening_relaxations_opening_id_openings')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_opening_relaxations'))
    )
    op.create_index(op.f('ix_opening_relaxations_opening_id'), 'opening_relaxations', ['opening_id'], unique=False)
    op.create_table('opening_shares',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('opening_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('jobcentre_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('partner_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('shared_at', crm.base.db.UTCDateTime(timezone=True), nullable=False),
    sa.Column('shared_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('withdrawn_at', crm.base.db.UTCDateTime(timezone=True), nullable=True),
    sa.Column('told_at', crm.base.db.UTCDateTime(timezone=True), nullable=True),
    sa.CheckConstraint('(jobcentre_id IS NULL) <> (partner_id IS NULL)', name=op.f('ck_opening_shares_receiver')),
    sa.ForeignKeyConstraint(['jobcentre_id'], ['jobcentres.id'], name=op.f('fk_opening_shares_jobcentre_id_jobcentres')),
    sa.ForeignKeyConstraint(['opening_id'], ['openings.id'], name=op.f('fk_opening_shares_opening_id_openings')),
    sa.ForeignKeyConstraint(['partner_id'], ['partners.id'], name=op.f('fk_opening_shares_partner_id_partners')),
    sa.ForeignKeyConstraint(['shared_by'], ['users.id'], name=op.f('fk_opening_shares_shared_by_users')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_opening_shares')),
    sa.UniqueConstraint('opening_id', 'jobcentre_id', name=op.f('uq_opening_shares_opening_id_jobcentre_id')),
    sa.UniqueConstraint('opening_id', 'partner_id', name=op.f('uq_opening_shares_opening_id_partner_id'))
    )
    op.create_index(op.f('ix_opening_shares_jobcentre_id'), 'opening_shares', ['jobcentre_id'], unique=False)
    op.create_index(op.f('ix_opening_shares_partner_id'), 'opening_shares', ['partner_id'], unique=False)
    op.create_table('placements',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('opening_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('candidacy_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('campaign_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('jobcentre_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('workplace_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('type', sa.String(length=20), nullable=False),
    sa.Column('starts_on', sa.Date(), nullable=False),
    sa.Column('ends_on', sa.Date(), nullable=True),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('ended_on', sa.Date(), nullable=True),
    sa.Column('ended_because', sa.String(length=40), nullable=True),
    sa.Column('permanent', sa.Boolean(), nullable=True),
    sa.Column('created_at', crm.base.db.UTCDateTime(timezone=True), nullable=False),
    sa.Column('created_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('voided_at', crm.base.db.UTCDateTime(timezone=True), nullable=True),
    sa.CheckConstraint("state IN ('agreed','ended')", name=op.f('ck_placements_state')),
    sa.CheckConstraint('ends_on IS NULL OR starts_on <= ends_on', name=op.f('ck_placements_dates')),
    sa.ForeignKeyConstraint(['campaign_id'], ['campaigns.id'], name=op.f('fk_placements_campaign_id_campaigns')),
    sa.ForeignKeyConstraint(['candidacy_id'], ['candidacies.id'], name=op.f('fk_placements_candidacy_id_candidacies')),
    sa.ForeignKeyConstraint(['created_by'], ['users.id'], name=op.f('fk_placements_created_by_users')),
    sa.ForeignKeyConstraint(['jobcentre_id'], ['jobcentres.id'], name=op.f('fk_placements_jobcentre_id_jobcentres')),
    sa.ForeignKeyConstraint(['opening_id'], ['openings.id'], name=op.f('fk_placements_opening_id_openings')),
    sa.ForeignKeyConstraint(['workplace_id'], ['workplaces.id'], name=op.f('fk_placements_workplace_id_workplaces')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_placements'))
    )
    op.create_index(op.f('ix_placements_candidacy_id'), 'placements', ['candidacy_id'], unique=False)
    op.create_index('ix_placements_ends_on', 'placements', ['ends_on'], unique=False)
    op.create_index('ix_placements_jobcentre_id_starts_on', 'placements', ['jobcentre_id', 'starts_on'], unique=False)
    op.create_index(op.f('ix_placements_opening_id'), 'placements', ['opening_id'], unique=False)
    op.create_index(op.f('ix_placements_workplace_id'), 'placements', ['workplace_id'], unique=False)
    op.create_table('follow_up_answers',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('follow_up_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('at', crm.base.db.UTCDateTime(timezone=True), nullable=False),
    sa.Column('kind', sa.String(length=12), nullable=False),
    sa.Column('words', sa.Text(), nullable=False),
    sa.Column('due_on', sa.Date(), nullable=True),
    sa.Column('owed_by', sa.String(length=10), nullable=True),
    sa.Column('settled_at', crm.base.db.UTCDateTime(timezone=True), nullable=True),
    sa.Column('settled_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('settled_as', sa.String(length=10), nullable=True),
    sa.Column('reply', sa.Text(), nullable=False),
    sa.CheckConstraint("kind IN ('confirmed','corrected','kept','not_kept')", name=op.f('ck_follow_up_answers_kind')),
    sa.CheckConstraint("owed_by IS NULL OR owed_by IN ('jobcentre','company')", name=op.f('ck_follow_up_answers_owed_by')),
    sa.CheckConstraint("settled_as IS NULL OR settled_as IN ('accepted','declined')", name=op.f('ck_follow_up_answers_settled_as')),
    sa.ForeignKeyConstraint(['follow_up_id'], ['follow_ups.id'], name=op.f('fk_follow_up_answers_follow_up_id_follow_ups'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['settled_by'], ['users.id'], name=op.f('fk_follow_up_answers_settled_by_users')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_follow_up_answers'))
    )
    op.create_index(op.f('ix_follow_up_answers_follow_up_id'), 'follow_up_answers', ['follow_up_id'], unique=False)
    op.create_table('notices',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('user_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('follow_up_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('kind', sa.String(length=12), nullable=False),
    sa.Column('role', sa.String(length=12), nullable=False),
    sa.Column('nag_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('digest_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('created_at', crm.base.db.UTCDateTime(timezone=True), nullable=False),
    sa.Column('seen_at', crm.base.db.UTCDateTime(timezone=True), nullable=True),
    sa.CheckConstraint("kind IN ('nag','answer','not_kept','handed_over')", name=op.f('ck_notices_kind')),
    sa.CheckConstraint("role IN ('owner','substitute','copy','lead','region')", name=op.f('ck_notices_role')),
    sa.ForeignKeyConstraint(['digest_id'], ['digests.id'], name=op.f('fk_notices_digest_id_digests'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['follow_up_id'], ['follow_ups.id'], name=op.f('fk_notices_follow_up_id_follow_ups'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['nag_id'], ['nags.id'], name=op.f('fk_notices_nag_id_nags'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_notices_user_id_users'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_notices')),
    sa.UniqueConstraint('nag_id', 'user_id', name=op.f('uq_notices_nag_id_user_id'))
    )
    op.create_index(op.f('ix_notices_digest_id'), 'notices', ['digest_id'], unique=False)
    op.create_index(op.f('ix_notices_follow_up_id'), 'notices', ['follow_up_id'], unique=False)
    op.create_index('ix_notices_user_id_seen_at', 'notices', ['user_id', 'seen_at'], unique=False)
    with op.batch_alter_table('openings', recreate=anew()) as batch:
        batch.add_column(sa.Column('own_type_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True))
        batch.add_column(sa.Column('occupation_code', sa.String(length=4), nullable=True))
        batch.add_column(sa.Column('tasks', sa.Text(), server_default='', nullable=False))
        batch.add_column(sa.Column('weekly_hours', sa.Float(), nullable=True))
        batch.add_column(sa.Column('hours_note', sa.String(length=120), server_default='', nullable=False))
        batch.add_column(sa.Column('starts_on', sa.Date(), nullable=True))
        batch.add_column(sa.Column('starts_note', sa.String(length=60), server_default='', nullable=False))
        batch.add_column(sa.Column('languages', sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), 'postgresql'), server_default='[]', nullable=False))
        batch.add_column(sa.Column('scheme', sa.String(length=40), nullable=True))
        batch.add_column(sa.Column('contact_name', sa.String(length=200), server_default='', nullable=False))
        batch.add_column(sa.Column('contact_title', sa.String(length=120), server_default='', nullable=False))
        batch.add_column(sa.Column('contact_phone', sa.String(length=20), nullable=True))
        batch.add_column(sa.Column('contact_email', sa.String(length=254), nullable=True))
        batch.add_column(sa.Column('stage', sa.String(length=10), server_default='told', nullable=False))
        batch.add_column(sa.Column('names_company', sa.Boolean(), server_default=sa.text('false'), nullable=False))
        batch.create_foreign_key(op.f('fk_openings_own_type_id_opening_types'), 'opening_types', ['own_type_id'], ['id'])
        add_checks(batch, 'openings')
    with op.batch_alter_table('campaigns', recreate=anew()) as batch:
        batch.add_column(sa.Column('nag_before_days', sa.Integer(), server_default='1', nullable=False))
        batch.add_column(sa.Column('nag_overdue_days', sa.Integer(), server_default='2', nullable=False))
        batch.add_column(sa.Column('nag_lead_days', sa.Integer(), server_default='5', nullable=False))
        batch.add_column(sa.Column('nag_region_days', sa.Integer(), server_default='10', nullable=False))
        batch.add_column(sa.Column('ending_days', sa.Integer(), server_default='10', nullable=False))
        batch.add_column(sa.Column('ask_company_days', sa.Integer(), server_default='5', nullable=False))
        add_checks(batch, 'campaigns')
    with op.batch_alter_table('calendar_events', recreate=anew()) as batch:
        batch.add_column(sa.Column('kind', sa.String(length=12), server_default='engagement', nullable=False))
        batch.add_column(sa.Column('all_day', sa.Boolean(), server_default=sa.text('false'), nullable=False))
        batch.add_column(sa.Column('completed_at', crm.base.db.UTCDateTime(timezone=True), nullable=True))
        add_checks(batch, 'calendar_events')
    with op.batch_alter_table('follow_ups', recreate=anew()) as batch:
        batch.add_column(sa.Column('snoozes', sa.Integer(), server_default='0', nullable=False))
        batch.add_column(sa.Column('outcome_key', sa.String(length=20), nullable=True))
        batch.add_column(sa.Column('no_next_because', sa.String(length=300), nullable=True))
        batch.add_column(sa.Column('follows_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True))
        batch.add_column(sa.Column('opening_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True))
        batch.add_column(sa.Column('placement_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True))
        batch.add_column(sa.Column('told_at', crm.base.db.UTCDateTime(timezone=True), nullable=True))
        batch.add_column(sa.Column('confirmed_at', crm.base.db.UTCDateTime(timezone=True), nullable=True))
        batch.add_column(sa.Column('asked_at', crm.base.db.UTCDateTime(timezone=True), nullable=True))
        batch.add_column(sa.Column('company_kept', sa.Boolean(), nullable=True))
        batch.create_foreign_key(op.f('fk_follow_ups_placement_id_placements'), 'placements', ['placement_id'], ['id'])
        batch.create_foreign_key(op.f('fk_follow_ups_opening_id_openings'), 'openings', ['opening_id'], ['id'])
        batch.create_foreign_key(op.f('fk_follow_ups_follows_id_follow_ups'), 'follow_ups', ['follows_id'], ['id'])
        add_checks(batch, 'follow_ups')
    op.create_index(op.f('ix_follow_ups_opening_id'), 'follow_ups', ['opening_id'], unique=False)
    op.create_index(op.f('ix_follow_ups_placement_id'), 'follow_ups', ['placement_id'], unique=False)
    op.create_index('uq_follow_ups_ending', 'follow_ups', ['placement_id'], unique=True, postgresql_where=sa.text("kind = 'placement_ending' AND state = 'open' AND voided_at IS NULL"), sqlite_where=sa.text("kind = 'placement_ending' AND state = 'open' AND voided_at IS NULL"))
    op.create_index('uq_follow_ups_missing', 'follow_ups', ['opening_id'], unique=True, postgresql_where=sa.text("kind = 'data_missing' AND state = 'open' AND voided_at IS NULL"), sqlite_where=sa.text("kind = 'data_missing' AND state = 'open' AND voided_at IS NULL"))


def downgrade() -> None:
    op.drop_index('uq_follow_ups_missing', table_name='follow_ups', postgresql_where=sa.text("kind = 'data_missing' AND state = 'open' AND voided_at IS NULL"), sqlite_where=sa.text("kind = 'data_missing' AND state = 'open' AND voided_at IS NULL"))
    op.drop_index('uq_follow_ups_ending', table_name='follow_ups', postgresql_where=sa.text("kind = 'placement_ending' AND state = 'open' AND voided_at IS NULL"), sqlite_where=sa.text("kind = 'placement_ending' AND state = 'open' AND voided_at IS NULL"))
    op.drop_index(op.f('ix_follow_ups_placement_id'), table_name='follow_ups')
    op.drop_index(op.f('ix_follow_ups_opening_id'), table_name='follow_ups')
    with op.batch_alter_table('follow_ups', recreate=anew()) as batch:
        drop_checks(batch, 'follow_ups')
        batch.drop_constraint(op.f('fk_follow_ups_follows_id_follow_ups'), type_='foreignkey')
        batch.drop_constraint(op.f('fk_follow_ups_opening_id_openings'), type_='foreignkey')
        batch.drop_constraint(op.f('fk_follow_ups_placement_id_placements'), type_='foreignkey')
        batch.drop_column('company_kept')
        batch.drop_column('asked_at')
        batch.drop_column('confirmed_at')
        batch.drop_column('told_at')
        batch.drop_column('placement_id')
        batch.drop_column('opening_id')
        batch.drop_column('follows_id')
        batch.drop_column('no_next_because')
        batch.drop_column('outcome_key')
        batch.drop_column('snoozes')
    with op.batch_alter_table('calendar_events', recreate=anew()) as batch:
        drop_checks(batch, 'calendar_events')
        batch.drop_column('completed_at')
        batch.drop_column('all_day')
        batch.drop_column('kind')
    with op.batch_alter_table('campaigns', recreate=anew()) as batch:
        drop_checks(batch, 'campaigns')
        batch.drop_column('ask_company_days')
        batch.drop_column('ending_days')
        batch.drop_column('nag_region_days')
        batch.drop_column('nag_lead_days')
        batch.drop_column('nag_overdue_days')
        batch.drop_column('nag_before_days')
    with op.batch_alter_table('openings', recreate=anew()) as batch:
        drop_checks(batch, 'openings')
        batch.drop_constraint(op.f('fk_openings_own_type_id_opening_types'), type_='foreignkey')
        batch.drop_column('names_company')
        batch.drop_column('stage')
        batch.drop_column('contact_email')
        batch.drop_column('contact_phone')
        batch.drop_column('contact_title')
        batch.drop_column('contact_name')
        batch.drop_column('scheme')
        batch.drop_column('languages')
        batch.drop_column('starts_note')
        batch.drop_column('starts_on')
        batch.drop_column('hours_note')
        batch.drop_column('weekly_hours')
        batch.drop_column('tasks')
        batch.drop_column('occupation_code')
        batch.drop_column('own_type_id')
    op.drop_index('ix_notices_user_id_seen_at', table_name='notices')
    op.drop_index(op.f('ix_notices_follow_up_id'), table_name='notices')
    op.drop_index(op.f('ix_notices_digest_id'), table_name='notices')
    op.drop_table('notices')
    op.drop_index(op.f('ix_follow_up_answers_follow_up_id'), table_name='follow_up_answers')
    op.drop_table('follow_up_answers')
    op.drop_index(op.f('ix_placements_workplace_id'), table_name='placements')
    op.drop_index(op.f('ix_placements_opening_id'), table_name='placements')
    op.drop_index('ix_placements_jobcentre_id_starts_on', table_name='placements')
    op.drop_index('ix_placements_ends_on', table_name='placements')
    op.drop_index(op.f('ix_placements_candidacy_id'), table_name='placements')
    op.drop_table('placements')
    op.drop_index(op.f('ix_opening_shares_partner_id'), table_name='opening_shares')
    op.drop_index(op.f('ix_opening_shares_jobcentre_id'), table_name='opening_shares')
    op.drop_table('opening_shares')
    op.drop_index(op.f('ix_opening_relaxations_opening_id'), table_name='opening_relaxations')
    op.drop_table('opening_relaxations')
    op.drop_index('ix_candidacies_presented_at', table_name='candidacies')
    op.drop_index('ix_candidacies_offered', table_name='candidacies', postgresql_where=sa.text("state = 'offered'"), sqlite_where=sa.text("state = 'offered'"))
    op.drop_index(op.f('ix_candidacies_candidate_id'), table_name='candidacies')
    op.drop_table('candidacies')
    op.drop_index(op.f('ix_candidates_owner_id'), table_name='candidates')
    op.drop_table('candidates')
    op.drop_index(op.f('ix_partners_region_id'), table_name='partners')
    op.drop_index(op.f('ix_partners_jobcentre_id'), table_name='partners')
    op.drop_table('partners')
    op.drop_table('reminder_wishes')
    op.drop_table('opening_types')
    op.drop_index(op.f('ix_leaves_user_id'), table_name='leaves')
    op.drop_table('leaves')
    op.drop_table('digests')
    op.drop_index('ix_set_aside_job_retry_at', table_name='set_aside')
    op.drop_table('set_aside')
    op.drop_table('scheduler_leader')
    op.drop_table('job_runs')
