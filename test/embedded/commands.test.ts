import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { dataOf, kill, postmasterPid, query, useEmbeddedGround } from '../support/embedded.ts';

const ground = useEmbeddedGround();

async function passwordOf(home: string): Promise<string> {
  return (await readFile(join(home, 'postgresql', 'password'), 'utf8')).trim();
}

async function urlOf(home: string, port: unknown, database = 'postgres'): Promise<string> {
  return `postgres://catalog_mirror:${await passwordOf(home)}@127.0.0.1:${port}/${database}`;
}

describe('commands that share the embedded server', () => {
  it.each(['first', 'second'] as const)(
    'keep it while one uses it, where the %s leaves before the other',
    async (who) => {
      const home = await ground.home();
      const first = ground.command(home);
      const port = await first.said('joined');
      const postmaster = await postmasterPid(home);
      const second = ground.command(home);
      expect(await second.said('joined')).toBe(port);
      const [leaver, stayer] = who === 'first' ? [first, second] : [second, first];

      leaver.tell('leave');
      await leaver.ended;
      expect(await postmasterPid(home)).toBe(postmaster);
      stayer.tell('still_there');
      expect(await stayer.said('made')).toBe('still_there');

      stayer.tell('leave');
      await stayer.ended;
      expect(await stayer.said('left')).toBe(true);
      expect(await postmasterPid(home)).toBeNull();
    },
  );

  it('start one server between them when they start at the same moment', async () => {
    const home = await ground.home();
    const commands = [1, 2, 3, 4].map(() => ground.command(home));
    const ports = await Promise.all(commands.map((command) => command.said('joined')));
    expect(new Set(ports).size).toBe(1);
    for (const command of commands) command.tell('leave');
    await Promise.all(commands.map((command) => command.said('left')));
    expect(await postmasterPid(home)).toBeNull();
  });

  it('start it anew when they come while the last one stops it', async () => {
    const home = await ground.home();
    let last = ground.command(home);
    await last.said('joined');
    for (let turn = 0; turn < 4; turn += 1) {
      const next = ground.command(home);
      last.tell('leave');
      await next.said('joined');
      next.tell(`turn_${turn}`);
      expect(await next.said('made')).toBe(`turn_${turn}`);
      await last.said('left');
      last = next;
    }
    last.tell('leave');
    await last.said('left');
    expect(await postmasterPid(home)).toBeNull();
  });

  it('do not take it along when Ctrl-C ends them', async () => {
    const home = await ground.home();
    const command = ground.command(home);
    const port = await command.said('joined');
    // The terminal sends SIGINT to every process of the foreground group; the command was made its own group's leader.
    process.kill(-(command.process.pid ?? 0), 'SIGINT');
    await command.ended;
    expect(await query(await urlOf(home, port), 'select 1 as one')).toEqual([{ one: 1 }]);
  });
});

describe('after kill -9', () => {
  it('of the only command, the next one joins the server that still runs, and stops it as the last', async () => {
    const home = await ground.home();
    const killed = ground.command(home);
    const port = await killed.said('joined');
    const postmaster = await postmasterPid(home);
    killed.tell('kept');
    await killed.said('made');
    killed.process.kill('SIGKILL');
    await killed.ended;
    expect(await postmasterPid(home)).toBe(postmaster);

    const next = ground.command(home);
    expect(await next.said('joined')).toBe(port);
    expect(await postmasterPid(home)).toBe(postmaster);
    expect(await query(await urlOf(home, port, 'kept'), 'select 1 as one')).toEqual([{ one: 1 }]);
    next.tell('leave');
    await next.said('left');
    expect(await postmasterPid(home)).toBeNull();
  });

  it('of a command in the middle of its first start, the next one starts as if nothing had been', async () => {
    const home = await ground.home();
    const killed = ground.command(home);
    await killed.said('log');
    killed.process.kill('SIGKILL');
    await killed.ended;

    const next = ground.command(home);
    await next.said('joined');
    next.tell('leave');
    await next.said('left');
    const leftovers = (await readdir(home)).filter((name) => name.includes('.new-'));
    expect(leftovers).toEqual([]);
    expect((await readdir(join(home, 'postgresql'))).sort()).toEqual(['password', 'postgresql.log', 'state.json']);
  });

  it('of the server, the command that used it says so, and the next one starts it with all that was stored', async () => {
    const home = await ground.home();
    const user = ground.command(home);
    const port = await user.said('joined');
    user.tell('kept');
    await user.said('made');
    await query(await urlOf(home, port, 'kept'), 'create table t as select 42 as n');
    await kill((await postmasterPid(home)) ?? 0, 'SIGKILL');
    expect(await user.said('lost')).toMatch(/could not use it .*the server ended while it was in use/);

    const next = ground.command(home);
    const again = await next.said('joined');
    expect(await query(await urlOf(home, again, 'kept'), 'select n from t')).toEqual([{ n: 42 }]);
    user.tell('leave');
    await user.said('left');
    expect(await query(await urlOf(home, again, 'kept'), 'select n from t')).toEqual([{ n: 42 }]);
    next.tell('leave');
    await next.said('left');
    expect(await postmasterPid(home)).toBeNull();
  });

  it('of the server, a program that was given its process number does not keep it from starting', async () => {
    const home = await ground.home();
    const user = ground.command(home);
    await user.said('joined');
    await kill((await postmasterPid(home)) ?? 0, 'SIGKILL');
    user.process.kill('SIGKILL');
    await user.ended;
    const file = join(await dataOf(home), 'postmaster.pid');
    const owner = await stat(dirname(file));
    // PostgreSQL only minds processes of its own user.
    const bystander = spawn('sleep', ['300'], {
      stdio: 'ignore',
      ...(process.geteuid?.() === 0 ? { uid: owner.uid, gid: owner.gid } : {}),
    });
    try {
      const text = await readFile(file, 'utf8');
      await writeFile(file, text.replace(/^\d+/, String(bystander.pid)));
      const next = ground.command(home);
      await next.said('joined');
      expect(await postmasterPid(home)).not.toBe(bystander.pid);
      next.tell('leave');
      await next.said('left');
      expect(bystander.exitCode).toBeNull();
    } finally {
      const gone = once(bystander, 'exit');
      bystander.kill('SIGKILL');
      await gone;
    }
  });
});
