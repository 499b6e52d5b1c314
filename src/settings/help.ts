import { aboutSetting, SETTING_NAMES } from './table.ts';

/** One setting as `--help` and docs/settings.md show it. */
export interface SettingHelp {
  readonly name: string;
  readonly sentence: string;
  /** As it would be written; null where there is none. */
  readonly default: string | null;
  /** Whether NAME_FILE may name a file that holds it. */
  readonly alsoFromFile: boolean;
  readonly howToWrite: string;
}

/** Every setting, in the order of the table. */
export function settingsHelp(): readonly SettingHelp[] {
  return SETTING_NAMES.map((name) => {
    const { sentence, howToWrite, default: assumed, secret } = aboutSetting(name);
    return { name, sentence, default: assumed, alsoFromFile: secret, howToWrite };
  });
}
