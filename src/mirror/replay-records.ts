import type { Kind } from '../catalog/kinds.ts';
import { checkStoredRecord } from '../catalog/stored-record.ts';
import type { RunIdentity } from '../store/claim-run.ts';
import { replayStoredRecords } from '../store/dead-letters/replay-records.ts';
import type { MirrorDependencies } from './dependencies.ts';
import { ownerIn, speakersOf } from './owner.ts';
import type { MirrorOutcome, MirrorRequest, RecordReplay } from './types.ts';

/** So many letters are replayed in one transaction: each may hold a MiB of text. */
const AT_ONCE = 200;
/** Between two looks at a listing that another worker is busy with, in milliseconds. */
const LOOK_AGAIN_MS = 1_000;

/**
 * Checks the stored texts of bad records of a listing again, and applies those that are good now (design section 6).
 *
 * @param question.startedAt the moment of the replay
 */
export async function replayRecords(
  dependencies: MirrorDependencies,
  request: Pick<MirrorRequest, 'records' | 'signal'>,
  question: { readonly identity: RunIdentity; readonly kind: Kind; readonly startedAt: Date },
): Promise<MirrorOutcome> {
  const { identity, kind, startedAt } = question;
  const records: RecordReplay[] = [];
  for (let start = 0; start < request.records.length; start += AT_ONCE) {
    request.signal.throwIfAborted();
    const replayed = await replayStoredRecords(dependencies.pool, {
      identity,
      letterIds: request.records.slice(start, start + AT_ONCE),
      at: startedAt,
      mirrored: speakersOf(dependencies, kind.name),
      resumeMinutes: dependencies.resumeMinutes,
      check: (source) => checkStoredRecord(kind, source),
      owner: ownerIn,
    });
    if (replayed === null) return { status: 'busy', retryInMs: LOOK_AGAIN_MS };
    records.push(...replayed);
  }
  return { status: 'replayed', records };
}
