/** One setting that is wrong: what was wrong with it, and how to write it. Never quotes a secret. */
export interface SettingMistake {
  /** The variable, or the place in the settings file: `organizations.acme.cron`. */
  readonly setting: string;
  /** A sentence part after the setting's name and a colon: `"often" is not a whole number`. */
  readonly problem: string;
  /** A sentence: `Write a whole number from 1 to 200.` */
  readonly howToWrite: string;
}

/** The settings cannot be used. Holds every mistake, so that one look is enough to mend them all. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';
  readonly mistakes: readonly SettingMistake[];

  constructor(mistakes: readonly SettingMistake[]) {
    const lines = mistakes.map(({ setting, problem, howToWrite }) => `  ${setting}: ${problem}. ${howToWrite}`);
    super(`${mistakes.length === 1 ? 'A setting is' : `${mistakes.length} settings are`} wrong:\n${lines.join('\n')}`);
    this.mistakes = mistakes;
  }
}
