import { MovingList } from '../../src/fake/adversary/moving-list.ts';
import { mulberry32, scatter } from '../../src/fake/adversary/random.ts';
import { type ScenarioName, scenarioByName } from '../../src/fake/adversary/scenarios.ts';
import { type FakeRequest, startFakeCatalog } from '../../src/fake/server.ts';
import { Ledger, type Listing, listingOf } from './ledger.ts';
import { MovingTruth } from './moving-truth.ts';
import { ShelfLife } from './shelf-life.ts';
import { Spells } from './spells.ts';

/** As small as makes a walk of several pages. */
export const PAGE_SIZE = 20;
const TICK_MS = 250;

/** The tokens, by the variable that each worker has them in. */
export const TOKENS = {
  CATALOG_TOKEN: 'soak-token-of-the-first',
  SOAK_SECOND_TOKEN: 'soak-token-of-the-second',
} as const;
export type TokenVariable = keyof typeof TOKENS;

interface Organization {
  readonly name: string;
  readonly kinds: readonly string[];
  readonly token: TokenVariable;
  readonly includePublic: boolean;
  /** Seconds between two fires of its schedule. */
  readonly everySeconds: number;
  /** The adversary whose list it is; null where items live on a shelf. */
  readonly scenario: ScenarioName | null;
  readonly items: number;
  /** Records that are bad from the beginning to the end. */
  readonly bad: number;
}

const SHELF = { kinds: ['models'], includePublic: false, scenario: null, bad: 0 } as const;
const MOVING = { ...SHELF, token: 'SOAK_SECOND_TOKEN' } as const;

/** Whom the soak mirrors. Nobody is known to the catalog as `nowhere`, and the guests of `globex` come from `outsider`. */
export const ORGANIZATIONS: readonly Organization[] = [
  { ...SHELF, name: 'acme', token: 'CATALOG_TOKEN', everySeconds: 5, items: 150 },
  { ...SHELF, name: 'globex', token: 'SOAK_SECOND_TOKEN', everySeconds: 6, items: 60, includePublic: true },
  { ...SHELF, name: 'hooli', token: 'CATALOG_TOKEN', everySeconds: 7, items: 90, bad: 3 },
  { ...SHELF, name: 'vehement', token: 'CATALOG_TOKEN', everySeconds: 6, items: 70, kinds: ['datasets'] },
  { ...SHELF, name: 'nowhere', token: 'CATALOG_TOKEN', everySeconds: 10, items: 0 },
  { ...MOVING, name: 'busy', everySeconds: 5, items: 160, scenario: 'busy' },
  { ...MOVING, name: 'wild', everySeconds: 7, items: 120, scenario: 'wild' },
  { ...MOVING, name: 'superseding', everySeconds: 8, items: 120, scenario: 'superseding' },
  { ...MOVING, name: 'flickering', everySeconds: 6, items: 100, scenario: 'flickering' },
  { ...MOVING, name: 'late-totals', token: 'CATALOG_TOKEN', everySeconds: 9, items: 140, scenario: 'late-totals' },
];

/** The organization that the catalog does not know: its runs fail as long as the soak lasts. */
export const UNKNOWN = 'nowhere';
const OUTSIDER = 'outsider';

/** Every listing that can be certified. */
export const LISTINGS: readonly Listing[] = ORGANIZATIONS.filter(({ name }) => name !== UNKNOWN).flatMap(
  ({ name, kinds }) => kinds.map((kind) => listingOf(name, kind)),
);

/** What one artifact is to look like in the mirror. */
export interface ExpectedArtifact {
  readonly name: string;
  readonly version: string;
  readonly downloadCount: number;
}

