import { spawn } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { packageRoot } from '../../src/package-root.ts';

export interface CommandResult {
  /** null where a signal ended it. */
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A person's terminal in the project's folder: exports stay, commands run as written. */
export interface TerminalSession {
  /** For CATALOG_MIRROR_HOME; does not exist before the first command that needs it. */
  readonly home: string;
  export(name: string, value: string): void;
  /**
   * Runs one line in a shell.
   *
   * @param options.stopAt as soon as this was printed, the command is told to stop, as by Ctrl-C or a service manager
   */
  run(line: string, options?: { readonly stopAt?: RegExp }): Promise<CommandResult>;
  close(): Promise<void>;
}

/** What a test run may have set for itself and a person who begins has not. */
const OWN_VARIABLES = /^(CATALOG_|MIRROR_|SERVER_|DATABASE_URL|REDIS_URL|VITEST|NODE_ENV|NODE_OPTIONS|TEST$)/;

/** Opens a session in which `npx catalog-mirror` runs the sources of this project, whatever was built before. */
export async function openTerminalSession(): Promise<TerminalSession> {
  const folder = await mkdtemp(join(tmpdir(), 'catalog-mirror-docs-'));
  // As root the embedded server runs as another user, who has to reach the home.
  await chmod(folder, 0o711);
  const npx = join(folder, 'npx');
  const main = join(packageRoot(), 'src', 'cli', 'main.ts');
  await writeFile(
    npx,
    `#!/bin/sh\n[ "$1" = catalog-mirror ] || { echo "npx $1: not what is tested here" >&2; exit 99; }\nshift\nexec '${process.execPath}' --import '${import.meta.resolve('tsx')}' '${main}' "$@"\n`,
    { mode: 0o755 },
  );
  const home = join(folder, 'home');
  const environment: NodeJS.ProcessEnv = {
    ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !OWN_VARIABLES.test(name))),
    PATH: `${folder}${delimiter}${process.env['PATH'] ?? ''}`,
    CATALOG_MIRROR_HOME: home,
    NO_COLOR: '1',
    PAGER: 'cat',
  };
  return {
    home,
    export(name, value) {
      environment[name] = value;
    },
    run: (line, options = {}) => runLine(line, environment, options.stopAt),
    close: () => rm(folder, { recursive: true, force: true, maxRetries: 5 }),
  };
}

function runLine(line: string, environment: NodeJS.ProcessEnv, stopAt: RegExp | undefined): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    // A group of its own, so that a signal reaches the command whether or not the shell stays before it.
    const child = spawn('bash', ['-c', line], {
      cwd: packageRoot(),
      env: environment,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    let stdout = '';
    let stderr = '';
    let stopped = false;
    const look = (): void => {
      if (stopAt === undefined || stopped || child.pid === undefined || !stopAt.test(stdout + stderr)) return;
      stopped = true;
      process.kill(-child.pid, 'SIGTERM');
    };
    child.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk.toString();
      look();
    });
    child.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
      look();
    });
    child.on('error', reject);
    child.on('close', (exitCode) => resolve({ exitCode, stdout, stderr }));
  });
}
