import { settingsHelp } from '../settings/help.ts';
import { wrapToWidth } from '../terminal/width.ts';

const WIDTH = 100;

/** Ways to call a command, for the end of its `--help`: each can be typed as it stands. */
export function examples(...lines: readonly string[]): string {
  const shown = lines.map((line) => `  ${line}\n`).join('');
  return `\nExample${lines.length === 1 ? '' : 's'}:\n${shown}\nSettings come from the environment; \`catalog-mirror --help\` lists them.\n`;
}

/** Every setting with its sentence and its default, for the end of `--help`. */
export function settingsSection(): string {
  const settings = settingsHelp().map(({ name, sentence, default: assumed, alsoFromFile }) => {
    const notes = [
      ...(assumed === null ? [] : [`Default: ${assumed}.`]),
      ...(alsoFromFile ? [`Also from the file that ${name}_FILE names.`] : []),
    ];
    const text = [sentence, ...notes].join(' ');
    return `  ${name}\n${wrapToWidth(text, WIDTH - 6)
      .map((line) => `      ${line}\n`)
      .join('')}`;
  });
  return `Settings, from the environment:\n${settings.join('')}`;
}