/** A catalog that lives, fails as it is told, and knows the truth. */
export interface SoakCatalog {
  readonly url: string;
  readonly ledger: Ledger;
  readonly spells: Spells;
  readonly shelves: readonly ShelfLife[];
  /** From now on its lists stand still; without this, and again after `live()`, they move. */
  rest(): void;
  live(): void;
  /** Every artifact that the mirror has to show as current, once it has read everything in peace. */
  expected(): ReadonlyMap<string, ExpectedArtifact>;
  /** Writes the history of the moving lists into the ledger. To be called once, when they rest for good. */
  tellHistory(): void;
  /** How many requests there were. */
  readonly requests: number;
  close(): Promise<void>;
}

export async function startSoakCatalog(seed: number): Promise<SoakCatalog> {
  const ledger = new Ledger();
  const spells = new Spells();
  const moving = new Map<string, MovingTruth>();
  for (const [index, { name, scenario, items }] of ORGANIZATIONS.entries()) {
    if (scenario === null) continue;
    const options = { size: items, maxLimit: 200, owner: name };
    moving.set(name, new MovingTruth(new MovingList(scenarioByName(scenario), scatter(index, seed), options)));
  }
  const catalog = await startFakeCatalog({
    organizations: {},
    moving: Object.fromEntries([...moving].map(([name, { list }]) => [name, list])),
    credentials: Object.values(TOKENS).map((token) => ({ token })),
  });
  const shelves = [...ORGANIZATIONS.filter(({ name, scenario }) => scenario === null && name !== UNKNOWN)].flatMap(
    ({ name, kinds, items, bad }, index) =>
      kinds.map((kind) => {
        const random = mulberry32(scatter(100 + index, seed));
        return new ShelfLife(catalog, ledger, random, { organization: name, kind, items, bad });
      }),
  );
  const random = mulberry32(scatter(200, seed));
  const outsider = new ShelfLife(catalog, ledger, random, {
    organization: OUTSIDER,
    kind: 'models',
    items: 30,
    bad: 0,
  });
  const alive = [...shelves, outsider];

  catalog.script((request) => {
    moving.get(request.organization ?? '')?.willRead();
    if (request.organization === UNKNOWN) {
      note(ledger, request, 'not_found', false);
      return undefined;
    }
    const spell = spells.answer(request);
    if (spell === undefined) {
      return {
        act: 'change',
        change: (page) => {
          note(ledger, request, null, page['has_next'] === true);
          return page;
        },
      };
    }
    note(ledger, request, spell.errorClass, false);
    return spell.act;
  });

  let timer: NodeJS.Timeout | null = null;
  const live = (): void => {
    for (const { list } of moving.values()) list.move();
    timer ??= setInterval(() => {
      for (const shelf of alive) shelf.tick();
    }, TICK_MS);
  };
  const rest = (): void => {
    for (const { list } of moving.values()) list.rest();
    if (timer !== null) clearInterval(timer);
    timer = null;
  };
  rest();
  return {
    url: catalog.url,
    ledger,
    spells,
    shelves: alive,
    live,
    rest,
    expected() {
      const expected = new Map<string, ExpectedArtifact>();
      for (const shelf of alive) {
        for (const [id, item] of shelf.expected()) {
          expected.set(id, {
            name: String(item['name']),
            version: String(item['version']),
            downloadCount: Number(item['download_count']),
          });
        }
      }
      for (const { list } of moving.values()) {
        for (const { id, name, version, downloadCount } of list.items()) {
          expected.set(id, { name, version, downloadCount });
        }
      }
      return expected;
    },
    tellHistory() {
      for (const truth of moving.values()) truth.tell(ledger);
    },
    get requests() {
      return catalog.requests.length;
    },
    async close() {
      rest();
      await catalog.close();
    },
  };
}

function note(
  ledger: Ledger,
  request: FakeRequest,
  fault: Parameters<Ledger['answered']>[0]['fault'],
  hasNext: boolean,
) {
  ledger.answered({
    at: Date.now(),
    listing: listingOf(request.organization ?? '', request.kind ?? ''),
    page: Number(request.query['page'] ?? 1),
    limit: Number(request.query['limit'] ?? 0),
    fault,
    hasNext,
  });
}
