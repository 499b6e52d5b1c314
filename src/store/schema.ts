/**
 * The tables of schema `mirror` (design section 5). Other people's queries rely on the names in it. The staging tables
 * are unlogged and belong to a hand-written migration: drizzle/0001_staging.sql.
 */
import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  check,
  date,
  index,
  integer,
  jsonb,
  pgSchema,
  primaryKey,
  text,
  timestamp,
  uniqueIndex,
  uuid,
} from 'drizzle-orm/pg-core';

export const mirror = pgSchema('mirror');

/** Counters stay text on the way out: a bigint of PostgreSQL does not fit a number of JavaScript. */
const counter = (name: string) => bigint(name, { mode: 'bigint' });
const runId = (name: string) => bigint(name, { mode: 'bigint' });
const coverId = (name: string) => bigint(name, { mode: 'bigint' });
const moment = (name: string) => timestamp(name, { withTimezone: true });

export const runs = mirror.table(
  'runs',
  {
    id: bigint('id', { mode: 'bigint' }).primaryKey().generatedAlwaysAsIdentity(),
    organization: text('organization').notNull(),
    kind: text('kind').notNull(),
    includePublic: boolean('include_public').notNull(),
    trigger: text('trigger').notNull(),
    day: date('day').notNull(),
    state: text('state').notNull(),
    startedAt: moment('started_at').notNull(),
    finishedAt: moment('finished_at'),
    total: bigint('total', { mode: 'number' }),
    listed: integer('listed').notNull().default(0),
    pages: integer('pages').notNull().default(0),
    passes: integer('passes').notNull().default(0),
    extraReads: integer('extra_reads').notNull().default(0),
    requests: integer('requests').notNull().default(0),
    retries: integer('retries').notNull().default(0),
    added: integer('added').notNull().default(0),
    changed: integer('changed').notNull().default(0),
    counted: integer('counted').notNull().default(0),
    superseded: integer('superseded').notNull().default(0),
    withdrawn: integer('withdrawn').notNull().default(0),
    restored: integer('restored').notNull().default(0),
    unproved: integer('unproved').notNull().default(0),
    letters: integer('letters').notNull().default(0),
    error: text('error'),
    errorClass: text('error_class'),
    /** The Proof of src/walk/proof.ts. */
    proof: jsonb('proof'),
    timeZone: text('time_zone').notNull(),
    catalogUrl: text('catalog_url').notNull(),
    pageSize: integer('page_size').notNull(),
    fencingToken: bigint('fencing_token', { mode: 'bigint' }).notNull().default(sql`1`),
    leaseExpiresAt: moment('lease_expires_at').notNull(),
    /** The held run whose removal a person approved when he asked for this one; stays with the run, whoever takes it up. */
    approvedRunId: runId('approved_run_id'),
  },
  (table) => [
    uniqueIndex('runs_one_active').on(table.organization, table.kind).where(sql`${table.state} = 'running'`),
    index('runs_by_organization').on(table.kind, table.organization, table.id),
    check(
      'runs_state',
      sql`${table.state} in ('running', 'certified', 'held', 'inexact', 'partial', 'failed', 'abandoned')`,
    ),
    check('runs_trigger', sql`${table.trigger} in ('schedule', 'manual', 'replay')`),
    check('runs_finished', sql`(${table.state} = 'running') = (${table.finishedAt} is null)`),
  ],
);

export const artifacts = mirror.table(
  'artifacts',
  {
    id: uuid('id').primaryKey(),
    kind: text('kind').notNull(),
    name: text('name').notNull(),
    owner: text('owner').notNull(),
    mirroredBy: text('mirrored_by').notNull(),
    version: text('version').notNull(),
    framework: text('framework').notNull(),
    isPublic: boolean('is_public').notNull(),
    downloadCount: counter('download_count'),
    origin: jsonb('origin'),
    createdAt: moment('created_at').notNull(),
    extra: jsonb('extra').notNull().default({}),
    firstSeenAt: moment('first_seen_at').notNull(),
    changedAt: moment('changed_at').notNull(),
    absentSince: moment('absent_since'),
    endedAt: moment('ended_at'),
    ending: text('ending'),
    firstRunId: runId('first_run_id').notNull(),
    changedRunId: runId('changed_run_id'),
    /** The place in run order of the last thing written of it: an observation, a change, an ending. */
    runOrder: runId('run_order').notNull().default(sql`0`),
    /** Of all that was received of it, its counter included, as src/catalog/sight.ts makes it; null where it made none. */
    digest: uuid('digest'),
    /** The cover of its first daily row, where that is a baseline. */
    baselineCoverId: coverId('baseline_cover_id'),
    /** Each cover behind this one has a daily row of zero. */
    lullAfterCoverId: coverId('lull_after_cover_id'),
  },
  (table) => [
    // Without the kind, which there are few of: a load compares it for each row.
    index('artifacts_scope').on(table.mirroredBy, table.createdAt).where(sql`${table.endedAt} is null`),
    // For reports and readers: no run asks for a name. Of a first load of 200,000 one entry for each would take PostgreSQL
    // 15 % (2.42 s in place of 2.05, the mean of six); a name is found in 0.3 ms by its block in place of 0.02. VACUUM makes
    // the entries: with autosummarize the log would tell of each block that it has no time for.
    index('artifacts_by_name').using('brin', table.name.op('text_bloom_ops')).with({ pages_per_range: 64 }),
    check('artifacts_ending', sql`${table.ending} in ('superseded', 'withdrawn', 'out_of_scope')`),
    check('artifacts_ended', sql`(${table.endedAt} is null) = (${table.ending} is null)`),
  ],
);

