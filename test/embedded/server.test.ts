import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Failure } from '../../src/catalog/failure.ts';
import { answers, dataOf, kill, postmasterPid, query, useEmbeddedGround } from '../support/embedded.ts';

const ground = useEmbeddedGround();

const mode = async (path: string): Promise<string> => ((await stat(path)).mode & 0o777).toString(8);

describe('the embedded server', () => {
  it('is UTF8 with the builtin C.UTF-8 locale, asks for a password, and listens on loopback alone', async () => {
    const home = await ground.home();
    const server = await ground.join(home);
    const url = server.connectionString('postgres');
    const facts = await query(
      url,
      `select pg_encoding_to_char(encoding) as encoding, datlocprovider as provider, datlocale as locale,
              current_setting('listen_addresses') as listen, current_setting('unix_socket_directories') as sockets,
              current_setting('server_version_num')::int / 10000 as major, current_setting('timezone') as zone,
              (select rolpassword like 'SCRAM-SHA-256$%' from pg_authid where rolname = current_user) as scram
       from pg_database where datname = current_database()`,
    );
    expect(facts).toEqual([
      {
        encoding: 'UTF8',
        provider: 'b',
        locale: 'C.UTF-8',
        listen: '127.0.0.1',
        sockets: '',
        major: 18,
        zone: 'UTC',
        scram: true,
      },
    ]);
    const rules = await query<{ auth_method: string }>(url, 'select distinct auth_method from pg_hba_file_rules');
    expect(rules).toEqual([{ auth_method: 'scram-sha-256' }]);
    const wrong = new URL(url);
    wrong.password = 'wrong';
    await expect(query(wrong.href, 'select 1')).rejects.toMatchObject({ code: '28P01' });
    await server.leave();
    expect(await answers(url)).toBe(false);
  });

  it('keeps its password where only its owner can read it, and out of logs and the server environment', async () => {
    vi.stubEnv('CATALOG_TOKEN', 'a-secret-of-the-catalog');
    const home = await ground.home();
    const said: string[] = [];
    const server = await ground.join(home, { log: (line) => said.push(line) });
    const own = join(home, 'postgresql');
    expect(await mode(own)).toBe('700');
    for (const file of await readdir(own)) expect(`${file} ${await mode(join(own, file))}`).toBe(`${file} 600`);
    expect(await mode(await dataOf(home))).toBe('700');
    const password = (await readFile(join(own, 'password'), 'utf8')).trim();
    expect(password.length).toBeGreaterThanOrEqual(32);
    expect(server.connectionString('x')).toContain(password);
    expect(said.join('\n') + (await readFile(join(own, 'postgresql.log'), 'utf8'))).not.toContain(password);
    if (process.platform === 'linux') {
      const environment = await readFile(`/proc/${await postmasterPid(home)}/environ`, 'utf8');
      expect(environment).toContain('LC_ALL=C');
      expect(environment).not.toContain('a-secret-of-the-catalog');
      expect(await readFile(`/proc/${await postmasterPid(home)}/cmdline`, 'utf8')).not.toContain(password);
    }
  });

  it('keeps data and port from one start to the next', async () => {
    const home = await ground.home();
    const first = await ground.join(home);
    await first.ensureDatabase('kept');
    await query(first.connectionString('kept'), "create table t as select 'é–日本'::text as word");
    await first.leave();
    const second = await ground.join(home);
    expect(second.connectionString('kept')).toBe(first.connectionString('kept'));
    expect(await query(second.connectionString('kept'), 'select word from t')).toEqual([{ word: 'é–日本' }]);
  });

  it('makes a database once however many ask, and anew with sessions still in it', async () => {
    const server = await ground.join(await ground.home());
    const name = 'a "quoted" Name-ü';
    await Promise.all([1, 2, 3].map(() => server.ensureDatabase(name)));
    const url = server.connectionString(name);
    await query(url, 'create table t (n int)');
    await server.ensureDatabase(name);
    expect(await query(url, "select to_regclass('t') is not null as there")).toEqual([{ there: true }]);
    const sleeper = query(url, 'select pg_sleep(600)').catch((error: unknown) => error);
    await vi.waitFor(async () => {
      const busy = await query(
        server.connectionString('postgres'),
        "select from pg_stat_activity where query ~ 'sleep.600'",
      );
      expect(busy.length).toBeGreaterThan(0);
    });
    await server.recreateDatabase(name);
    expect(await sleeper).toBeInstanceOf(Error);
    expect(await query(url, "select to_regclass('t') is not null as there")).toEqual([{ there: false }]);
  });

  it('stays joined when PostgreSQL ends every session over a crash of one', async () => {
    const home = await ground.home();
    const onLost = vi.fn();
    const server = await ground.join(home, { onLost });
    const url = server.connectionString('postgres');
    const members = "select pid from pg_stat_activity where application_name = 'catalog-mirror:member'";
    const [before] = await query<{ pid: number }>(url, members);
    await kill(before?.pid ?? 0, 'SIGKILL');
    const after = await vi.waitFor(
      async () => {
        const rows = await query<{ pid: number }>(url, members);
        expect(rows).toHaveLength(1);
        return rows[0];
      },
      { timeout: 15_000 },
    );
    expect(after?.pid).not.toBe(before?.pid);
    await server.ensureDatabase('usable');
    expect(onLost).not.toHaveBeenCalled();
    await server.leave();
    expect(await answers(url)).toBe(false);
  });

  it('tells once that the server is gone, fails every call from then on, and can still be left', async () => {
    const home = await ground.home();
    const lost: Failure[] = [];
    const server = await ground.join(home, { onLost: (failure) => lost.push(failure) });
    await kill((await postmasterPid(home)) ?? 0, 'SIGKILL');
    await vi.waitFor(() => expect(lost).toHaveLength(1));
    await expect(server.ensureDatabase('x')).rejects.toBe(lost[0]);
    expect(lost[0]).toMatchObject({ class: 'database', detail: 'the server ended while it was in use' });
    await server.leave();
    await server.leave();
    expect(lost).toHaveLength(1);
  });
});

