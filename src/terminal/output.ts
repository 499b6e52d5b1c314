/**
 * Where the commands write. One small port, so that what is rendered is a pure function of what is known about the
 * terminal, and a test sees every byte.
 */
export interface OutputStream {
  write(text: string): void;
  /**
   * Writes bytes and waits until they have gone on, so that no more is kept than a reader takes.
   *
   * @returns false where nobody reads any more
   * @throws the error of a file that cannot be written, and the signal's reason as soon as it aborts
   */
  send(bytes: Uint8Array, signal: AbortSignal): Promise<boolean>;
  /** A terminal whose cursor can be moved: a person is looking. False for pipes, files and TERM=dumb. */
  readonly isTerminal: boolean;
  /** The width in columns; Infinity where nobody's terminal limits it, so that a piped table is never cut. */
  readonly columns: number;
  readonly colour: boolean;
}

export interface Output {
  /** Data, and nothing but data. */
  readonly stdout: OutputStream;
  /** Progress, warnings and errors. */
  readonly stderr: OutputStream;
  /** The caller asked for --json: no progress, and nothing on stdout that is not JSON. */
  readonly json: boolean;
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Whether to colour what goes to a stream: NO_COLOR (any text) says no, then FORCE_COLOR says yes (`0` and `false` say
 * no), then only a terminal that is not dumb gets colours.
 */
export function wantsColour(isTerminal: boolean, environment: Environment): boolean {
  if (isSet(environment['NO_COLOR'])) return false;
  const forced = environment['FORCE_COLOR'];
  if (isSet(forced)) return forced !== '0' && forced !== 'false';
  return isTerminal && environment['TERM'] !== 'dumb';
}

function isSet(value: string | undefined): value is string {
  return value !== undefined && value !== '';
}

/** What of Node's own streams is used. */
export interface ProcessStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(data: string | Uint8Array, done?: (error?: NodeJS.ErrnoException | null) => void): boolean;
  on(event: 'error', listener: (error: NodeJS.ErrnoException) => void): unknown;
}

/**
 * The output of this process. A reader that goes away (`| head`) ends the writing, not the program.
 *
 * @param process its two streams and its environment; `columns` is read anew each time, so a resize is seen
 */
export function processOutput(
  process: { readonly stdout: ProcessStream; readonly stderr: ProcessStream; readonly env: Environment },
  options: { readonly json: boolean },
): Output {
  return {
    stdout: outputStream(process.stdout, process.env),
    stderr: outputStream(process.stderr, process.env),
    json: options.json,
  };
}

/** What writing to a pipe nobody reads (EPIPE) or to a terminal that was closed (EIO) fails with. */
const READER_IS_GONE: ReadonlySet<string> = new Set(['EPIPE', 'EIO']);

function outputStream(stream: ProcessStream, environment: Environment): OutputStream {
  const isTty = stream.isTTY === true;
  let readerIsGone = false;
  /** What `send` was told, and whoever called it. */
  let toldToSender: Error | null = null;
  stream.on('error', (error) => {
    if (READER_IS_GONE.has(error.code ?? '')) readerIsGone = true;
    else if (error !== toldToSender) throw error;
  });
  return {
    write(text) {
      if (!readerIsGone) stream.write(text);
    },
    send: (bytes, signal) =>
      new Promise((resolve, reject) => {
        signal.throwIfAborted();
        if (readerIsGone) return resolve(false);
        const stop = (): void => reject(signal.reason);
        signal.addEventListener('abort', stop, { once: true });
        stream.write(bytes, (error) => {
          signal.removeEventListener('abort', stop);
          if (!error) return resolve(true);
          if (READER_IS_GONE.has(error.code ?? '')) return resolve(false);
          toldToSender = error;
          reject(error);
        });
      }),
    isTerminal: isTty && environment['TERM'] !== 'dumb',
    get columns() {
      return isTty && stream.columns !== undefined && stream.columns > 0 ? stream.columns : Number.POSITIVE_INFINITY;
    },
    colour: wantsColour(isTty, environment),
  };
}
