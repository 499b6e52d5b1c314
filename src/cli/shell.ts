import { createRedactor, type Redactor } from '../catalog/redact.ts';
import type { Clock } from '../clock.ts';
import { readSettings, type Settings } from '../settings/settings.ts';
import { databaseFailure, isSaidByServer } from '../store/database-failure.ts';
import { type Colours, createColours } from '../terminal/colours.ts';
import { type Output, type OutputStream, type ProcessStream, processOutput } from '../terminal/output.ts';
import { visible, visibleJson } from '../terminal/safe-text.ts';
import { exitCodeOfError } from './exit-codes.ts';
import { ask, type ProcessInput } from './prompt.ts';
import { errorAsJson, isDebugging, renderError } from './render-error.ts';

/** What a command has at hand. */
export interface Context {
  readonly output: Output;
  readonly colours: Colours;
  readonly clock: Clock;
  readonly settings: Settings;
  /** Aborts at the first SIGINT, SIGTERM or SIGHUP (the terminal was closed); at the second the process ends at once. */
  readonly signal: AbortSignal;
  /** A line for a person on stderr, with every secret replaced. Nothing with --json. */
  readonly say: (line: string) => void;
  /** An error that does not end the command by itself, on stderr; as JSON with --json. */
  readonly sayError: (error: unknown) => void;
  /** Data on stdout. */
  readonly print: (text: string) => void;
  readonly printJson: (value: unknown) => void;
  /** As printJson prints a list of these, one by one: of thousands the whole text would take more memory than they do. */
  readonly printJsonList: (values: Iterable<unknown>) => Promise<void>;
  /** Asks the person at the terminal; null where nobody is there to be asked. */
  readonly ask: (question: string) => Promise<string | null>;
  /** The environment that this process was started with, for a child. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Ctrl-C belongs to the child that has the terminal while `work` is under way: this process takes no notice. */
  readonly yieldTerminal: <Result>(work: () => Promise<Result>) => Promise<Result>;
}

type Signal = 'SIGINT' | 'SIGTERM' | 'SIGHUP';

/** What of Node's process the commands use. */
export interface ShellProcess {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdin?: ProcessInput;
  readonly stdout: ProcessStream;
  readonly stderr: ProcessStream;
  cwd(): string;
  on(signal: Signal, listener: () => void): unknown;
  off(signal: Signal, listener: () => void): unknown;
  exit(code: number): void;
}

/** The process as the commands see it; passed in, so that tests need none. */
export interface Shell {
  readonly process: ShellProcess;
  readonly clock: Clock;
}

/**
 * Runs one command: reads the settings, gives it its context, and turns whatever it throws into a few lines on stderr
 * and an exit code.
 */
export async function runCommand(
  shell: Shell,
  options: { readonly json: boolean },
  command: (context: Context) => Promise<number>,
): Promise<number> {
  const output = processOutput(shell.process, options);
  const colours = createColours(output.stderr.colour);
  const interruption = listenForSignals(shell);
  let redact: Redactor = (text) => text;
  const say = (line: string): void => {
    if (!output.json) output.stderr.write(`${redact(line)}\n`);
  };
  const sayError = (error: unknown): void => {
    const debug = isDebugging(shell.process.env);
    output.stderr.write(
      output.json
        ? `${visibleJson(JSON.stringify(errorAsJson(error, redact)))}\n`
        : renderError(error, { colours, width: output.stderr.columns, debug, redact }),
    );
  };
  try {
    const settings = readSettings(shell.process.env, { directory: shell.process.cwd() });
    redact = createRedactor(secretsOf(settings));
    for (const warning of settings.warnings) say(`${colours.warning('warning:')} ${visible(warning)}`);
    return await command({
      output,
      colours: createColours(output.stdout.colour),
      clock: shell.clock,
      settings,
      signal: interruption.signal,
      say,
      sayError,
      print: (text) => output.stdout.write(text),
      printJson: (value) => output.stdout.write(`${visibleJson(JSON.stringify(value, null, 2))}\n`),
      printJsonList: (values) => printJsonList(output.stdout, values),
      ask: (question) => ask(question, { input: shell.process.stdin, output, signal: interruption.signal }),
      environment: shell.process.env,
      yieldTerminal: interruption.yieldTerminal,
    });
  } catch (error) {
    if (interruption.exitCode !== null && interruption.signal.aborted) return interruption.exitCode;
    // What PostgreSQL refuses, be it for a full disk, is no defect of the command.
    const told = isSaidByServer(error) ? databaseFailure(error, 'use the database', 'PostgreSQL') : error;
    sayError(told);
    return exitCodeOfError(told);
  } finally {
    interruption.stop();
  }
}

async function printJsonList(stdout: OutputStream, values: Iterable<unknown>): Promise<void> {
  // Half a list is no JSON: what is done is told, whoever interrupts.
  const { signal } = new AbortController();
  const send = (json: string): Promise<boolean> => stdout.send(Buffer.from(visibleJson(json)), signal);
  let before = '[';
  for (const value of values) {
    const json = JSON.stringify(value, null, 2).replaceAll('\n', '\n  ');
    if (!(await send(`${before}\n  ${json}`))) return;
    before = ',';
  }
  await send(before === '[' ? '[]\n' : '\n]\n');
}

function secretsOf(settings: Settings): string[] {
  const secrets = [
    settings.databaseUrl,
    settings.redisUrl,
    settings.server.token,
    ...settings.organizations.map(({ credentials }) => credentials?.secret ?? null),
    settings.forOrganization('').credentials?.secret ?? null,
  ];
  return secrets.flatMap((secret) => (secret === null ? [] : [secret.reveal()]));
}

const SIGNALS: readonly { readonly name: Signal; readonly code: number }[] = [
  { name: 'SIGINT', code: 130 },
  { name: 'SIGTERM', code: 143 },
  { name: 'SIGHUP', code: 129 },
];

/** The first signal asks the command to come to an end; a second one of the same kind does not wait for it. */
function listenForSignals({ process }: Shell) {
  const controller = new AbortController();
  let exitCode: number | null = null;
  let isYielded = false;
  const listeners = SIGNALS.map(({ name, code }) => {
    const listener = (): void => {
      if (isYielded && name === 'SIGINT') return;
      // A terminal that is closed says so more than once.
      if (exitCode !== null && name === 'SIGHUP') return;
      if (exitCode !== null) process.exit(code);
      exitCode = code;
      controller.abort(new Error(`stopped by ${name}`));
    };
    process.on(name, listener);
    return { name, listener };
  });
  return {
    signal: controller.signal,
    get exitCode() {
      return exitCode;
    },
    yieldTerminal: async <Result>(work: () => Promise<Result>): Promise<Result> => {
      isYielded = true;
      try {
        return await work();
      } finally {
        isYielded = false;
      }
    },
    stop: () => {
      for (const { name, listener } of listeners) process.off(name, listener);
    },
  };
}
