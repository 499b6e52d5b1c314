import type pg from 'pg';
import type { Letter } from '../../store/dead-letters/letter.ts';
import { listLetters } from '../../store/dead-letters/list-letters.ts';
import { readRunLetters } from '../../store/dead-letters/read-run-letters.ts';
import { readEvidence } from '../../store/read-evidence.ts';
import { type RunRecord, readRun } from '../../store/read-runs.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { openDatabase } from '../parts/database.ts';
import { requireRowId } from '../row-id.ts';
import type { Context } from '../shell.ts';
import { renderAbsent, renderUnproved, WIDE } from '../tables/evidence.ts';
import { renderFacts } from '../tables/facts.ts';
import { proofFacts } from '../tables/proof-facts.ts';
import { remedyOf } from '../tables/remedy.ts';
import { runFacts } from '../tables/run-facts.ts';
import { renderRunLetters } from '../tables/run-letters.ts';
import { UsageError } from '../usage-error.ts';

export interface RunShowOptions {
  /** The most artifacts of each finding, and the most letters. */
  readonly limit: number;
}

/** `runs show ID`: one run in words and figures, and what proves it (design section 3). */
export async function showRun(context: Context, runId: string, { limit }: RunShowOptions): Promise<ExitCode> {
  requireRowId(runId, 'run', 'catalog-mirror runs list');
  const database = await openDatabase(context);
  try {
    const run = await readRun(database.pool, runId);
    if (run === null) {
      throw new UsageError(`There is no run ${runId}.`, 'Run `catalog-mirror runs list` to see the ids.');
    }
    const evidence = await readEvidence(database.pool, runId, limit);
    if (context.output.json) {
      const { counts, absent, unproved } = evidence;
      context.printJson({ ...run, findings: counts, absences: [...absent, ...unproved] });
      return EXIT.ok;
    }
    const { letters, count } = await readRunLetters(database.pool, runId, limit);
    const remedy = remedyOf(run, await openRemovalLetter(database.pool, run));
    const options = { width: context.output.stdout.columns, colours: context.colours };
    const facts = runFacts(run, { remedy, letters: count }, context.colours);
    const proof = proofFacts(run);
    const parts = [
      renderFacts(facts, options, proof),
      ...(proof.length === 0 ? [] : [renderFacts(proof, options, facts)]),
      ...renderAbsent(run, evidence, options),
      ...renderUnproved(evidence, options),
      ...renderRunLetters(letters, count, options),
    ];
    context.print(parts.join('\n'));
    if (options.width < WIDE && evidence.absent.length + evidence.unproved.length > 0) {
      context.say('A wider terminal, or --json, shows the ids as well.');
    }
    return EXIT.ok;
  } finally {
    await database.close();
  }
}

/** What still waits for a person where a removal was held; null where nothing does. */
async function openRemovalLetter(db: pg.Pool, { state, organization, kind }: RunRecord): Promise<Letter | null> {
  if (state !== 'held') return null;
  // One for each kind.
  const letters = await listLetters(db, { organization, errorClass: 'suspicious_removal', state: 'open' }, 100);
  return letters.find((letter) => letter.kind === kind) ?? null;
}
