import type { Style } from '../../terminal/colours.ts';
import { visible } from '../../terminal/safe-text.ts';
import type { TableOptions } from '../../terminal/table.ts';
import { padToWidth, wrapToWidth } from '../../terminal/width.ts';

/** A label and what there is to say under it; an empty label goes on with what the one before began. */
export type Fact = readonly [label: string, text: string, style?: Style];

/**
 * Labels and what there is to say under each, one thing in full. Text from outside is made safe.
 *
 * @param others facts that are shown above or below these, and are to stand in line with them
 */
export function renderFacts(facts: readonly Fact[], options: TableOptions, others: readonly Fact[] = []): string {
  const label = Math.max(...[...facts, ...others].map(([name]) => name.length)) + 2;
  return facts
    .flatMap(([name, text, style = (line: string) => line]) =>
      wrapToWidth(visible(text), options.width - label).map(
        (line, index) => `${options.colours.faint(padToWidth(index === 0 ? name : '', label))}${style(line)}\n`,
      ),
    )
    .join('');
}
