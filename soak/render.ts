import { RUN_STATES } from '../src/mirror/types.ts';
import { createColours } from '../src/terminal/colours.ts';
import { formatCount, formatDuration } from '../src/terminal/format.ts';
import { type Column, renderTable } from '../src/terminal/table.ts';
import type { ClassFigures, FaultFigures, SoakOutcome } from './outcome.ts';

const inSeconds = (seconds: number | null): string | null =>
  seconds === null ? null : formatDuration(seconds * 1_000);
const number = <Row>(header: string, value: (row: Row) => number): Column<Row> => ({
  header,
  align: 'right',
  value: (row) => formatCount(value(row)),
});

const FAULT_COLUMNS: readonly Column<FaultFigures>[] = [
  { header: 'fault', value: ({ name }) => name },
  number('times', ({ times }) => times),
  { header: 'in all', align: 'right', value: ({ seconds }) => inSeconds(seconds) },
  {
    header: 'next certified run after',
    align: 'right',
    value: ({ medianToCertified }) => inSeconds(medianToCertified),
  },
  { header: 'at most', align: 'right', value: ({ longestToCertified }) => inSeconds(longestToCertified) },
];

const CLASS_COLUMNS: readonly Column<ClassFigures>[] = [
  { header: 'class', value: ({ errorClass }) => errorClass },
  number('answers', ({ given }) => given),
  number('pages given up', ({ givenUp }) => givenUp),
  number('failures filed', ({ filed }) => filed),
  number('letters', ({ letters }) => letters),
  number('resolved', ({ resolved }) => resolved),
  number('open', ({ open }) => open),
];

/** What was done, what came of it, and what is wrong, for a person. */
export function renderOutcome(
  outcome: SoakOutcome,
  options: { readonly colour: boolean; readonly width: number },
): string {
  const colours = createColours(options.colour);
  const table = { width: options.width, colours };
  const { queue, seed, minutes, seconds, quietAfter, requests, runs, takenUp, workers, checks } = outcome;
  const states = RUN_STATES.flatMap((state) =>
    runs[state] === undefined ? [] : [`${formatCount(runs[state])} ${state}`],
  );
  const lines = [
    colours.strong(
      `Soak on ${queue}, seed ${seed}, ${minutes} min of faults, ${formatDuration(seconds * 1_000)} in all`,
    ),
    `runs: ${states.join(', ')}; ${formatCount(takenUp)} taken up by another attempt or worker`,
    `requests: ${formatCount(requests)}; workers started: ${workers.started}, of which ${workers.startedInVain} in vain`,
    `quiet night: ${quietAfter === null ? 'did not come' : `${inSeconds(quietAfter)} after the last fault`}`,
    '',
  ];
  const verdicts = checks.map(({ claim, lookedAt, problems }) => {
    const mark = problems.length === 0 ? colours.good('ok    ') : colours.bad('FAILED');
    return [`${mark}  ${claim} (${lookedAt})`, ...problems.map((problem) => `          ${problem}`)].join('\n');
  });
  return [
    lines.join('\n'),
    renderTable(outcome.faults, FAULT_COLUMNS, table),
    renderTable(outcome.classes, CLASS_COLUMNS, table),
    `${verdicts.join('\n')}\n`,
  ].join('\n');
}

/** How to have the same faults again. */
export function commandFor({ seed, minutes, queue }: Pick<SoakOutcome, 'seed' | 'minutes' | 'queue'>): string {
  return `npm run soak -- --queue ${queue} --minutes ${minutes} --seed ${seed}`;
}
