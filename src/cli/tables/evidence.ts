import type { Evidence, EvidenceOfRun } from '../../store/read-evidence.ts';
import type { RunRecord } from '../../store/read-runs.ts';
import { countOf, formatCount } from '../../terminal/format.ts';
import type { TableOptions } from '../../terminal/table.ts';
import { type RowColumn, renderRows } from './rows.ts';
import { renderSection } from './section.ts';

/** How wide a terminal must be for the ids to be worth their column. */
export const WIDE = 120;

const NAME: readonly RowColumn<Evidence>[] = [
  { header: 'name', value: ({ name }) => name },
  { header: 'version', value: ({ version }) => version },
];
const ID: RowColumn<Evidence> = { header: 'id', value: ({ artifactId }) => artifactId, mayCut: false, from: WIDE };

/** What a run proved absent, what became of it, and the page that proves it: a section, or none. */
export function renderAbsent(
  run: RunRecord,
  { absent, counts }: EvidenceOfRun,
  options: TableOptions,
): readonly string[] {
  if (absent.length === 0) return [];
  const isHeld = run.state === 'held';
  const columns: readonly RowColumn<Evidence>[] = [
    ...NAME,
    { header: 'ended as', value: ({ ending }) => ending ?? (isHeld ? 'held' : null), mayCut: false, idle: null },
    { header: 'witness (UTC)', value: witnessOf, mayCut: false, idle: null },
    ID,
  ];
  const isComplete = run.state === 'certified' || isHeld;
  const title = `Proved absent${isComplete ? '' : ', but not ended'}: ${countOf(counts.absent, 'artifact')}`;
  const rows = { all: counts.absent, shown: absent.length };
  return [renderSection(title, renderRows(absent, columns, options), rows, options)];
}

/** What a run did not list and could not prove absent, and the place where a page would have to show it: a section. */
export function renderUnproved({ unproved, counts }: EvidenceOfRun, options: TableOptions): readonly string[] {
  if (unproved.length === 0) return [];
  const columns: readonly RowColumn<Evidence>[] = [
    ...NAME,
    { header: 'place in the list: created_at', value: ({ createdAt }) => createdAt, mayCut: false },
    ID,
  ];
  const title = `Not listed and not proved absent: ${countOf(counts.unproved, 'artifact')}`;
  const rows = { all: counts.unproved, shown: unproved.length };
  return [renderSection(title, renderRows(unproved, columns, options), rows, options)];
}

function witnessOf({ witness }: Evidence): string | null {
  if (witness === null) return null;
  const { page, limit, at } = witness;
  return `page ${formatCount(page)} of ${countOf(limit, 'item')} at ${at.slice(11, 19)}`;
}
