import type { RunRecord } from '../../store/read-runs.ts';
import type { Colours } from '../../terminal/colours.ts';
import { countOf, formatCount, formatList, formatMoment, stateStyle } from '../../terminal/format.ts';
import type { Fact } from './facts.ts';
import { durationOf } from './outcomes.ts';

/**
 * What a run was, what it read and what it wrote. What has nothing to say is left out.
 *
 * @param more.remedy what to do about it; null where there is nothing to do
 * @param more.letters how many letters it was the last to meet: those are shown elsewhere
 */
export function runFacts(
  run: RunRecord,
  { remedy, letters }: { readonly remedy: string | null; readonly letters: number },
  colours: Colours,
): readonly Fact[] {
  return [
    ['run', `${run.runId}, ${run.kind} of ${run.organization}`],
    ['state', run.state, stateStyle(run.state, colours)],
    ...(run.error === null ? [] : [['why', run.error] as const]),
    ...(remedy === null ? [] : [['what to do', remedy] as const]),
    ['day', `${run.day} (${run.timeZone})`],
    ['started', formatMoment(new Date(run.startedAt))],
    ['took', durationOf(run) ?? 'not over'],
    ['asked by', run.trigger],
    ...(run.approvedRunId === null
      ? []
      : [['approved', `the removal that run ${run.approvedRunId} held, where it is proved again`] as const]),
    ['scope', run.includePublic ? 'its own artifacts and public ones of other owners' : 'its own artifacts'],
    ...readFacts(run),
    ...writtenFacts(run),
    ...lettersFact(run.figures.letters - letters),
  ];
}

function readFacts({ figures, pageSize }: RunRecord): readonly Fact[] {
  const { listed, total, pages, passes, extraReads, requests, retries } = figures;
  if (requests === 0) return [];
  const read = [
    pages === 0
      ? 'nothing'
      : `${countOf(pages, 'page')} of ${formatCount(pageSize)} in ${countOf(passes, 'pass', 'passes')}`,
    ...(extraReads === 0 ? [] : [countOf(extraReads, 'extra read')]),
    countOf(requests, 'request'),
    ...(retries === 0 ? [] : [countOf(retries, 'retry', 'retries')]),
  ];
  return [...(pages === 0 ? [] : [['listed', listedOf(listed, total)] as const]), ['read', read.join(', ')]];
}

/** A list that moves shows more artifacts over all reads than it ever held at once. */
function listedOf(listed: number, total: number | null): string {
  const artifacts = countOf(listed, 'artifact');
  if (total === null) return artifacts;
  return listed > total
    ? `${artifacts} over all reads; the catalog announced ${formatCount(total)} at last`
    : `${artifacts} of ${formatCount(total)} that the catalog announced`;
}

function writtenFacts({ figures, state }: RunRecord): readonly Fact[] {
  if (state === 'running' || state === 'abandoned' || state === 'failed') return [];
  const { added, changed, counted, superseded, withdrawn, restored } = figures;
  const ended = [
    ...(superseded === 0 ? [] : [`${formatCount(superseded)} superseded`]),
    ...(withdrawn === 0 ? [] : [`${formatCount(withdrawn)} withdrawn`]),
  ];
  return [
    ['stored', `${formatCount(added)} added, ${formatCount(changed)} changed, ${formatCount(counted)} counted`],
    ...(ended.length === 0 ? [] : [['ended', formatList(ended)] as const]),
    ...(restored === 0 ? [] : [['restored', `${countOf(restored, 'artifact')} that had ended`] as const]),
  ];
}

function lettersFact(metAgain: number): readonly Fact[] {
  return metAgain <= 0 ? [] : [['letters', `${formatCount(metAgain)} that later runs met again`]];
}
