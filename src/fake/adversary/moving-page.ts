import type { JsonObject } from '../../catalog/page.ts';
import type { FakeArtifact, ListingQuery } from '../listing.ts';
import type { MovingItem } from './moving-item.ts';
import type { Arrangement, MovingList } from './moving-list.ts';
import { scatter } from './random.ts';
import type { Scenario } from './scenarios.ts';

/** Hours from UTC, as servers of several places would write them. */
const OFFSETS = [0, -11, -8, -5.5, -3, 1, 2, 3.5, 5.75, 9, 14] as const;
const HOUR_MS = 3_600_000;

/**
 * One read of a moving list, as the contract's envelope.
 *
 * By `name`, and by columns that these items lack, the list is arranged as the contract says and moves all the same;
 * by `created_at` it comes as the scenario's server sorts it. `include_public` changes nothing: nobody else lists here.
 *
 * @param envelopeKey the field that holds the items
 */
export function movingPage(list: MovingList, query: ListingQuery, envelopeKey: string): JsonObject {
  const { items, page, limit, total, hasNext } = list.read(query.page, query.limit, arrangementFor(query));
  return {
    [envelopeKey]: items.map((item) => artifactOf(item, list.scenario.written)),
    page,
    limit,
    total,
    total_pages: Math.ceil(total / limit),
    has_next: hasNext,
    has_previous: page > 1,
  };
}

function arrangementFor({ sortBy, sortDir }: ListingQuery): Arrangement {
  if (sortBy === 'created_at') return sortDir;
  // Who lacks the column comes last, and here that is everybody.
  if (sortBy !== 'name') return (items) => items;
  const sign = sortDir === 'asc' ? 1 : -1;
  return (items) => [...items].sort((a, b) => sign * (Number(a.name > b.name) - Number(a.name < b.name)));
}

function artifactOf(item: MovingItem, written: Scenario['written']): FakeArtifact {
  return {
    id: item.id,
    name: item.name,
    version: item.version,
    framework: 'safetensors',
    is_public: true,
    download_count: item.downloadCount,
    origin: null,
    created_at: written === 'UTC' ? item.createdAt : withOffset(item),
  };
}

/** The same moment on a clock elsewhere; an item is always written in the same way. */
function withOffset({ id, createdAt }: MovingItem): string {
  const hours = OFFSETS[scatter(Number.parseInt(id.slice(0, 8), 16), 0) % OFFSETS.length] ?? 0;
  const there = new Date(Date.parse(createdAt) + hours * HOUR_MS).toISOString().slice(0, 19);
  const minutes = String((Math.abs(hours) % 1) * 60).padStart(2, '0');
  const offset = `${hours < 0 ? '-' : '+'}${String(Math.floor(Math.abs(hours))).padStart(2, '0')}:${minutes}`;
  return `${there}${createdAt.slice(19, -1)}${offset}`;
}
