import type pg from 'pg';
import { deadLetterQueue, letterIdOf } from '../../jobs/dead-letter.ts';
import { mirrorOrganization } from '../../jobs/mirror-organization.ts';
import { FAILURE_CLASSES } from '../../src/catalog/failure.ts';
import type { QueueBackend } from '../../src/queue/backend.ts';
import { countOf } from '../../src/terminal/format.ts';
import { pause } from '../run-faults.ts';
import { type Check, some } from './check.ts';

const LOOK_EVERY_MS = 1_000;
/** A worker sets the queues of the letters right once in a minute. */
const IN_STEP_WITHIN_MS = 75_000;
/** A job of a worker that died is another one's after 30 to 60 seconds. */
const WORKED_WITHIN_MS = 120_000;
const NOT_OVER = ['active', 'wait', 'waiting-children', 'prioritized', 'delayed'] as const;
const LETTER_STATES = ['wait', 'delayed', 'prioritized', 'active', 'completed', 'failed'] as const;

/**
 * Every job that was due before a moment is over: none is stuck waiting, and none is stuck with a worker that is gone.
 *
 * @param due milliseconds since 1970
 */
export async function checkJobs(backend: QueueBackend, due: number): Promise<Check> {
  const deadline = Date.now() + WORKED_WITHIN_MS;
  for (;;) {
    const jobs = await backend.queue(mirrorOrganization.name).getJobs([...NOT_OVER]);
    const stuck = jobs.filter((job) => job !== undefined && job.timestamp + (job.opts.delay ?? 0) < due);
    if (stuck.length === 0 || Date.now() > deadline) {
      const problems = await Promise.all(
        stuck.map(async (job) => `job ${job.id} of ${JSON.stringify(job.data)} is still ${await job.getState()}`),
      );
      const counts = await backend.queue(mirrorOrganization.name).getJobCounts('completed', 'failed');
      return {
        claim: 'every job that was due is over',
        lookedAt: `${countOf(counts['completed'] ?? 0, 'completed job')} and ${countOf(counts['failed'] ?? 0, 'failed one')} in the queue`,
        problems: some(problems),
      };
    }
    await pause(LOOK_EVERY_MS);
  }
}

/** The queues of the dead letters hold the open letters, and nothing else. */
export async function checkLetterQueues(backend: QueueBackend, pool: pg.Pool): Promise<Check> {
  const deadline = Date.now() + IN_STEP_WITHIN_MS;
  for (;;) {
    const problems: string[] = [];
    let jobs = 0;
    for (const errorClass of FAILURE_CLASSES) {
      const { rows } = await pool.query<{ id: string }>(
        "SELECT id::text AS id FROM mirror.dead_letters WHERE state = 'open' AND error_class = $1 ORDER BY id",
        [errorClass],
      );
      const open = rows.map(({ id }) => id);
      const queued = await backend.queue(deadLetterQueue(errorClass)).getJobs([...LETTER_STATES]);
      const ids = queued.flatMap((job) => (job?.id === undefined ? [] : [letterIdOf(job.id) ?? job.id]));
      jobs += ids.length;
      const [missing, strange] = [open.filter((id) => !ids.includes(id)), ids.filter((id) => !open.includes(id))];
      if (missing.length > 0) problems.push(`open letters ${missing.join(', ')} are not in dead-letter.${errorClass}`);
      if (strange.length > 0)
        problems.push(`dead-letter.${errorClass} holds ${strange.join(', ')}, which are not open`);
    }
    if (problems.length === 0 || Date.now() > deadline) {
      return {
        claim: 'the queues dead-letter.* hold the open letters and nothing else',
        lookedAt: countOf(jobs, 'job'),
        problems: some(problems),
      };
    }
    await pause(LOOK_EVERY_MS);
  }
}
