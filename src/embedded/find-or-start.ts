import { dirname } from 'node:path';
import { hasCluster, majorVersion, makeCluster } from './cluster.ts';
import { embeddedFailure } from './failures.ts';
import {
  dataFolder,
  dataOwner,
  type Home,
  type HomeState,
  makeDataParent,
  readOrMakePassword,
  readState,
  writeState,
} from './home.ts';
import type { Access } from './member.ts';
import { findRunning, startServer } from './postmaster.ts';
import { herePlace } from './process-table.ts';
import { findPackage, preparePrograms } from './programs.ts';
import { type ServerUser, serverUser } from './server-user.ts';
import { sharedFolder } from './shared-folder.ts';
import type { EmbeddedOptions } from './types.ts';

/** The running server of a home. */
export interface Running extends Access {
  readonly data: string;
  readonly pid: number;
}

/** Finds the home's server running, or starts it. Call only under the home's lock. */
export async function findOrStart(
  home: Home,
  options: EmbeddedOptions,
): Promise<{ readonly running: Running; readonly started: boolean }> {
  const { clock } = options;
  const state = await readState(home);
  const user = await serverUser(await dataOwner(home, state));
  const data = await dataFolder(home, state, user, options.stagingPlaces);
  const running = await findRunning(data, state.place, clock);
  if (running !== null) {
    return { running: { ...running, data, password: await readOrMakePassword(home, true) }, started: false };
  }
  return { running: await start(home, options, { state, user, data }), started: true };
}

async function start(
  home: Home,
  options: EmbeddedOptions,
  found: { readonly state: HomeState; readonly user: ServerUser | null; readonly data: string },
): Promise<Running> {
  const { user, data } = found;
  const settings = options.settings ?? {};
  const programs = await preparePrograms(options.packageFolder ?? findPackage(), user, () =>
    user === null ? Promise.resolve(home.private) : sharedFolder(user, options.stagingPlaces),
  );
  const made = await hasCluster(data, await majorVersion(programs, user));
  const password = await readOrMakePassword(home, made);
  // Written before the data exists, so that no kill leaves data that nobody remembers.
  const elsewhere = dirname(data) === home.folder ? null : data;
  let state = { ...found.state, dataElsewhere: elsewhere, place: await herePlace() };
  await writeState(home, state);
  if (!made) {
    refuseToForget(state);
    options.log(`making a PostgreSQL of our own in ${data}`);
    await makeDataParent(home, dirname(data));
    await makeCluster({ programs, user, data, password, unsafe: settings['fsync'] === 'off' });
  }
  const { clock } = options;
  const server = await startServer({
    programs,
    user,
    data,
    log: home.log,
    clock,
    preferredPort: state.port,
    settings,
    choosePort: options.choosePort,
  });
  state = { ...state, made: true, port: server.port };
  await writeState(home, state);
  return { ...server, data, password };
}

/** Data that is gone from a place outside the home was not removed by somebody who wants to start over. */
function refuseToForget({ made, dataElsewhere }: HomeState): void {
  if (!made || dataElsewhere === null) return;
  throw embeddedFailure(
    'open its data folder',
    `${dataElsewhere}, where this home keeps its data, is gone`,
    'Bring it back, or set CATALOG_MIRROR_HOME to a new folder to start over.',
  );
}
