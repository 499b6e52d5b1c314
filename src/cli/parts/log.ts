import { Failure } from '../../catalog/failure.ts';
import type { MirrorOrganization, RunSummary } from '../../mirror/types.ts';
import { countOf, formatCount } from '../../terminal/format.ts';
import { visible } from '../../terminal/safe-text.ts';
import type { Context } from '../shell.ts';
import { durationOf } from '../tables/outcomes.ts';
import { describeReplay } from '../tables/record-replays.ts';

/** Lines for a log: each begins with the moment it was written, and nothing in it can act on a terminal. */
export function timestamped({ say, clock }: Context): (line: string) => void {
  return (line) => say(`${clock.now().toISOString()} ${visible(line)}`);
}

/** The same mirror, with a line for each attempt's end that a person understands. */
export function logged(mirror: MirrorOrganization, log: (line: string) => void): MirrorOrganization {
  return async (request) => {
    const subject = `${request.kind} of ${request.organization}`;
    try {
      const outcome = await mirror(request);
      if (outcome.status === 'closed') log(describeRun(outcome.run));
      else if (outcome.status === 'replayed') {
        for (const record of outcome.records) log(`${subject}: letter ${record.letterId} ${describeReplay(record)}`);
      } else if (outcome.status === 'away') {
        log(`${subject}: ${describeError(outcome.failure)} (to be tried again until PostgreSQL is there)`);
      } else log(`${subject}: another run is active; trying again in ${formatCount(outcome.retryInMs)} ms`);
      return outcome;
    } catch (error) {
      const next = request.signal.aborted ? 'handed back' : request.lastAttempt ? 'given up' : 'to be tried again';
      log(`${subject}: ${describeError(error)} (${next})`);
      throw error;
    }
  };
}

function describeError(error: unknown): string {
  if (error instanceof Failure) return `${error.message}; ${error.hint}`;
  return error instanceof Error ? error.message : String(error);
}

function describeRun(run: RunSummary): string {
  const { listed, added, changed, counted, superseded, withdrawn, restored, letters } = run.figures;
  const happened = [
    countOf(listed, 'artifact'),
    `${formatCount(added)} added`,
    `${formatCount(changed)} changed`,
    `${formatCount(counted)} counted`,
    `${formatCount(superseded + withdrawn)} ended`,
    `${formatCount(restored)} restored`,
    ...(letters === 0 ? [] : [countOf(letters, 'letter')]),
  ].join(', ');
  const why = run.error === null ? '' : `: ${run.error}`;
  return `run ${run.runId} ${run.kind} of ${run.organization} ${run.state} in ${durationOf(run) ?? '–'} (${happened})${why}`;
}
