import { Failure } from './failure.ts';
import { DATASETS } from './kinds/datasets.ts';
import { MODELS } from './kinds/models.ts';

/** One listing of the catalog, as data: design section 2. A new kind is one file in kinds/ and a line below. */
export interface Kind {
  /** As in settings, tables and reports. */
  readonly name: string;
  /** The last segment of the path: `/org/{organization}/{segment}`. */
  readonly segment: string;
  /** The field of the envelope that holds the items. */
  readonly envelopeKey: string;
  /** The most items the server puts on a page. */
  readonly maxLimit: number;
  /** The fields the contract knows, in its own spelling; all others are kept in `extra`. */
  readonly knownFields: readonly string[];
}

export const KINDS: readonly Kind[] = [MODELS, DATASETS];

/** The kind of that name, or undefined. */
export function kindByName(name: string): Kind | undefined {
  return KINDS.find((kind) => kind.name === name);
}

/**
 * The path of a listing below the base address, with the slug encoded so that it stays one segment whatever it holds.
 *
 * @throws Failure `invalid_request` for a slug that no path can carry: empty, `.`, `..` or half a character
 */
export function listingPath(kind: Kind, organization: string): string {
  const impossible =
    organization === '' || organization === '.' || organization === '..' || /\p{Surrogate}/u.test(organization);
  if (impossible) {
    throw new Failure({
      class: 'invalid_request',
      operation: `list ${kind.name}`,
      subject: `organization ${JSON.stringify(organization)}`,
      detail: 'no address can name this organization',
      hint: 'write the slug as it stands in the catalog’s address, as in acme',
    });
  }
  return `/org/${encodeURIComponent(organization)}/${kind.segment}`;
}