export const downloadObservations = mirror.table(
  'download_observations',
  {
    artifactId: uuid('artifact_id').notNull(),
    observedAt: moment('observed_at').notNull(),
    runId: runId('run_id').notNull(),
    downloadCount: counter('download_count'),
  },
  (table) => [primaryKey({ columns: [table.artifactId, table.runId] })],
);

export const artifactEvents = mirror.table(
  'artifact_events',
  {
    id: bigint('id', { mode: 'bigint' }).primaryKey().generatedAlwaysAsIdentity(),
    artifactId: uuid('artifact_id').notNull(),
    runId: runId('run_id'),
    at: moment('at').notNull(),
    day: date('day').notNull(),
    event: text('event').notNull(),
    changes: jsonb('changes'),
    /** The first run that this event stands before or belongs to: its place in run order, also where run_id is null. */
    runOrder: runId('run_order').notNull(),
  },
  (table) => [
    index('artifact_events_by_artifact').on(table.artifactId, table.runOrder),
    // By which the days of an artifact change hands: but for retirements a hundred in a mirror of a million.
    index('artifact_events_of_speakers')
      .on(table.runOrder)
      .where(sql`${table.event} = 'out_of_scope' or ${table.changes} ?| array['mirrored_by', 'owner']`),
    check(
      'artifact_events_event',
      sql`${table.event} in ('changed', 'superseded', 'withdrawn', 'out_of_scope', 'restored', 'absent', 'returned')`,
    ),
  ],
);

/** The days that complete runs cover; guests apart, in run order by id within a listing. */
export const covers = mirror.table(
  'covers',
  {
    id: bigint('id', { mode: 'bigint' }).primaryKey().generatedAlwaysAsIdentity(),
    kind: text('kind').notNull(),
    organization: text('organization').notNull(),
    guests: boolean('guests').notNull(),
    day: date('day').notNull(),
    /** Since the cover before, at least 1. */
    days: integer('days').notNull(),
    runId: runId('run_id').notNull(),
  },
  (table) => [uniqueIndex('covers_day').on(table.kind, table.organization, table.guests, table.day)],
);

/** A day of an artifact that says something: see drizzle/0007_daily.sql. */
export const dailySteps = mirror.table(
  'daily_steps',
  {
    coverId: coverId('cover_id').notNull(),
    artifactId: uuid('artifact_id').notNull(),
    downloads: counter('downloads'),
    daysCovered: integer('days_covered'),
    reset: boolean('reset').notNull(),
    /** As of that day: what lies between two days is a difference. */
    downloadCount: counter('download_count').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.coverId, table.artifactId] }),
    index('daily_steps_unknown').on(table.coverId).where(sql`${table.downloads} is null`),
  ],
);

/** A stretch of days that say nothing, and that is over. One without a day marks where an artifact's rows end. */
export const dailyLulls = mirror.table(
  'daily_lulls',
  {
    artifactId: uuid('artifact_id').notNull(),
    kind: text('kind').notNull(),
    organization: text('organization').notNull(),
    guests: boolean('guests').notNull(),
    afterCoverId: coverId('after_cover_id').notNull(),
    beforeCoverId: coverId('before_cover_id').notNull(),
    downloadCount: counter('download_count').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.artifactId, table.afterCoverId] }),
    // A month is at the end of a history: the lulls that are over before it are passed by.
    index('daily_lulls_by_end').on(table.organization, table.beforeCoverId),
  ],
);

