"""Calling: the queue's order, outcomes as data, letters, scripts, telephone calls, holds"""

import sqlalchemy as sa

import crm.base.db
from alembic import op
from sqlalchemy.dialects import postgresql
revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


# A number that stands on more than one entry is called on one of them a day.
SHARED = """
UPDATE queue_entries SET shared_phone = TRUE WHERE phone IN
(SELECT phone FROM queue_entries WHERE phone <> '' GROUP BY phone HAVING count(*) > 1)
"""


CAMPAIGNS = sa.table(
    'campaigns', sa.column('id'), sa.column('created_at', crm.base.db.UTCDateTime(timezone=True)),
    sa.column('script', crm.base.db.Json),
)
SCRIPTS = sa.table(
    'scripts', sa.column('campaign_id'), sa.column('jobcentre_id'), sa.column('version'), sa.column('note'),
    sa.column('steps', crm.base.db.Json), sa.column('created_at', crm.base.db.UTCDateTime(timezone=True)),
    sa.column('published_at', crm.base.db.UTCDateTime(timezone=True)),
)


def scripts_up() -> None:
    """A campaign's script becomes its version 1, published."""
    connection = op.get_bind()
    for campaign in connection.execute(sa.select(CAMPAIGNS)).all():
        steps = [
            {'key': f'trin-{n}', 'title': step.get('title') or '', 'text': step.get('text') or '', 'answers': []}
            for n, step in enumerate(campaign.script or [], 1)
        ]
        if steps:
            connection.execute(SCRIPTS.insert().values(
                campaign_id=campaign.id, jobcentre_id=None, version=1, note='', steps=steps,
                created_at=campaign.created_at, published_at=campaign.created_at,
            ))
    op.drop_column('campaigns', 'script')


def scripts_down() -> None:
    """The newest published version's titles and texts; what jobcentres had of their own, and branches, are lost."""
    op.add_column('campaigns', sa.Column('script', crm.base.db.Json, server_default=sa.text("'[]'"), nullable=False))
    connection = op.get_bind()
    published = sa.select(SCRIPTS).where(SCRIPTS.c.jobcentre_id.is_(None), SCRIPTS.c.published_at.is_not(None))
    for script in connection.execute(published.order_by(SCRIPTS.c.version)).all():
        steps = [{'title': step['title'], 'text': step['text']} for step in script.steps]
        connection.execute(CAMPAIGNS.update().where(CAMPAIGNS.c.id == script.campaign_id).values(script=steps))


