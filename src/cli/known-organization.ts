import { readMirroredOrganizations, readSpeakersFor } from '../report/read-names.ts';
import { nearestName } from '../settings/nearest.ts';
import { formatList } from '../terminal/format.ts';
import type { OpenDatabase } from './parts/database.ts';
import type { Context } from './shell.ts';
import { UsageError } from './usage-error.ts';

/** @throws UsageError where neither the mirror nor the settings have ever heard of the organization */
export async function requireKnown(
  { settings }: Context,
  { pool }: OpenDatabase,
  organization: string | undefined,
): Promise<void> {
  if (organization === undefined) return;
  const mirrored = await readMirroredOrganizations(pool);
  const known = [...new Set([...mirrored, ...settings.organizations.map((one) => one.organization)])];
  if (known.includes(organization)) return;
  const speakers = await readSpeakersFor(pool, organization);
  const nearest = nearestName(organization, known);
  const hints = [
    ...(speakers.length === 0 ? [] : [`It owns models that ${formatList(speakers, 3)} mirrors: ask for that one.`]),
    ...(nearest === null ? [] : [`Did you mean ${nearest}?`]),
    known.length === 0 ? 'Nothing is mirrored yet.' : `Those known are: ${formatList(known, 8)}.`,
  ];
  throw new UsageError(
    `No organization "${organization}" was ever mirrored, nor do the settings name it.`,
    hints.join(' '),
  );
}
