import { nearestName } from './nearest.ts';
import type { Environment } from './sources.ts';
import { aboutSetting, SETTING_NAMES } from './table.ts';

const OURS = /^(CATALOG|MIRROR)_/;

/**
 * One sentence for each variable that looks like a setting and is none: most often a slip of the pen.
 * @param named variables that the settings file names, which are known for that
 */
export function unknownVariables(environment: Environment, named: readonly string[]): readonly string[] {
  const settings = SETTING_NAMES.flatMap((name) => (aboutSetting(name).secret ? [name, `${name}_FILE`] : [name]));
  const known = new Set<string>([...settings, ...named]);
  return Object.keys(environment)
    .filter((name) => OURS.test(name) && !known.has(name))
    .sort()
    .map((name) => {
      const nearest = nearestName(name, [...known]);
      return `${name} is no setting and does nothing${nearest === null ? '' : `; did you mean ${nearest}?`}`;
    });
}
