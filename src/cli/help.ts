import { settingsHelp } from '../settings/help.ts';
import { wrapToWidth } from '../terminal/width.ts';

const WIDTH = 100;

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
