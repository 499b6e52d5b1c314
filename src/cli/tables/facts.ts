import { visible } from '../../terminal/safe-text.ts';
import type { TableOptions } from '../../terminal/table.ts';
import { padToWidth, wrapToWidth } from '../../terminal/width.ts';

/** Labels and what there is to say under each, one thing in full. Text from outside is made safe. */
export function renderFacts(facts: readonly (readonly [label: string, text: string])[], options: TableOptions): string {
  const label = Math.max(...facts.map(([name]) => name.length)) + 2;
  return facts
    .flatMap(([name, text]) =>
      wrapToWidth(visible(text), options.width - label).map(
        (line, index) => `${options.colours.faint(padToWidth(index === 0 ? name : '', label))}${line}\n`,
      ),
    )
    .join('');
}
