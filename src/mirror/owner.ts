import type { MirrorDependencies } from './dependencies.ts';

/**
 * The owner that a canonical name shows: the part before the first `/`. Null where it shows none; the artifact then
 * belongs to the organization that lists it (design section 2).
 */
export function ownerIn(name: string): string | null {
  const slash = name.indexOf('/');
  return slash > 0 ? name.slice(0, slash) : null;
}

/** The organizations whose listings of a kind are mirrored: an artifact that one of them owns is spoken for by it. */
export function speakersOf(
  { organizations }: Pick<MirrorDependencies, 'organizations'>,
  kind: string,
): readonly string[] {
  return organizations.filter(({ kinds }) => kinds.includes(kind)).map(({ organization }) => organization);
}