/** Artifacts whose days must be worked out anew. */
export const dailyStale = mirror.table('daily_stale', {
  artifactId: uuid('artifact_id').primaryKey(),
  /** The run that does it; null: the next one that covers a day of theirs. */
  runId: runId('run_id'),
});

/** The pages of a listing whose items all stood in the mirror just so when a run was over: see drizzle/0009_known_pages.sql. */
export const knownPages = mirror.table(
  'known_pages',
  {
    kind: text('kind').notNull(),
    organization: text('organization').notNull(),
    page: integer('page').notNull(),
    list: uuid('list').notNull(),
    items: integer('items').notNull(),
    first: moment('first').notNull(),
    last: moment('last').notNull(),
    ids: text('ids').notNull(),
    runId: runId('run_id').notNull(),
  },
  (table) => [primaryKey({ columns: [table.kind, table.organization, table.page] })],
);

/** What a run found of the artifacts of its scope that it did not list: the evidence for what it ended, or did not. */
export const runAbsences = mirror.table(
  'run_absences',
  {
    runId: runId('run_id').notNull(),
    artifactId: uuid('artifact_id').notNull(),
    finding: text('finding').notNull(),
    /** The page that is its witness, and the limit that cut it; null where none was needed or none was found. */
    witnessPage: integer('witness_page'),
    witnessLimit: integer('witness_limit'),
    witnessedAt: moment('witnessed_at'),
  },
  (table) => [
    primaryKey({ columns: [table.runId, table.artifactId] }),
    check('run_absences_finding', sql`${table.finding} in ('absent', 'unproved')`),
    check(
      'run_absences_witness',
      sql`(${table.witnessPage} is null) = (${table.witnessLimit} is null)
        and (${table.witnessPage} is null) = (${table.witnessedAt} is null)`,
    ),
    check('run_absences_unproved', sql`${table.finding} = 'absent' or ${table.witnessPage} is null`),
  ],
);

export const deadLetters = mirror.table(
  'dead_letters',
  {
    id: bigint('id', { mode: 'bigint' }).primaryKey().generatedAlwaysAsIdentity(),
    errorClass: text('error_class').notNull(),
    errorType: text('error_type'),
    level: text('level').notNull(),
    organization: text('organization').notNull(),
    kind: text('kind').notNull(),
    runId: runId('run_id'),
    page: integer('page'),
    artifactId: uuid('artifact_id'),
    status: integer('status'),
    detail: text('detail').notNull(),
    payload: text('payload'),
    attempts: integer('attempts').notNull(),
    occurrences: integer('occurrences').notNull().default(1),
    firstFailedAt: moment('first_failed_at').notNull(),
    lastFailedAt: moment('last_failed_at').notNull(),
    state: text('state').notNull().default('open'),
    resolvedByRunId: runId('resolved_by_run_id'),
    /** Why a person discarded it, in his words. */
    discardReason: text('discard_reason'),
    /** When it was resolved or discarded. */
    closedAt: moment('closed_at'),
    /** A digest of what makes two failures the same one. */
    identity: text('identity').notNull(),
    /** The `last_failed_at` that its job in the queue `dead-letter.<class>` tells of; null while it has no job. */
    queuedAt: moment('queued_at'),
  },
  (table) => [
    uniqueIndex('dead_letters_one_open').on(table.identity).where(sql`${table.state} = 'open'`),
    index('dead_letters_by_organization').on(table.kind, table.organization),
    index('dead_letters_by_run').on(table.runId),
    index('dead_letters_to_queue')
      .on(table.id)
      .where(sql`${table.queuedAt} is distinct from ${table.lastFailedAt} and ${table.state} = 'open'`),
    index('dead_letters_to_unqueue')
      .on(table.id)
      .where(sql`${table.queuedAt} is not null and ${table.state} <> 'open'`),
    index('dead_letters_by_closing').on(table.closedAt).where(sql`${table.closedAt} is not null`),
    check('dead_letters_level', sql`${table.level} in ('organization', 'page', 'record')`),
    check('dead_letters_state', sql`${table.state} in ('open', 'resolved', 'discarded')`),
    check('dead_letters_discarded', sql`(${table.state} = 'discarded') = (${table.discardReason} is not null)`),
    check('dead_letters_closed', sql`(${table.state} = 'open') = (${table.closedAt} is null)`),
  ],
);

/** The one catalog this mirror is of: another address is refused until a person accepts it. */
export const catalog = mirror.table(
  'catalog',
  {
    singleton: boolean('singleton').primaryKey().default(true),
    url: text('url').notNull(),
    acceptedAt: moment('accepted_at').notNull(),
  },
  (table) => [check('catalog_singleton', sql`${table.singleton}`)],
);