describe('a port that is taken', () => {
  const blockers: ReturnType<typeof createServer>[] = [];
  afterEach(async () => {
    for (const blocker of blockers.splice(0)) await new Promise((resolve) => blocker.close(resolve));
  });
  const block = (port: number): Promise<void> =>
    new Promise((resolve, reject) => {
      const blocker = createServer();
      blockers.push(blocker);
      blocker.once('error', reject);
      blocker.listen(port, '127.0.0.1', resolve);
    });

  it('by another program since the last start is given up for another one', async () => {
    const home = await ground.home();
    const first = await ground.join(home);
    await first.leave();
    await block(first.port);
    const second = await ground.join(home);
    expect(second.port).not.toBe(first.port);
    expect(await query(second.connectionString('postgres'), 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  it('between choosing it and listening on it is given up for another one', async () => {
    const home = await ground.home();
    const asked: (number | null)[] = [];
    let taken = 0;
    const server = await ground.join(home, {
      choosePort: async (preferred, choose) => {
        asked.push(preferred);
        const port = await choose(preferred);
        if (asked.length === 1) {
          taken = port;
          await block(port);
        }
        return port;
      },
    });
    expect(asked).toHaveLength(2);
    expect(server.port).not.toBe(taken);
    expect(await query(server.connectionString('postgres'), 'select 1 as one')).toEqual([{ one: 1 }]);
  });
});

describe('a server that cannot start', () => {
  it("says PostgreSQL's own message, and starts once what it named is mended", async () => {
    const home = await ground.home();
    const broken = ground.join(home, { settings: { fsync: 'off', shared_buffers: '3 bananas' } });
    await expect(broken).rejects.toMatchObject({
      name: 'Failure',
      class: 'database',
      message: expect.stringMatching(
        /^could not start it \(the embedded PostgreSQL\): FATAL: {2}invalid value for parameter "shared_buffers": "3 bananas"/,
      ),
      hint: expect.stringContaining(join(home, 'postgresql', 'postgresql.log')),
    });
    const server = await ground.join(home);
    expect(await query(server.connectionString('postgres'), 'select 1 as one')).toEqual([{ one: 1 }]);
  });

  it('over a data folder of another major version says so and leaves it alone', async () => {
    const home = await ground.home();
    await (await ground.join(home)).leave();
    const version = join(await dataOf(home), 'PG_VERSION');
    await writeFile(version, '17\n');
    await expect(ground.join(home)).rejects.toMatchObject({
      detail: expect.stringMatching(/was made by PostgreSQL 17, .* brings PostgreSQL 18$/),
      hint: expect.stringContaining('Nothing was changed'),
    });
    expect(await readFile(version, 'utf8')).toBe('17\n');
    await writeFile(version, '18\n');
    await (await ground.join(home)).leave();
  });

  it('over a missing password names the file, and makes no new one for data that it would not open', async () => {
    const home = await ground.home();
    await (await ground.join(home)).leave();
    const file = join(home, 'postgresql', 'password');
    const password = await readFile(file, 'utf8');
    await rm(file);
    await expect(ground.join(home)).rejects.toMatchObject({ detail: expect.stringContaining(`${file} is missing`) });
    await writeFile(file, password, { mode: 0o600 });
    await (await ground.join(home)).leave();
  });

  it('over a wrong password says so and leaves no server running', async () => {
    const home = await ground.home();
    await (await ground.join(home)).leave();
    await writeFile(join(home, 'postgresql', 'password'), 'wrong\n');
    await expect(ground.join(home)).rejects.toMatchObject({
      detail: expect.stringContaining('password authentication failed'),
      hint: expect.stringContaining('restore it'),
    });
    expect(await postmasterPid(home)).toBeNull();
  });

  it('over a damaged record of where the data is says so and changes nothing', async () => {
    const home = await ground.home();
    await (await ground.join(home)).leave();
    const file = join(home, 'postgresql', 'state.json');
    await writeFile(file, '{"dataElse');
    await expect(ground.join(home)).rejects.toMatchObject({ detail: `${file} is damaged` });
    expect(await readFile(file, 'utf8')).toBe('{"dataElse');
  });
});
