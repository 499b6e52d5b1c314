import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest';
import { readPage, withPart } from '../docs/markdown.ts';
import { postgresAvailable, type TestDatabase } from '../support/database.ts';
import { DBT_CHECKS, dbtQuestions, renderSources } from './dbt-sources.ts';
import { playDemo } from './demo-database.ts';
import { EXAMPLE_HISTORY, EXAMPLE_LETTERS, EXAMPLES } from './examples.ts';
import { asGrafanaSends, dashboardQueries, readDashboard } from './grafana-dashboard.ts';
import { writeHistory } from './history.ts';
import { writeLetters } from './letters.ts';
import { QUESTIONS } from './questions.ts';
import { useScratch } from './scratch.ts';
import { type Example, readRelations, renderExample, renderRelation } from './tables-page.ts';

const scratch = useScratch();

/** What the demo leaves behind, mirrored once for all that ask it. */
let demo: TestDatabase;
/** In the order of QUESTIONS. */
const answers: Pick<Example, 'columns' | 'rows'>[] = [];
beforeAll(async () => {
  if (!postgresAvailable) return;
  demo = await playDemo();
  for (const { sql } of QUESTIONS) answers.push(await answer(demo.pool, sql));
}, 150_000);
afterAll(() => demo?.drop());

/** Every value as PostgreSQL writes it; the driver would make moments of dates. */
async function answer(db: pg.Pool | pg.PoolClient, sql: string): Promise<Pick<Example, 'columns' | 'rows'>> {
  const { fields, rows } = await db.query({
    text: sql,
    rowMode: 'array',
    types: { getTypeParser: () => (text: string) => text },
  });
  return { columns: fields.map(({ name }) => name), rows };
}

async function writeExamples(): Promise<void> {
  await writeLetters(scratch.client, EXAMPLE_LETTERS);
  await writeHistory(scratch.client, EXAMPLE_HISTORY);
}

async function readViews() {
  return (await readRelations(scratch.client)).filter(({ schema }) => schema === 'report');
}

describe.skipIf(!postgresAvailable)('docs/reports.md', () => {
  it('says what the database says, and answers as it does (vitest -u writes it anew)', async () => {
    await writeExamples();
    const views: string[] = [];
    for (const view of await readViews()) {
      const example = EXAMPLES[view.name];
      views.push(renderRelation(view, example && { ...example, ...(await answer(scratch.client, example.sql)) }));
    }
    const questions = QUESTIONS.map(({ title, text, sql }, index) =>
      renderExample({ question: `### ${title}\n\n${text}`, sql, ...(answers[index] ?? { columns: [], rows: [] }) }),
    );
    const page = withPart(await readPage('docs/reports.md'), 'questions', `\n${questions.join('\n')}\n`);
    await expect(withPart(page, 'views', `\n${views.join('\n')}\n`)).toMatchFileSnapshot('../../docs/reports.md');
  });

  it('has an example for every view, and each has an answer', async () => {
    await writeExamples();
    expect(Object.keys(EXAMPLES).sort()).toEqual((await readViews()).map(({ name }) => name).sort());
    for (const [view, { sql }] of Object.entries(EXAMPLES)) {
      expect(sql).toContain(`report.${view}`);
      expect((await answer(scratch.client, sql)).rows, view).not.toEqual([]);
    }
  });

  test.each(QUESTIONS.map(({ title, sql }, index) => ({ title, sql, index })))(
    '$title is answered by views of schema report alone',
    ({ sql, index }) => {
      expect(answers[index]?.rows.length).toBeGreaterThan(0);
      expect(sql).not.toContain('mirror.');
    },
  );
});

describe.skipIf(!postgresAvailable)('the Grafana dashboard', async () => {
  const dashboard = await readDashboard();

  test.each(dashboardQueries(dashboard))('asks what the database answers: $title', async ({ rawSql }) => {
    const client = await demo.pool.connect();
    try {
      await client.query('BEGIN');
      // The recorded month has no failure.
      await writeLetters(client, [{ run: 1, errorClass: 'timeout', organization: 'fofr' }]);
      await client.query('SET LOCAL ROLE catalog_reader');
      expect((await answer(client, asGrafanaSends(rawSql))).rows).not.toEqual([]);
    } finally {
      await client.query('ROLLBACK');
      client.release();
    }
  });

  test.each(dashboardQueries(dashboard))('asks only about what is chosen: $title', ({ rawSql }) => {
    for (const { name } of dashboard.templating.list) expect(rawSql).toContain(`${name} IN (\${${name}:sqlstring})`);
  });

  test.each(dashboard.templating.list)('offers what can be chosen: $name', async ({ query }) => {
    expect((await answer(demo.pool, query)).rows).not.toEqual([]);
  });

  it('has panels that lie beside each other, each with an id of its own', () => {
    const cells = dashboard.panels.flatMap(({ gridPos: { x, y, w, h } }) => {
      expect(x + w).toBeLessThanOrEqual(24);
      return Array.from({ length: w * h }, (_, cell) => `${x + (cell % w)} ${y + Math.floor(cell / w)}`);
    });
    expect(new Set(cells).size).toBe(cells.length);
    expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length);
  });
});

describe.skipIf(!postgresAvailable)('the dbt sources', () => {
  it('say what the database says (vitest -u writes them anew)', async () => {
    const { rows } = await scratch.client.query<{ comment: string }>(
      `SELECT obj_description('report'::regnamespace, 'pg_namespace') AS comment`,
    );
    const sources = renderSources(rows[0]?.comment ?? '', await readViews());
    await expect(sources).toMatchFileSnapshot('../../integrations/dbt/sources.yml');
  });

  test.each(Object.keys(DBT_CHECKS))('check of %s what is so', async (view) => {
    expect((await readViews()).map(({ name }) => name)).toContain(view);
    for (const question of dbtQuestions(view)) expect((await answer(demo.pool, question)).rows, question).toEqual([]);
  });
});
