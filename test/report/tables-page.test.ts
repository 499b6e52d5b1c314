import type pg from 'pg';
import { describe, expect, it } from 'vitest';
import { postgresAvailable } from '../support/database.ts';
import { EXAMPLE_HISTORY, EXAMPLE_LETTERS, EXAMPLES } from './examples.ts';
import { writeHistory } from './history.ts';
import { writeLetters } from './letters.ts';
import { useScratch } from './scratch.ts';
import { type Example, isStaging, readRelations, renderRelation } from './tables-page.ts';

const scratch = useScratch();

const INTRODUCTION = `# Tables and views

Analysts build on the views of schema \`report\`; what they are computed from is in schema \`mirror\`. The same sentences stand
in the database itself: \`\\d+ report.daily_downloads\` shows them, and so do dbt and Metabase. This page is made from there.

- A **day** is the day on which a run started, in the time zone of its organization. Moments are \`timestamptz\`, counters
  \`bigint\`.
- A **run** is one walk of one organization's listing. It is *complete* where its result is proved: \`certified\`, or \`held\`
  where a person must approve what it would remove. Only complete runs cover a day and end anything.
- An artifact is **mirrored by** one organization, whose runs alone speak for it, so that nothing is counted twice. A
  *guest* is one that another owner owns.
- **Null** is never zero. Each column says what it means there.
- The role \`catalog_reader\` may read all of this, except for the staging tables and, of letters, the payload and the
  mirror's own \`identity\` and \`queued_at\`.

The examples answer for two weeks of a small catalog: none was mirrored on the 14th, and on the 16th a page failed.
`;

async function writeExamples(): Promise<void> {
  await writeLetters(scratch.client, EXAMPLE_LETTERS);
  await writeHistory(scratch.client, EXAMPLE_HISTORY);
}

/** Dates as PostgreSQL writes them; the driver would make moments of them. */
async function answer(client: pg.PoolClient, sql: string): Promise<Pick<Example, 'columns' | 'rows'>> {
  const { fields, rows } = await client.query({
    text: sql,
    rowMode: 'array',
    types: { getTypeParser: () => (text: string) => text },
  });
  return { columns: fields.map(({ name }) => name), rows };
}

describe.skipIf(!postgresAvailable)('docs/tables.md', () => {
  it('says what the database says (vitest -u writes it anew)', async () => {
    await writeExamples();
    const sections: Record<string, string[]> = { report: [], mirror: [] };
    for (const relation of await readRelations(scratch.client)) {
      const example = relation.schema === 'report' ? EXAMPLES[relation.name] : undefined;
      sections[relation.schema]?.push(
        renderRelation(relation, example && { ...example, ...(await answer(scratch.client, example.sql)) }),
      );
    }
    const parts = Object.entries(sections).map(([schema, each]) => `## Schema ${schema}\n\n${each.join('\n')}`);
    await expect(`${INTRODUCTION}\n${parts.join('\n')}`).toMatchFileSnapshot('../../docs/tables.md');
  });

  it('has an example for every view, and each has an answer', async () => {
    await writeExamples();
    const views = (await readRelations(scratch.client)).filter(({ schema }) => schema === 'report');
    expect(Object.keys(EXAMPLES).sort()).toEqual(views.map(({ name }) => name).sort());
    for (const [view, { sql }] of Object.entries(EXAMPLES)) {
      expect(sql).toContain(`report.${view}`);
      expect((await answer(scratch.client, sql)).rows, view).not.toEqual([]);
    }
  });
});

describe.skipIf(!postgresAvailable)('the database', () => {
  it('explains both schemas, every table, every view and every column', async () => {
    const { rows } = await scratch.client.query(
      `SELECT nspname FROM pg_namespace
       WHERE nspname IN ('mirror', 'report') AND obj_description(oid, 'pg_namespace') IS NOT NULL`,
    );
    expect(rows).toHaveLength(2);
    const relations = await readRelations(scratch.client);
    const unexplained = relations.flatMap((relation) => [
      ...(relation.comment === null ? [relation.name] : []),
      ...(isStaging(relation)
        ? []
        : relation.columns
            .filter(({ comment }) => comment === null)
            .map((column) => `${relation.schema}.${relation.name}.${column.name}`)),
    ]);
    expect(unexplained).toEqual([]);
  });
});
