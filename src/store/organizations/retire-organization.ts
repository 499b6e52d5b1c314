import pg from 'pg';
import { Failure } from '../../catalog/failure.ts';
import { KINDS } from '../../catalog/kinds.ts';
import { claimInTransaction, LOCK_NOT_AVAILABLE } from '../claim-run.ts';
import { inTransaction, withConnection } from '../connection.ts';
import { databaseFailure } from '../database-failure.ts';
import { repeatedly } from '../repeat.ts';
import { type EndedListing, endListing } from './end-listing.ts';

interface LastRun {
  /** Null unless it is still under way, or its worker died. */
  readonly openRunId: string | null;
  readonly timeZone: string;
}

const NO_RUN: LastRun = { openRunId: null, timeZone: 'UTC' };

/**
 * Ends every current artifact that an organization speaks for, of all kinds, guests included, as `out_of_scope`
 * (design section 3): a person says that it is not mirrored any more. One transaction; rows stay, and whoever lists such
 * an artifact first restores and adopts it.
 *
 * The transaction claims each listing as a run would, and leaves no run behind: until it is over, no run of the
 * organization can begin. A run that a dead worker left is closed as `abandoned`.
 *
 * @param options.at the moment of the decision, by the process's clock
 * @param options.dayIn the date of that moment in a time zone, YYYY-MM-DD; asked for that of the listing's last run
 * @returns what was ended, one entry for each kind; nothing where nothing was left
 * @throws Failure (class `conflict`) where a run of the organization is active, (class `database`) where PostgreSQL
 * failed: nothing was changed
 */
export async function retireOrganization(
  pool: pg.Pool,
  organization: string,
  options: { readonly at: Date; readonly dayIn: (timeZone: string) => string },
): Promise<readonly EndedListing[]> {
  return withConnection(pool, async (client) => {
    try {
      return await repeatedly(() => inTransaction(client, () => retireListings(client, organization, options)));
    } catch (error) {
      throw databaseFailure(error, 'retire an organization', organization);
    }
  });
}

async function retireListings(
  client: pg.PoolClient,
  organization: string,
  { at, dayIn }: { readonly at: Date; readonly dayIn: (timeZone: string) => string },
): Promise<readonly EndedListing[]> {
  const kinds = new Set([...KINDS.map(({ name }) => name), ...(await currentKinds(client, organization))]);
  const claims: { readonly kind: string; readonly claimId: string; readonly day: string }[] = [];
  for (const kind of [...kinds].sort()) {
    const last = await lastRun(client, organization, kind);
    const claimId = await claimListing(client, { organization, kind, at, day: dayIn('UTC') }, last.openRunId);
    claims.push({ kind, claimId, day: dayIn(last.timeZone) });
  }
  // From here on nothing can be added to what the organization speaks for.
  const current = await currentKinds(client, organization);
  const ended: EndedListing[] = [];
  for (const { kind, claimId, day } of claims) {
    if (current.includes(kind)) ended.push(await endListing(client, { organization, kind, claimId, at, day }));
    await client.query('DELETE FROM mirror.runs WHERE id = $1', [claimId]);
  }
  return ended.filter(({ own, guests }) => own + guests > 0);
}

/** The kinds of what the organization speaks for. */
async function currentKinds(client: pg.PoolClient, organization: string): Promise<readonly string[]> {
  const { rows } = await client.query<{ kind: string }>(
    'SELECT DISTINCT kind FROM mirror.artifacts WHERE mirrored_by = $1 AND ended_at IS NULL',
    [organization],
  );
  return rows.map(({ kind }) => kind);
}

async function lastRun(client: pg.PoolClient, organization: string, kind: string): Promise<LastRun> {
  const { rows } = await client.query<LastRun>(
    `SELECT CASE WHEN state = 'running' THEN id::text END AS "openRunId", time_zone AS "timeZone"
     FROM mirror.runs
     WHERE organization = $1 AND kind = $2 ORDER BY runs.id DESC LIMIT 1`,
    [organization, kind],
  );
  return rows[0] ?? NO_RUN;
}

/**
 * Takes the place of the listing's one active run, which the unique index keeps for this transaction alone.
 *
 * @param openRunId the run that was not closed when it was last looked for
 * @returns the id of the claim, greater than that of any run there is
 */
async function claimListing(
  client: pg.PoolClient,
  listing: { readonly organization: string; readonly kind: string; readonly at: Date; readonly day: string },
  openRunId: string | null,
): Promise<string> {
  const { organization, kind, at, day } = listing;
  const identity = { organization, kind, day, timeZone: 'UTC', includePublic: false, pageSize: 0, catalogUrl: '' };
  try {
    const claim = await claimInTransaction(client, identity, { trigger: 'manual', startedAt: at, resumeMinutes: 0 });
    if (claim !== null) return claim.runId;
  } catch (error) {
    if (!(error instanceof pg.DatabaseError && error.code === LOCK_NOT_AVAILABLE)) throw error;
  }
  const run = openRunId === null ? 'a run that began just now' : `run ${openRunId}`;
  throw new Failure({
    class: 'conflict',
    operation: 'retire an organization',
    subject: organization,
    detail: `${run}, of its ${kind}, is under way`,
    hint:
      'take the organization out of the settings of every worker, wait for the end of the run (`catalog-mirror runs ' +
      `list --organization ${organization}\`), and retire it then`,
  });
}
