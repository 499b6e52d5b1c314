import { z } from 'zod';
import { readPage } from '../docs/markdown.ts';

const datasourceSchema = z.object({
  type: z.literal('grafana-postgresql-datasource'),
  // biome-ignore lint/suspicious/noTemplateCurlyInString: Grafana's own placeholder for what is chosen at import.
  uid: z.literal('${DS_CATALOG_MIRROR}'),
});

const panelSchema = z.object({
  id: z.number(),
  title: z.string(),
  type: z.enum(['timeseries', 'barchart', 'stat', 'table', 'status-history']),
  description: z.string(),
  gridPos: z.object({ x: z.number(), y: z.number(), w: z.number(), h: z.number() }),
  datasource: datasourceSchema,
  targets: z
    .array(
      z.object({
        refId: z.string(),
        datasource: datasourceSchema,
        editorMode: z.literal('code'),
        rawQuery: z.literal(true),
        format: z.enum(['table', 'time_series']),
        rawSql: z.string(),
      }),
    )
    .length(1),
});

const dashboardSchema = z.object({
  __inputs: z.tuple([
    z.object({
      name: z.literal('DS_CATALOG_MIRROR'),
      type: z.literal('datasource'),
      pluginId: z.literal('grafana-postgresql-datasource'),
    }),
  ]),
  __requires: z.array(z.object({ type: z.string(), id: z.string() })),
  timezone: z.literal('utc'),
  templating: z.object({
    list: z.array(
      z.object({
        name: z.enum(['organization', 'kind']),
        type: z.literal('query'),
        datasource: datasourceSchema,
        query: z.string(),
        multi: z.literal(true),
        includeAll: z.literal(true),
      }),
    ),
  }),
  panels: z.array(panelSchema),
});

export type Dashboard = z.infer<typeof dashboardSchema>;

/** The dashboard as Grafana imports it, as far as it must be right for its queries to run. */
export async function readDashboard(): Promise<Dashboard> {
  return dashboardSchema.parse(JSON.parse(await readPage('integrations/grafana/catalog-mirror.json')));
}

export function dashboardQueries({ panels }: Dashboard): { readonly title: string; readonly rawSql: string }[] {
  return panels.flatMap(({ title, targets }) => targets.map(({ rawSql }) => ({ title, rawSql })));
}

const ALL = {
  organizations: ['adirik', 'camenduru', 'fofr', 'lucataco', 'zsxkib'],
  kinds: ['models'],
  from: '2024-12-18T00:00:00Z',
  to: '2025-01-15T23:59:59.999Z',
};

/** The query with macros and variables put in as the data source of Grafana does it. */
export function asGrafanaSends(rawSql: string, chosen: Partial<typeof ALL> = {}): string {
  const { organizations, kinds, from, to } = { ...ALL, ...chosen };
  const list = (values: readonly string[]) => values.map((value) => `'${value.replaceAll("'", "''")}'`).join(',');
  const sql = rawSql
    .replaceAll(/\$__timeFilter\(([^)]+)\)/g, (_, column: string) => `${column} BETWEEN '${from}' AND '${to}'`)
    .replaceAll('$__timeFrom()', `'${from}'`)
    .replaceAll('$__timeTo()', `'${to}'`)
    // biome-ignore lint/suspicious/noTemplateCurlyInString: Grafana's own placeholder.
    .replaceAll('${organization:sqlstring}', list(organizations))
    // biome-ignore lint/suspicious/noTemplateCurlyInString: Grafana's own placeholder.
    .replaceAll('${kind:sqlstring}', list(kinds));
  if (sql.includes('$')) throw new Error(`a macro or variable that this test does not know: ${sql}`);
  return sql;
}
