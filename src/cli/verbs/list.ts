import { Failure } from '../../catalog/failure.ts';
import { KINDS, kindByName } from '../../catalog/kinds.ts';
import type { CatalogPage, PageItem, PageQuery } from '../../catalog/page.ts';
import { createPageReader } from '../../catalog/page-reader.ts';
import { countOf, formatCount } from '../../terminal/format.ts';
import { visible } from '../../terminal/safe-text.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { createClientPool } from '../parts/clients.ts';
import { requireCatalog } from '../parts/mirror.ts';
import type { Context } from '../shell.ts';
import { type RowColumn, renderRows } from '../tables/rows.ts';
import { UsageError } from '../usage-error.ts';

/** `list ORG`: one page of a listing as the catalog answers it, with all five query parameters. Stores nothing. */
export async function list(context: Context, query: PageQuery, kindName: string): Promise<ExitCode> {
  const kind = kindByName(kindName);
  if (kind === undefined) {
    throw new UsageError(
      `There is no kind "${kindName}".`,
      `The kinds are: ${KINDS.map(({ name }) => name).join(', ')}.`,
    );
  }
  const clients = createClientPool(context, requireCatalog(context));
  try {
    const client = clients.clientFor(context.settings.forOrganization(query.organization));
    const readPage = createPageReader(client, kind, { clock: context.clock, signal: context.signal });
    const page = await readPage(query);
    if (context.output.json) context.printJson(page);
    else context.print(renderPage(context, page));
    return EXIT.ok;
  } catch (error) {
    if (!(error instanceof Failure) || error.class === 'internal') throw error;
    context.sayError(error);
    return EXIT.runFailed;
  } finally {
    await clients.close();
  }
}

function renderPage({ output, colours }: Context, page: CatalogPage): string {
  const width = output.stdout.columns;
  const table = renderRows(page.items, COLUMNS, { width, colours });
  const bad = page.items.flatMap((item) => (item.ok ? [] : [`${colours.bad('bad record')} ${whatIsWrong(item)}\n`]));
  const where = `page ${formatCount(page.page)} of ${formatCount(page.totalPages)}, ${countOf(page.total, 'item')} in all`;
  const next = page.hasNext ? `; --page ${page.page + 1} follows` : '';
  return `${table}${bad.join('')}${colours.faint(where + next)}\n`;
}

/** How wide a terminal must be for ids and exact times to leave the names enough room. */
const WIDE = 140;

const COLUMNS: readonly RowColumn<PageItem>[] = [
  { header: 'name', value: (item) => (item.ok ? item.record.name : 'bad record') },
  { header: 'version', value: (item) => (item.ok ? item.record.version : null) },
  { header: 'framework', value: (item) => (item.ok ? item.record.framework : null) },
  { header: 'public', value: (item) => (item.ok ? (item.record.isPublic ? 'yes' : 'no') : null) },
  {
    header: 'downloads',
    value: (item) => {
      const counter = item.ok ? item.record.downloadCount : item.bad.downloadCount;
      return counter === null ? null : formatCount(counter);
    },
    align: 'right',
  },
  {
    header: 'created (UTC)',
    value: (item) => createdAt(item)?.slice(0, 16).replace('T', ' ') ?? null,
    mayCut: false,
    before: WIDE,
  },
  { header: 'created', value: createdAt, mayCut: false, from: WIDE },
  { header: 'id', value: (item) => (item.ok ? item.record.id : item.bad.id), mayCut: false, from: WIDE },
];

function createdAt(item: PageItem): string | null {
  return item.ok ? item.record.createdAt : item.bad.createdAt;
}

function whatIsWrong({ bad }: Extract<PageItem, { ok: false }>): string {
  const problems = bad.problems.map(({ field, reason }) => `${field} ${reason}`).join('; ');
  return visible(`${bad.id ?? 'without a readable id'}: ${problems}`);
}
