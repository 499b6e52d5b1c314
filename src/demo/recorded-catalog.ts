import type { FakeArtifact } from '../fake/listing.ts';
import { startFakeCatalog } from '../fake/server.ts';
import type { RecordedModel, RecordedMonth } from './recorded-month.ts';

/** The recorded month as a catalog on loopback, one day at a time. */
export interface RecordedCatalog {
  /** The base address, without `/api/v1`. */
  readonly url: string;
  /**
   * From the next request on the catalog is as it was on that day.
   *
   * @throws RangeError where the day was not recorded
   */
  setDay(day: string): void;
  /** Ends every connection and the server. */
  close(): Promise<void>;
}

/**
 * Serves a recorded month over HTTP with the contract's list endpoint, on 127.0.0.1 and a free port. Every owner is an
 * organization, on days without any model of his too; every model is public, so `include_public` lists those of all
 * other owners as well. `download_count` is the total of the day. Begins with the first day.
 */
export async function startRecordedCatalog(month: RecordedMonth): Promise<RecordedCatalog> {
  const modelsByOwner = new Map<string, RecordedModel[]>();
  for (const model of month.models) {
    const others = modelsByOwner.get(model.owner);
    if (others === undefined) modelsByOwner.set(model.owner, [model]);
    else others.push(model);
  }
  const catalog = await startFakeCatalog({ organizations: {} });

  const setDay = (day: string): void => {
    const index = month.days.indexOf(day);
    if (index === -1) throw new RangeError(`${day} was not recorded`);
    for (const [owner, models] of modelsByOwner) {
      catalog.setOrganization(owner, { models: models.flatMap((model) => listedOn(model, index)) });
    }
  };

  setDay(month.days[0] ?? '');
  return { url: catalog.url, setDay, close: () => catalog.close() };
}

/** The model as the contract lists it, or nothing where it was not listed that day. */
function listedOn({ id, name, createdAt, origin, totals }: RecordedModel, day: number): FakeArtifact[] {
  const total = totals[day];
  if (total === null || total === undefined) return [];
  return [
    {
      id,
      name,
      version: '1.0.0',
      is_public: true,
      created_at: createdAt,
      download_count: total,
      origin: origin === null ? null : { ...origin },
    },
  ];
}
