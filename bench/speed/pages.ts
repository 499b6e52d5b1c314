import { createHash } from 'node:crypto';

/** What a catalog of the benchmark lists: organizations of equal size, and how many items a page of it holds. */
export interface Shape {
  readonly organizations: number;
  /** Of each organization. */
  readonly artifacts: number;
  readonly pageSize: number;
  /** What each page takes at the least, in milliseconds; default none. */
  readonly latencyMs?: number;
}

/** The slug of an organization, by its number from 0 on. */
export function organizationName(number: number): string {
  return `org-${String(number + 1).padStart(5, '0')}`;
}

/** One that lists nothing: what a `sync` costs that has nothing to do. */
export const EMPTY_ORGANIZATION = 'org-empty';

/** The answers of a catalog, made before they are asked for, so that the server is not what is measured. */
export interface Pages {
  /** The answer to a page with any limit; null for an organization that is not there. */
  answer(organization: string, page: number, limit: number): Buffer | null;
  /**
   * A night passes: so many of all artifacts, spread evenly, were downloaded.
   *
   * @param share a fraction
   */
  passNight(share: number): void;
}

const FRAMEWORKS = ['pytorch', 'safetensors', 'gguf', 'onnx'];
const TASKS = ['text-generation', 'image-to-text', 'automatic-speech-recognition'];
const FIRST_DAY = Date.UTC(2024, 0, 1);

export function createPages(shape: Shape): Pages {
  const { organizations, artifacts, pageSize } = shape;
  const numbers = new Map(Array.from({ length: organizations }, (_, number) => [organizationName(number), number]));
  const counts = Float64Array.from({ length: organizations * artifacts }, (_, at) => (at * 7_919) % 100_000);
  const ready = new Map<number, Buffer>();
  const pagesOfEach = Math.max(1, Math.ceil(artifacts / pageSize));
  const render = (organization: number, page: number, limit: number): Buffer => {
    const from = organization * artifacts + (page - 1) * limit;
    const to = Math.min(from + limit, (organization + 1) * artifacts);
    const items: string[] = [];
    for (let at = from; at < to; at += 1) items.push(itemOf(organization, at, at % artifacts, counts[at] ?? 0));
    return envelope(items, { page, limit, total: artifacts });
  };
  const renderAll = (): void => {
    for (let organization = 0; organization < organizations; organization += 1) {
      for (let page = 1; page <= pagesOfEach; page += 1) {
        ready.set(organization * pagesOfEach + page - 1, render(organization, page, pageSize));
      }
    }
  };
  renderAll();
  let night = 0;
  return {
    answer(organization, page, limit) {
      if (organization === EMPTY_ORGANIZATION) return envelope([], { page, limit, total: 0 });
      const number = numbers.get(organization);
      if (number === undefined) return null;
      const isReady = limit === pageSize && page <= pagesOfEach;
      return (isReady ? ready.get(number * pagesOfEach + page - 1) : undefined) ?? render(number, page, limit);
    },
    passNight(share) {
      night += 1;
      if (share === 0) return;
      const every = Math.round(1 / share);
      for (let at = night % every; at < counts.length; at += every) counts[at] = (counts[at] ?? 0) + 1 + (at % 50);
      renderAll();
    },
  };
}

/** Fields that the contract knows and some that it does not, as the listings of real catalogs have them: 0.5 KB. */
function itemOf(organization: number, at: number, number: number, downloads: number): string {
  const name = organizationName(organization);
  const created = new Date(FIRST_DAY + number * 60_000).toISOString();
  return JSON.stringify({
    id: idOf(at),
    name: `${name}/model-${number}`,
    version: `1.${at % 10}.0`,
    framework: FRAMEWORKS[at % FRAMEWORKS.length],
    is_public: at % 3 !== 0,
    download_count: downloads,
    created_at: created,
    origin: at % 4 === 0 ? { source: 'upload', revision: at } : null,
    summary: `Model ${number} of ${name}, fine-tuned on public data for one task.`,
    task: TASKS[at % TASKS.length],
    license: 'apache-2.0',
    tags: ['public', `batch-${at % 100}`],
    updated_at: created,
  });
}

/** Like those of real catalogs without any order: what an index over them costs. */
function idOf(at: number): string {
  const hex = createHash('sha256').update(String(at)).digest('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}

function envelope(
  items: readonly string[],
  { page, limit, total }: { readonly page: number; readonly limit: number; readonly total: number },
): Buffer {
  const pages = Math.ceil(total / limit);
  return Buffer.from(
    `{"models":[${items.join(',')}],"total":${total},"page":${page},"limit":${limit},"total_pages":${pages},` +
      `"has_next":${page < pages},"has_previous":${page > 1}}`,
  );
}
