import type { WalkPorts } from './ports.ts';
import type { Recorder } from './recorder.ts';

/**
 * The same ports, which count anew only where something was staged since: a count goes over all that the run has staged,
 * and on a night when nothing moved everybody asks for the same two.
 */
export function rememberCounts(ports: WalkPorts, recorder: Pick<Recorder, 'reads'>): WalkPorts {
  const remembered = new Map<string, { readonly reads: number; readonly count: Promise<number> }>();
  const once = (what: string, count: () => Promise<number>): Promise<number> => {
    const reads = recorder.reads().length;
    const before = remembered.get(what);
    if (before?.reads === reads) return before.count;
    const now = { reads, count: count() };
    remembered.set(what, now);
    return now.count;
  };
  return {
    ...ports,
    unlisted: () => once('unlisted', () => ports.unlisted()),
    distinctIds: (pass) => {
      const isOnlyPass = recorder.reads().every((read) => read.pass === pass);
      return once(`distinct ids of ${isOnlyPass ? null : pass}`, () => ports.distinctIds(isOnlyPass ? null : pass));
    },
  };
}
