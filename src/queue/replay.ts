import type { Letter } from '../store/dead-letters/letter.ts';
import { type MirrorTarget, targetId } from './targets.ts';

/** What of a letter decides its replay. */
export type ReplayedLetter = Pick<Letter, 'errorClass' | 'level' | 'organization' | 'kind' | 'runId' | 'state'>;

/**
 * What a replay of a letter does.
 * - `mirror`: its listing is mirrored again. `approves` is the held run whose absences the person who asks approves; null
 *   where the letter is about something else.
 * - `nothing`, because the letter is `closed` (resolved or discarded), because its listing is `unmirrored` by now, or
 *   because it is a `record`'s, which the next certified run that reads the record well resolves.
 */
export type Replay =
  | { readonly does: 'mirror'; readonly target: MirrorTarget; readonly approves: string | null }
  | { readonly does: 'nothing'; readonly because: 'closed' | 'unmirrored' | 'record' };

/**
 * Decides what a replay of a letter does (design section 6). Pure.
 *
 * @param mirrored every listing that the settings name
 */
export function replayOf(letter: ReplayedLetter, mirrored: readonly MirrorTarget[]): Replay {
  if (letter.state !== 'open') return { does: 'nothing', because: 'closed' };
  const target = mirrored.find((one) => targetId(one) === targetId(letter));
  if (target === undefined) return { does: 'nothing', because: 'unmirrored' };
  if (letter.level === 'record') return { does: 'nothing', because: 'record' };
  return { does: 'mirror', target, approves: letter.errorClass === 'suspicious_removal' ? letter.runId : null };
}
