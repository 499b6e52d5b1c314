import { describe, expect, it } from 'vitest';
import { artifact, artifactId, artifacts } from '../mirror/harness.ts';
import { postgresAvailable } from '../support/database.ts';
import { useCommands } from './ground.ts';
import { rowsUnder, under } from './shown.ts';

describe.skipIf(!postgresAvailable)('runs show of a held run', () => {
  const ground = useCommands({ acme: artifacts(1, 60) });
  const PAGES_OF_10 = { MIRROR_PAGE_SIZE: '10' };
  const told = async (runId: number) =>
    (await ground.run(['runs', 'show', String(runId)], { NO_COLOR: '1' }, { columns: 80 })).out;
  const letterId = async () =>
    (await ground.rows<{ id: string }>("SELECT id::text FROM mirror.dead_letters WHERE state = 'open'"))[0]?.id ?? '';

  it('says how to approve it, then points to the run that was held after it, then that its letter is closed', async () => {
    await ground.run(['sync'], PAGES_OF_10);
    for (let n = 1; n <= 15; n++) ground.catalog.remove('acme', artifactId(n));
    ground.catalog.put('acme', artifact(70, { name: 'acme/model-3', version: '2.0.0' }));
    await ground.run(['sync'], PAGES_OF_10);
    const text = await told(2);
    const letter = await letterId();
    expect(under(text, 'why')).toMatch(/^14 of 60 artifacts are proved absent, more than may go without a person/);
    expect(under(text, 'what to do')).toBe(
      `Where they are meant to be gone, approve it: \`catalog-mirror dead-letters replay ${letter}\``,
    );
    expect(rowsUnder(text, 'Proved absent: 15 artifacts').map((row) => row[2])).toEqual(Array(15).fill('held'));
    expect(rowsUnder(text, 'Letters: 1')).toEqual([[letter, 'suspicious_removal', 'organization', 'open']]);

    await ground.run(['sync'], PAGES_OF_10);
    expect(under(await told(2), 'what to do')).toBe(
      'Nothing here, a later run was held as well: `catalog-mirror runs show 3`',
    );
    expect(rowsUnder(await told(3), 'Proved absent')[0]?.[2]).toBe('held');

    expect((await ground.run(['dead-letters', 'replay', letter], PAGES_OF_10)).code).toBe(0);
    expect(under(await told(3), 'what to do')).toBe(
      'Nothing more, its letter is closed: `catalog-mirror dead-letters list --state all`',
    );
    expect(under(await told(4), 'approved')).toBe('the removal that run 3 held, where it is proved again');
    expect(under(await told(3), 'approved')).toBeUndefined();
    expect(rowsUnder(await told(4), 'Proved absent').map((row) => row[2])).toContain('superseded');
  });
});
