import { describe, expect, it } from 'vitest';
import { displayWidth } from '../../src/terminal/width.ts';
import { artifacts } from '../mirror/harness.ts';
import { postgresAvailable } from '../support/database.ts';
import { useCommands } from './ground.ts';

describe.skipIf(!postgresAvailable)('report', () => {
  const ground = useCommands({ acme: artifacts(1, 5), globex: artifacts(1, 3, 'globex') });

  it('shows a view in its order within 80 columns, narrowed as asked, and says where there is more', async () => {
    await ground.run(['sync']);
    const { code, out, err } = await ground.run(
      ['report', 'models', '--organization', 'acme', '--limit', '2'],
      { NO_COLOR: '1' },
      { columns: 80 },
    );
    expect(code).toBe(0);
    const [header = '', , ...rows] = out.trimEnd().split('\n');
    expect(header).toMatch(/^organization.* name +version .*download count/);
    expect(rows.map((row) => /acme\/model-\d/.exec(row)?.[0])).toEqual(['acme/model-5', 'acme/model-4']);
    expect(out.split('\n').filter((line) => displayWidth(line) > 80)).toEqual([]);
    expect(err).toContain('--limit');
  });

  it('answers the same as data, hyphens or underscores alike', async () => {
    await ground.run(['sync']);
    const hyphens = await ground.run(['report', 'run-history', '--json']);
    const underscores = await ground.run(['report', 'run_history', '--json']);
    expect(hyphens.json()).toEqual(underscores.json());
    expect(hyphens.json()).toMatchObject([
      { organization: expect.any(String), certified: true },
      { organization: expect.any(String), certified: true },
    ]);
  });

  it('says what reports there are, and what is wrong with a filter', async () => {
    const unknown = await ground.run(['report', 'nonsense']);
    expect(unknown).toMatchObject({ code: 2, out: '' });
    expect(unknown.err).toContain('organization-daily-downloads');
    const filter = await ground.run(['report', 'coverage', '--since', 'yesterday']);
    expect(filter).toMatchObject({ code: 2, out: '' });
    expect(filter.err).toContain('2025-01-31');
  });

  it('says where to look when there are no rows', async () => {
    const { code, out, err } = await ground.run(['report', 'daily-downloads']);
    expect({ code, out }).toEqual({ code: 0, out: '' });
    expect(err).toContain('report coverage');
  });
});