def upgrade() -> None:
    op.create_table('phone_events',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('sid', sa.String(length=64), nullable=False),
    sa.Column('event', sa.String(length=40), nullable=False),
    sa.Column('at', crm.base.db.UTCDateTime(timezone=True), nullable=False),
    sa.Column('received_at', crm.base.db.UTCDateTime(timezone=True), nullable=False),
    sa.Column('data', sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), 'postgresql'), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_phone_events')),
    sa.UniqueConstraint('sid', 'event', name=op.f('uq_phone_events_sid_event'))
    )
    op.create_table('incoming_sms',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('sid', sa.String(length=64), nullable=False),
    sa.Column('phone', sa.String(length=20), nullable=False),
    sa.Column('meant', sa.String(length=10), nullable=False),
    sa.Column('at', crm.base.db.UTCDateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_incoming_sms')),
    sa.UniqueConstraint('sid', name=op.f('uq_incoming_sms_sid'))
    )
    op.create_table('sms_opt_outs',
    sa.Column('phone', sa.String(length=20), nullable=False),
    sa.Column('at', crm.base.db.UTCDateTime(timezone=True), nullable=False),
    sa.Column('said', sa.String(length=40), nullable=False),
    sa.PrimaryKeyConstraint('phone', name=op.f('pk_sms_opt_outs'))
    )
    op.create_table('campaign_outcomes',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('campaign_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('key', sa.String(length=20), nullable=False),
    sa.Column('label_da', sa.String(length=40), nullable=False),
    sa.Column('label_en', sa.String(length=40), nullable=False),
    sa.Column('letter', sa.String(length=1), nullable=False),
    sa.Column('outcome_group', sa.String(length=10), nullable=False),
    sa.Column('human', sa.Boolean(), nullable=False),
    sa.Column('final', sa.Boolean(), nullable=False),
    sa.Column('answer', sa.String(length=10), nullable=True),
    sa.Column('unworkable', sa.Boolean(), nullable=False),
    sa.Column('do_not_call', sa.Boolean(), nullable=False),
    sa.Column('retry_minutes', sa.Integer(), nullable=False),
    sa.Column('next_day', sa.Boolean(), nullable=False),
    sa.Column('spread', sa.Boolean(), nullable=False),
    sa.Column('max_tries', sa.Integer(), nullable=True),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.CheckConstraint("answer IN ('booked','declined')", name=op.f('ck_campaign_outcomes_answer')),
    sa.CheckConstraint("outcome_group IN ('reached','unreached','permanent')", name=op.f('ck_campaign_outcomes_outcome_group')),
    sa.ForeignKeyConstraint(['campaign_id'], ['campaigns.id'], name=op.f('fk_campaign_outcomes_campaign_id_campaigns')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_campaign_outcomes')),
    sa.UniqueConstraint('campaign_id', 'key', name=op.f('uq_campaign_outcomes_campaign_id_key'))
    )
    op.create_table('decline_reasons',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('campaign_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('key', sa.String(length=40), nullable=False),
    sa.Column('label_da', sa.String(length=60), nullable=False),
    sa.Column('label_en', sa.String(length=60), nullable=False),
    sa.Column('active', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['campaign_id'], ['campaigns.id'], name=op.f('fk_decline_reasons_campaign_id_campaigns')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_decline_reasons')),
    sa.UniqueConstraint('campaign_id', 'key', name=op.f('uq_decline_reasons_campaign_id_key'))
    )
    op.create_table('fit_runs',
    sa.Column('campaign_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('jobcentre_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('ran_at', crm.base.db.UTCDateTime(timezone=True), nullable=False),
    sa.Column('last_event_id', sa.Integer(), nullable=False),
    sa.Column('entries', sa.Integer(), nullable=False),
    sa.Column('seconds', sa.Float(), nullable=False),
    sa.ForeignKeyConstraint(['campaign_id'], ['campaigns.id'], name=op.f('fk_fit_runs_campaign_id_campaigns'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['jobcentre_id'], ['jobcentres.id'], name=op.f('fk_fit_runs_jobcentre_id_jobcentres'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('campaign_id', 'jobcentre_id', name=op.f('pk_fit_runs'))
    )
    op.create_table('phoner_presence',
    sa.Column('user_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('state', sa.String(length=10), nullable=False),
    sa.Column('reason', sa.String(length=20), nullable=True),
    sa.Column('campaign_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('jobcentre_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('since', crm.base.db.UTCDateTime(timezone=True), nullable=False),
    sa.Column('seen_at', crm.base.db.UTCDateTime(timezone=True), nullable=False),
    sa.CheckConstraint("state IN ('calling','paused','away')", name=op.f('ck_phoner_presence_state')),
    sa.ForeignKeyConstraint(['campaign_id'], ['campaigns.id'], name=op.f('fk_phoner_presence_campaign_id_campaigns')),
    sa.ForeignKeyConstraint(['jobcentre_id'], ['jobcentres.id'], name=op.f('fk_phoner_presence_jobcentre_id_jobcentres')),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_phoner_presence_user_id_users'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('user_id', name=op.f('pk_phoner_presence'))
    )
    op.create_index(op.f('ix_phoner_presence_campaign_id'), 'phoner_presence', ['campaign_id'], unique=False)
    op.create_table('scripts',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('campaign_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('jobcentre_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('steps', sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), 'postgresql'), nullable=False),
    sa.Column('note', sa.String(length=200), nullable=False),
    sa.Column('created_at', crm.base.db.UTCDateTime(timezone=True), nullable=False),
    sa.Column('created_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('published_at', crm.base.db.UTCDateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['campaign_id'], ['campaigns.id'], name=op.f('fk_scripts_campaign_id_campaigns')),
    sa.ForeignKeyConstraint(['created_by'], ['users.id'], name=op.f('fk_scripts_created_by_users')),
    sa.ForeignKeyConstraint(['jobcentre_id'], ['jobcentres.id'], name=op.f('fk_scripts_jobcentre_id_jobcentres')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_scripts'))
    )
    op.create_index('ix_scripts_campaign_id_jobcentre_id_version', 'scripts', ['campaign_id', 'jobcentre_id', 'version'], unique=True)
    op.create_index('ix_scripts_campaign_id_version', 'scripts', ['campaign_id', 'version'], unique=True, postgresql_where=sa.text('jobcentre_id IS NULL'), sqlite_where=sa.text('jobcentre_id IS NULL'))
    op.create_table('letter_batches',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('call_list_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('name', sa.String(length=120), nullable=False),
    sa.Column('mailed_on', sa.Date(), nullable=False),
    sa.Column('created_at', crm.base.db.UTCDateTime(timezone=True), nullable=False),
    sa.Column('created_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.ForeignKeyConstraint(['call_list_id'], ['call_lists.id'], name=op.f('fk_letter_batches_call_list_id_call_lists')),
    sa.ForeignKeyConstraint(['created_by'], ['users.id'], name=op.f('fk_letter_batches_created_by_users')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_letter_batches'))
    )
    op.create_index(op.f('ix_letter_batches_call_list_id'), 'letter_batches', ['call_list_id'], unique=False)
    op.create_table('list_allotments',
    sa.Column('call_list_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('calling_firm_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('priority', sa.Integer(), nullable=False),
    sa.Column('released_at', crm.base.db.UTCDateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['call_list_id'], ['call_lists.id'], name=op.f('fk_list_allotments_call_list_id_call_lists'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['calling_firm_id'], ['calling_firms.id'], name=op.f('fk_list_allotments_calling_firm_id_calling_firms')),
    sa.PrimaryKeyConstraint('call_list_id', name=op.f('pk_list_allotments'))
    )
    op.create_index(op.f('ix_list_allotments_calling_firm_id'), 'list_allotments', ['calling_firm_id'], unique=False)
    op.create_table('letters',
    sa.Column('batch_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('list_entry_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('left_out', sa.String(length=20), nullable=True),
    sa.Column('returned_at', crm.base.db.UTCDateTime(timezone=True), nullable=True),
    sa.Column('returned_because', sa.String(length=20), nullable=True),
    sa.ForeignKeyConstraint(['batch_id'], ['letter_batches.id'], name=op.f('fk_letters_batch_id_letter_batches'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['list_entry_id'], ['list_entries.id'], name=op.f('fk_letters_list_entry_id_list_entries'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('batch_id', 'list_entry_id', name=op.f('pk_letters'))
    )
    op.create_index(op.f('ix_letters_list_entry_id'), 'letters', ['list_entry_id'], unique=False)
    op.create_index('ix_letters_live', 'letters', ['list_entry_id'], unique=True, postgresql_where=sa.text('left_out IS NULL AND returned_at IS NULL'), sqlite_where=sa.text('left_out IS NULL AND returned_at IS NULL'))
    op.create_table('slot_holds',
    sa.Column('entry_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('user_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('consultant_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('starts_at', crm.base.db.UTCDateTime(timezone=True), nullable=False),
    sa.Column('ends_at', crm.base.db.UTCDateTime(timezone=True), nullable=False),
    sa.Column('lat', sa.Float(), nullable=False),
    sa.Column('lon', sa.Float(), nullable=False),
    sa.Column('held_at', crm.base.db.UTCDateTime(timezone=True), nullable=False),
    sa.Column('until', crm.base.db.UTCDateTime(timezone=True), nullable=False),
    sa.CheckConstraint('starts_at < ends_at', name=op.f('ck_slot_holds_span')),
    sa.ForeignKeyConstraint(['consultant_id'], ['users.id'], name=op.f('fk_slot_holds_consultant_id_users'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['entry_id'], ['queue_entries.id'], name=op.f('fk_slot_holds_entry_id_queue_entries'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_slot_holds_user_id_users'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('entry_id', name=op.f('pk_slot_holds'))
    )
    op.create_index('ix_slot_holds_consultant_id_starts_at', 'slot_holds', ['consultant_id', 'starts_at'], unique=False)
    op.create_index(op.f('ix_slot_holds_user_id'), 'slot_holds', ['user_id'], unique=False)
    op.create_table('phone_calls',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('token', sa.String(length=40), nullable=False),
    sa.Column('entry_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('user_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('call_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('provider', sa.String(length=10), nullable=False),
    sa.Column('sid', sa.String(length=64), nullable=True),
    sa.Column('parent_sid', sa.String(length=64), nullable=True),
    sa.Column('number', sa.String(length=20), nullable=False),
    sa.Column('state', sa.String(length=12), nullable=False),
    sa.Column('started_at', crm.base.db.UTCDateTime(timezone=True), nullable=False),
    sa.Column('answered_at', crm.base.db.UTCDateTime(timezone=True), nullable=True),
    sa.Column('ended_at', crm.base.db.UTCDateTime(timezone=True), nullable=True),
    sa.Column('seconds', sa.Integer(), nullable=True),
    sa.Column('hangup_by', sa.String(length=10), nullable=True),
    sa.Column('closed_by', sa.String(length=10), nullable=True),
    sa.Column('recording_agreed_at', crm.base.db.UTCDateTime(timezone=True), nullable=True),
    sa.CheckConstraint("provider IN ('twilio','fake','tel','manual')", name=op.f('ck_phone_calls_provider')),
    sa.CheckConstraint("state IN ('dialling','queued','initiated','ringing','in-progress','completed','busy','no-answer','failed','canceled')", name=op.f('ck_phone_calls_state')),
    sa.ForeignKeyConstraint(['call_id'], ['calls.id'], name=op.f('fk_phone_calls_call_id_calls')),
    sa.ForeignKeyConstraint(['entry_id'], ['queue_entries.id'], name=op.f('fk_phone_calls_entry_id_queue_entries')),
    sa.ForeignKeyConstraint(['user_id'], ['users.id'], name=op.f('fk_phone_calls_user_id_users')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_phone_calls')),
    sa.UniqueConstraint('sid', name=op.f('uq_phone_calls_sid')),
    sa.UniqueConstraint('token', name=op.f('uq_phone_calls_token'))
    )
    op.create_index(op.f('ix_phone_calls_call_id'), 'phone_calls', ['call_id'], unique=False)
    op.create_index(op.f('ix_phone_calls_entry_id'), 'phone_calls', ['entry_id'], unique=False)
    op.create_index('ix_phone_calls_number_started_at', 'phone_calls', ['number', 'started_at'], unique=False)
    op.create_index(op.f('ix_phone_calls_parent_sid'), 'phone_calls', ['parent_sid'], unique=False)
    op.create_index(op.f('ix_phone_calls_user_id'), 'phone_calls', ['user_id'], unique=False)
    op.add_column('calls', sa.Column('answer', sa.String(length=10), nullable=True))
    op.add_column('calls', sa.Column('before', sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), 'postgresql'), nullable=True))
    op.add_column('campaigns', sa.Column('fit_weight', sa.Float(), server_default=sa.text('0.5'), nullable=False))
    op.add_column('campaigns', sa.Column('ranked_weight', sa.Float(), nullable=True))
    op.add_column('campaigns', sa.Column('quarantine_months', sa.Integer(), server_default=sa.text('0'), nullable=False))
    op.add_column('campaigns', sa.Column('max_attempts_a_day', sa.Integer(), server_default=sa.text('2'), nullable=False))
    op.add_column('campaigns', sa.Column('max_number_attempts', sa.Integer(), server_default=sa.text('10'), nullable=False))
    op.add_column('campaigns', sa.Column('call_backs_each', sa.Integer(), server_default=sa.text('30'), nullable=False))
    op.add_column('campaigns', sa.Column('letter_days', sa.Integer(), server_default=sa.text('4'), nullable=False))
    op.add_column('participations', sa.Column('contract_from', sa.Date(), nullable=True))
    op.add_column('participations', sa.Column('contract_until', sa.Date(), nullable=True))
    op.add_column('queue_entries', sa.Column('shared_phone', sa.Boolean(), server_default=sa.false(), nullable=False))
    op.add_column('queue_entries', sa.Column('priority', sa.Integer(), server_default=sa.text('1'), nullable=False))
    op.add_column('queue_entries', sa.Column('fit', sa.Float(), nullable=True))
    op.add_column('queue_entries', sa.Column('turn', sa.Float(), server_default=sa.text('0.5'), nullable=False))
    op.add_column('queue_entries', sa.Column('behind', sa.Integer(), server_default=sa.text('500'), nullable=False))
    op.add_column('queue_entries', sa.Column('awake', sa.Boolean(), server_default=sa.true(), nullable=False))
    op.add_column('queue_entries', sa.Column('day_attempts', sa.Integer(), server_default=sa.text('0'), nullable=False))
    op.drop_index('ix_queue_entries_claim', table_name='queue_entries')
    op.create_index('ix_queue_entries_claim', 'queue_entries', ['campaign_id', 'jobcentre_id', 'priority', 'rank', 'behind', 'due_at', 'id'], unique=False, postgresql_where=sa.text("state = 'waiting' AND awake"), sqlite_where=sa.text("state = 'waiting' AND awake"))
    op.drop_index('ix_queue_entries_claim_any', table_name='queue_entries')
    op.create_index('ix_queue_entries_claim_any', 'queue_entries', ['campaign_id', 'calling_firm_id', 'priority', 'rank', 'behind', 'due_at', 'id'], unique=False, postgresql_where=sa.text("state = 'waiting' AND awake"), sqlite_where=sa.text("state = 'waiting' AND awake"))
    op.create_index('ix_queue_entries_asleep', 'queue_entries', ['campaign_id', 'due_at'], unique=False, postgresql_where=sa.text("state = 'waiting' AND NOT awake"), sqlite_where=sa.text("state = 'waiting' AND NOT awake"))
    op.create_index('ix_queue_entries_call_back', 'queue_entries', ['call_back_by', 'due_at'], unique=False, postgresql_where=sa.text("state = 'waiting' AND call_back_by IS NOT NULL"), sqlite_where=sa.text("state = 'waiting' AND call_back_by IS NOT NULL"))
    op.add_column('workplaces', sa.Column('mail_returned_at', crm.base.db.UTCDateTime(timezone=True), nullable=True))
    op.execute("UPDATE calls SET answer = outcome WHERE outcome IN ('booked', 'declined')")
    op.execute(SHARED)
    scripts_up()
    outbox_states("'pending','sending','sent','failed','unknown','withheld'")


def outbox_states(states) -> None:
    """The check of the outbox's states; SQLite copies the table to change it."""
    with op.batch_alter_table('outbox') as batch:
        batch.drop_constraint(op.f('ck_outbox_state'), type_='check')
        batch.create_check_constraint(op.f('ck_outbox_state'), f'state IN ({states})')


def downgrade() -> None:
    op.execute("UPDATE outbox SET state = 'failed' WHERE state = 'withheld'")
    outbox_states("'pending','sending','sent','failed','unknown'")
    scripts_down()
    op.drop_column('workplaces', 'mail_returned_at')
    op.drop_index('ix_queue_entries_call_back', table_name='queue_entries', postgresql_where=sa.text("state = 'waiting' AND call_back_by IS NOT NULL"), sqlite_where=sa.text("state = 'waiting' AND call_back_by IS NOT NULL"))
    op.drop_index('ix_queue_entries_asleep', table_name='queue_entries', postgresql_where=sa.text("state = 'waiting' AND NOT awake"), sqlite_where=sa.text("state = 'waiting' AND NOT awake"))
    op.drop_index('ix_queue_entries_claim_any', table_name='queue_entries', postgresql_where=sa.text("state = 'waiting' AND awake"), sqlite_where=sa.text("state = 'waiting' AND awake"))
    op.create_index(op.f('ix_queue_entries_claim_any'), 'queue_entries', ['campaign_id', 'rank', 'due_at', 'id'], unique=False, postgresql_where=sa.text("state = 'waiting'"), sqlite_where=sa.text("state = 'waiting'"))
    op.drop_index('ix_queue_entries_claim', table_name='queue_entries', postgresql_where=sa.text("state = 'waiting' AND awake"), sqlite_where=sa.text("state = 'waiting' AND awake"))
    op.create_index(op.f('ix_queue_entries_claim'), 'queue_entries', ['campaign_id', 'jobcentre_id', 'rank', 'due_at', 'id'], unique=False, postgresql_where=sa.text("state = 'waiting'"), sqlite_where=sa.text("state = 'waiting'"))
    op.drop_column('queue_entries', 'day_attempts')
    op.drop_column('queue_entries', 'awake')
    op.drop_column('queue_entries', 'behind')
    op.drop_column('queue_entries', 'turn')
    op.drop_column('queue_entries', 'fit')
    op.drop_column('queue_entries', 'priority')
    op.drop_column('queue_entries', 'shared_phone')
    op.drop_column('participations', 'contract_until')
    op.drop_column('participations', 'contract_from')
    op.drop_column('campaigns', 'letter_days')
    op.drop_column('campaigns', 'call_backs_each')
    op.drop_column('campaigns', 'max_number_attempts')
    op.drop_column('campaigns', 'max_attempts_a_day')
    op.drop_column('campaigns', 'quarantine_months')
    op.drop_column('campaigns', 'ranked_weight')
    op.drop_column('campaigns', 'fit_weight')
    op.drop_column('calls', 'before')
    op.drop_column('calls', 'answer')
    op.drop_index(op.f('ix_phone_calls_user_id'), table_name='phone_calls')
    op.drop_index(op.f('ix_phone_calls_parent_sid'), table_name='phone_calls')
    op.drop_index('ix_phone_calls_number_started_at', table_name='phone_calls')
    op.drop_index(op.f('ix_phone_calls_entry_id'), table_name='phone_calls')
    op.drop_index(op.f('ix_phone_calls_call_id'), table_name='phone_calls')
    op.drop_table('phone_calls')
    op.drop_index(op.f('ix_slot_holds_user_id'), table_name='slot_holds')
    op.drop_index('ix_slot_holds_consultant_id_starts_at', table_name='slot_holds')
    op.drop_table('slot_holds')
    op.drop_index('ix_letters_live', table_name='letters')
    op.drop_index(op.f('ix_letters_list_entry_id'), table_name='letters')
    op.drop_table('letters')
    op.drop_index(op.f('ix_list_allotments_calling_firm_id'), table_name='list_allotments')
    op.drop_table('list_allotments')
    op.drop_index(op.f('ix_letter_batches_call_list_id'), table_name='letter_batches')
    op.drop_table('letter_batches')
    op.drop_index('ix_scripts_campaign_id_version', table_name='scripts', postgresql_where=sa.text('jobcentre_id IS NULL'), sqlite_where=sa.text('jobcentre_id IS NULL'))
    op.drop_index('ix_scripts_campaign_id_jobcentre_id_version', table_name='scripts')
    op.drop_table('scripts')
    op.drop_index(op.f('ix_phoner_presence_campaign_id'), table_name='phoner_presence')
    op.drop_table('phoner_presence')
    op.drop_table('fit_runs')
    op.drop_table('decline_reasons')
    op.drop_table('campaign_outcomes')
    op.drop_table('sms_opt_outs')
    op.drop_table('incoming_sms')
    op.drop_table('phone_events')
