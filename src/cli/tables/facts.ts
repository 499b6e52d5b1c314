import { visible } from '../render/safe-text.ts';
import type { TableOptions } from '../render/table.ts';
import { padToWidth, wrapToWidth } from '../render/width.ts';

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
