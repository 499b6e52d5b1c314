import fc from 'fast-check';
import type { CatalogRecord, PageItem } from '../../src/catalog/page.ts';
import type { Instant } from '../../src/catalog/timestamp.ts';
import { coverOf, type Gap, isCovered } from '../../src/walk/cover.ts';
import { createdAtOf, idOf, type PageSummary } from '../../src/walk/page-summary.ts';
import type { Overlap } from '../../src/walk/seams.ts';
import { artifactId, bad, goodRecord, instant, pageOf, START } from './ground.ts';

/** One read of a run and what it listed. */
export interface Read {
  readonly summary: PageSummary;
  readonly items: readonly PageItem[];
  readonly arrivedAt: Date;
}

/** An artifact that the mirror knows. */
export interface Known {
  readonly id: string;
  readonly createdAt: Instant;
  readonly owner: string;
  readonly mirroredBy: string;
  readonly ended: boolean;
  /** The record that it is known by, where the mirror has it just as reads list it. */
  readonly record: CatalogRecord | null;
}

export interface Situation {
  readonly organization: string;
  readonly includePublic: boolean;
  readonly reads: readonly Read[];
  readonly known: readonly Known[];
  readonly gaps: readonly Gap[];
}

const ARTIFACTS = 14;
/** Few instants, so that artifacts tie and covers end where others begin. */
const INSTANTS = 8;
const placeOf = (n: number): Instant => instant(`2024-01-01T00:00:0${n % INSTANTS}.000001Z`);

/** What may stand on a page: mostly good records, and bad ones that show an id, a created_at, or neither. */
const slots = fc.oneof(
  { weight: 8, arbitrary: fc.record({ shows: fc.constant('all' as const), n: fc.nat(ARTIFACTS - 1) }) },
  { weight: 1, arbitrary: fc.record({ shows: fc.constantFrom('id', 'place', 'nothing'), n: fc.nat(ARTIFACTS - 1) }) },
);

const shapes = fc.record({
  pass: fc.constantFrom(1, 2, null),
  page: fc.integer({ min: 1, max: 3 }),
  slots: fc.uniqueArray(slots, { maxLength: 7, selector: ({ n }) => n }),
  sorted: fc.oneof({ weight: 5, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) }),
  hasNext: fc.boolean(),
  room: fc.nat(1),
  arrivedAfterMs: fc.nat(2),
});

const bounds = fc.option(fc.nat(INSTANTS - 1));

/**
 * What a run may have read of a list, and what the mirror knew before it. Ids and organizations differ from serial number
 * to serial number, so that many situations can share a database.
 */
export function situations(serial: () => number): fc.Arbitrary<Situation> {
  return fc
    .record({
      includePublic: fc.boolean(),
      shapes: fc.array(shapes, { minLength: 1, maxLength: 6 }),
      known: fc.uniqueArray(
        fc.record({
          n: fc.nat(ARTIFACTS - 1),
          owner: fc.constantFrom('self', 'self', 'guest'),
          mirroredBy: fc.constantFrom('self', 'self', 'self', 'other'),
          ended: fc.constantFrom(false, false, false, true),
          isAsListed: fc.boolean(),
        }),
        { maxLength: ARTIFACTS, selector: ({ n }) => n },
      ),
      gaps: fc.array(fc.tuple(bounds, bounds), { maxLength: 4 }),
    })
    .map((drawn) => {
      const number = serial();
      const organization = `org-${number}`;
      const numberOf = (n: number): number => number * ARTIFACTS + n;
      const named = (who: string): string => (who === 'self' ? organization : who);
      return {
        organization,
        includePublic: drawn.includePublic,
        reads: drawn.shapes.map((shape, index) => readOf(shape, 2 * index + 1, organization, numberOf)),
        known: drawn.known.map(({ n, owner, mirroredBy, ended, isAsListed }) => ({
          id: artifactId(numberOf(n)),
          createdAt: placeOf(n),
          owner: named(owner),
          mirroredBy: named(mirroredBy),
          ended,
          record: isAsListed ? recordOf(n, organization, numberOf) : null,
        })),
        gaps: drawn.gaps.map(([one, other]) => gapBetween(one, other)),
      };
    });
}

type Shape = typeof shapes extends fc.Arbitrary<infer T> ? T : never;

