import type { Letter } from '../store/dead-letters/letter.ts';
import { type MirrorAsk, type MirrorTarget, targetId } from './targets.ts';

/** What of a letter decides its replay. */
export type ReplayedLetter = Pick<Letter, 'id' | 'errorClass' | 'level' | 'organization' | 'kind' | 'runId' | 'state'>;

/**
 * What a replay of one letter does.
 * - `mirror`: its listing is mirrored again. `approves` is the held run whose absences the person who asks approves; null
 *   where the letter is about something else.
 * - `check`: the stored text of its record is checked again.
 * - `nothing`, because the letter is `closed` (resolved or discarded), or because its listing is `unmirrored` by now.
 */
export type Replay =
  | { readonly does: 'mirror'; readonly target: MirrorTarget; readonly approves: string | null }
  | { readonly does: 'check'; readonly target: MirrorTarget }
  | { readonly does: 'nothing'; readonly because: 'closed' | 'unmirrored' };

/**
 * Decides what a replay of a letter does (design section 6). Pure.
 *
 * @param mirrored every listing that the settings name
 */
export function replayOf(letter: ReplayedLetter, mirrored: readonly MirrorTarget[]): Replay {
  if (letter.state !== 'open') return { does: 'nothing', because: 'closed' };
  const target = mirrored.find((one) => targetId(one) === targetId(letter));
  if (target === undefined) return { does: 'nothing', because: 'unmirrored' };
  if (letter.level === 'record') return { does: 'check', target };
  return { does: 'mirror', target, approves: letter.errorClass === 'suspicious_removal' ? letter.runId : null };
}

/** What a replay of several letters does. */
export interface ReplayPlan<Planned extends ReplayedLetter> {
  /** One job for each listing, however many letters it has. */
  readonly asks: readonly Required<MirrorAsk>[];
  readonly refused: readonly { readonly letter: Planned; readonly because: 'closed' | 'unmirrored' }[];
  /** Those of held runs whose listings are mirrored again without an approval. */
  readonly unapproved: readonly Planned[];
}

/**
 * Plans the replay of letters. Where a listing is mirrored again, that covers the letters of its records too: the run
 * reads them anew. Pure.
 *
 * @param options.approving whether the person who asks has removals that were held in mind
 */
export function planReplays<Planned extends ReplayedLetter>(
  letters: readonly Planned[],
  mirrored: readonly MirrorTarget[],
  { approving }: { readonly approving: boolean },
): ReplayPlan<Planned> {
  const asks = new Map<string, Required<MirrorAsk>>();
  const refused: { letter: Planned; because: 'closed' | 'unmirrored' }[] = [];
  const unapproved: Planned[] = [];
  const mirroredAgain = new Set<string>();
  for (const letter of letters) {
    const replay = replayOf(letter, mirrored);
    if (replay.does === 'nothing') {
      refused.push({ letter, because: replay.because });
      continue;
    }
    const key = targetId(replay.target);
    const ask = asks.get(key) ?? { ...replay.target, approves: null, records: [] };
    if (replay.does === 'check') {
      asks.set(key, mirroredAgain.has(key) ? ask : { ...ask, records: [...ask.records, letter.id] });
      continue;
    }
    mirroredAgain.add(key);
    if (replay.approves !== null && !approving) unapproved.push(letter);
    asks.set(key, { ...ask, records: [], approves: (approving ? replay.approves : null) ?? ask.approves });
  }
  return { asks: [...asks.values()], refused, unapproved };
}
