import { describe, expect, it } from 'vitest';
import { postgresAvailable } from '../support/database.ts';
import { useScratch } from './scratch.ts';
import { isStaging, readRelations, renderRelation } from './tables-page.ts';

const scratch = useScratch();

const INTRODUCTION = `# Tables

What the mirror keeps, in schema \`mirror\`. Analysts build on the views of schema \`report\`, which are made from it: they are
in [reports.md](reports.md), with the words that both pages use. The same sentences stand in the database itself:
\`\\d+ mirror.runs\` shows them. This page is made from there.

The role \`catalog_reader\` may read all of this, except for what only the mirror's own work needs (the staging tables,
\`daily_stale\`, \`known_pages\`) and, of letters, the payload and the mirror's own \`identity\` and \`queued_at\`. Nobody but the
mirror writes here.

## Schema mirror
`;

describe.skipIf(!postgresAvailable)('docs/tables.md', () => {
  it('says what the database says (vitest -u writes it anew)', async () => {
    const tables = (await readRelations(scratch.client)).filter(({ schema }) => schema === 'mirror');
    const sections = tables.map((table) => renderRelation(table));
    await expect(`${INTRODUCTION}\n${sections.join('\n')}`).toMatchFileSnapshot('../../docs/tables.md');
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