function recordOf(n: number, organization: string, numberOf: (n: number) => number): CatalogRecord {
  return goodRecord(n, { id: artifactId(numberOf(n)), createdAt: placeOf(n), name: `${organization}/model-${n}` });
}

function readOf(shape: Shape, asked: number, organization: string, numberOf: (n: number) => number): Read {
  const inOrder = shape.sorted ? [...shape.slots].sort((a, b) => (placeOf(a.n) < placeOf(b.n) ? -1 : 1)) : shape.slots;
  const items = inOrder.map(({ shows, n }): PageItem => {
    const id = artifactId(numberOf(n));
    const createdAt = placeOf(n);
    if (shows === 'all') return { ok: true, record: recordOf(n, organization, numberOf) };
    return bad({ id: shows === 'id' ? id : null, createdAt: shows === 'place' ? createdAt : null });
  });
  const arrivedAt = new Date(START.getTime() + shape.arrivedAfterMs);
  const { pass, page, hasNext } = shape;
  const { summary } = pageOf(items, { pass, page, hasNext, asked, limit: items.length + shape.room, arrivedAt });
  return { summary, items, arrivedAt };
}

function gapBetween(one: number | null, other: number | null): Gap {
  const [from = null, to = null] =
    one !== null && other !== null ? [Math.min(one, other), Math.max(one, other)] : [one, other];
  return { from: from === null ? null : placeOf(from), to: to === null ? null : placeOf(to) };
}

export function distinctIdsOf(reads: readonly Read[], pass: number | null): number {
  const counted = reads.filter(({ summary }) => pass === null || summary.pass === pass);
  return new Set(counted.flatMap(({ items }) => idsOf(items))).size;
}

/** The artifacts of the scope that no read listed. */
export function unlistedOf({ organization, includePublic, reads, known }: Situation): readonly Known[] {
  const items = reads.flatMap((read) => read.items);
  const listed = new Set(idsOf(items));
  const spoiled = new Set(items.filter((item) => idOf(item) === null).map(createdAtOf));
  return known.filter(
    ({ id, createdAt, owner, mirroredBy, ended }) =>
      !ended &&
      mirroredBy === organization &&
      (includePublic || owner === organization) &&
      !listed.has(id) &&
      !spoiled.has(createdAt),
  );
}

export function isInGap(place: Instant, { from, to }: Gap): boolean {
  return (from === null || from <= place) && (to === null || place <= to);
}

/** Shared ids count on the ends of the stretch too, those of one read alone only inside it. */
export function overlapIn(left: Read, right: Read, from: Instant, to: Instant): Overlap {
  const idsWhere = ({ items }: Read, isMeant: (place: Instant) => boolean): readonly string[] =>
    idsOf(
      items.filter((item) => {
        const place = createdAtOf(item);
        return place !== null && isMeant(place);
      }),
    );
  const idsOn = (read: Read): readonly string[] => idsWhere(read, (place) => from <= place && place <= to);
  const inside = (read: Read): readonly string[] => idsWhere(read, (place) => from < place && place < to);
  const without = (ids: readonly string[], read: Read): number => ids.filter((id) => !idsOn(read).includes(id)).length;
  return {
    shared: idsOn(left).length - without(idsOn(left), right),
    apart: without(inside(left), right) + without(inside(right), left),
  };
}

export function doReadsShowChange(reads: readonly Read[]): boolean {
  return reads.some((one) =>
    reads.some(
      (other) =>
        one !== other &&
        (one.summary.pass === null || other.summary.pass === null) &&
        one.items.some((item) => isMissing(item, other)),
    ),
  );
}

function isMissing(item: PageItem, { summary, items }: Read): boolean {
  const [id, place, cover] = [idOf(item), createdAtOf(item), coverOf(summary)];
  return id !== null && place !== null && cover !== null && isCovered(place, cover) && !idsOf(items).includes(id);
}

/** The read that proves the absence of an artifact of this created_at: of several, the one that arrived last. */
export function witnessOf(place: Instant, reads: readonly Read[]): Read | null {
  const covering = reads.filter(({ summary }) => {
    const cover = coverOf(summary);
    return cover !== null && isCovered(place, cover);
  });
  return covering.reduce<Read | null>(
    (last, read) => (last === null || read.arrivedAt >= last.arrivedAt ? read : last),
    null,
  );
}

function idsOf(items: readonly PageItem[]): readonly string[] {
  return items.map(idOf).filter((id) => id !== null);
}
