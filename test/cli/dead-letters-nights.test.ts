import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { FAILURE_CLASSES } from '../../src/catalog/failure.ts';
import { packageRoot } from '../../src/package-root.ts';
import { fencedBlocks, readPage } from '../docs/markdown.ts';
import { artifact, artifactId, artifacts } from '../mirror/harness.ts';
import { QUEUES, TOKEN, useCommands } from './ground.ts';

const listed = z.object({
  counts: z.array(z.object({ errorClass: z.string(), letters: z.number(), open: z.number(), occurrences: z.number() })),
  letters: z.array(
    z.object({
      id: z.string(),
      errorClass: z.string(),
      organization: z.string(),
      runId: z.string(),
      occurrences: z.number(),
      state: z.string(),
      resolvedByRunId: z.string().nullable(),
    }),
  ),
});
const board = z.object({
  queues: z.array(
    z.object({ name: z.string(), counts: z.object({ waiting: z.number() }), jobs: z.array(z.unknown()) }),
  ),
});

describe.each(QUEUES)('failures of several nights, with the queue in $queue', ({ queue, available }) => {
  describe.skipIf(!available)('and Bull Board as docs/failures.md sets it up', () => {
    const ground = useCommands(
      { acme: artifacts(1, 3), globex: artifacts(1, 25, 'globex'), initech: artifacts(1, 2, 'initech') },
      { queue },
    );
    let processes: ChildProcess[] = [];
    afterEach(async () => {
      for (const child of processes) {
        if (child.exitCode !== null || child.signalCode !== null) continue;
        const gone = once(child, 'exit');
        child.kill();
        await gone;
      }
      processes = [];
    });

    /** Starts the page's script, and returns the address that it says. */
    async function startBoard(): Promise<string> {
      const [script] = fencedBlocks(await readPage('docs/failures.md')).filter(({ language }) => language === 'js');
      if (script === undefined) throw new Error('docs/failures.md has no script');
      await writeFile(join(ground.folder, 'board.mjs'), script.text);
      await symlink(join(packageRoot(), 'node_modules'), join(ground.folder, 'node_modules'));
      const { REDIS_URL, DATABASE_URL } = ground.env;
      const child = spawn(process.execPath, ['board.mjs'], {
        cwd: ground.folder,
        env: { PATH: process.env['PATH'], REDIS_URL, DATABASE_URL, PORT: '0' },
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      processes.push(child);
      for await (const line of createInterface(child.stdout)) return line;
      throw new Error('the board ended without a word');
    }
    const night = async (): Promise<number> =>
      (await ground.run(['sync'], { MIRROR_PAGE_SIZE: '10', MIRROR_PAGE_CONCURRENCY: '1' })).code;
    const letters = async () => {
      const { code, json } = await ground.run(['dead-letters', 'list', '--state', 'all', '--json']);
      expect(code).toBe(0);
      return listed.parse(json());
    };

    it('are one open letter each, which counts them, until a certified run has covered it', async () => {
      ground.catalog.script(({ organization }) =>
        organization === 'acme' ? { act: 'status', status: 403, detail: 'not for this token' } : undefined,
      );
      const mend = ground.catalog.script(({ organization, query }) =>
        organization === 'globex' && query['page'] === '2' ? { act: 'status', status: 404 } : undefined,
      );
      // Its counter moves from night to night, and it stays the same bad record.
      const bad = (night: number) => artifact(9, { name: 7, download_count: night }, 'initech');
      for (const number of [1, 2, 3]) {
        ground.catalog.put('initech', bad(number));
        expect(await night()).toBe(4);
      }
      const { counts, letters: open } = await letters();
      expect(open.map(({ organization, errorClass, occurrences }) => [organization, errorClass, occurrences])).toEqual(
        expect.arrayContaining([
          ['acme', 'forbidden', 3],
          ['globex', 'not_found', 3],
          ['initech', 'invalid_record', 3],
        ]),
      );
      expect(counts.map(({ letters, open, occurrences }) => [letters, open, occurrences])).toEqual(
        counts.map(() => [1, 1, 3]),
      );
      expect(counts).toHaveLength(3);

      const address = await startBoard();
      const page = await fetch(address);
      expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('Bull Dashboard')]);
      const shown = async (errorClass: string) => {
        const answer = await fetch(`${address}/api/queues?activeQueue=dead-letter.${errorClass}&status=latest`);
        const text = await answer.text();
        expect(text).not.toContain(TOKEN);
        return board.parse(JSON.parse(text)).queues;
      };
      const jobsOf = async (errorClass: string) =>
        (await shown(errorClass)).find(({ name }) => name === `dead-letter.${errorClass}`)?.jobs;
      expect((await shown('timeout')).map(({ name }) => name)).toEqual(
        FAILURE_CLASSES.map((errorClass) => `dead-letter.${errorClass}`),
      );
      for (const letter of open) {
        expect(await jobsOf(letter.errorClass)).toEqual([
          expect.objectContaining({
            id: `letter-${letter.id}`,
            data: expect.objectContaining({ organization: letter.organization, runId: letter.runId, occurrences: 3 }),
          }),
        ]);
      }
      const record = open.find(({ organization }) => organization === 'initech');
      expect(await jobsOf('invalid_record')).toEqual([
        expect.objectContaining({ data: expect.objectContaining({ artifactId: artifactId(9, 'initech') }) }),
      ]);

      mend();
      expect(await night()).toBe(4);
      const after = (await letters()).letters;
      const now = (organization: string) => after.find((letter) => letter.organization === organization);
      expect(now('acme')).toMatchObject({ state: 'open', occurrences: 4 });
      // Certified, but the bad record is still listed: that run met it again.
      expect(now('initech')).toMatchObject({ id: record?.id, state: 'open', occurrences: 4 });
      expect(now('globex')).toMatchObject({ state: 'resolved', occurrences: 3 });
      const [resolver] = await ground.rows('SELECT organization, state FROM mirror.runs WHERE id = $1', [
        now('globex')?.resolvedByRunId,
      ]);
      expect(resolver).toEqual({ organization: 'globex', state: 'certified' });
      expect(await jobsOf('not_found')).toEqual([]);
      expect(await jobsOf('forbidden')).toHaveLength(1);
      expect(after).toHaveLength(3);
    }, 60_000);
  });
});
