import { createInterface } from 'node:readline';
import type { Output } from '../terminal/output.ts';

/** What of Node's standard input is used. */
export interface ProcessInput extends NodeJS.ReadableStream {
  readonly isTTY?: boolean;
}

/**
 * Asks the person at the terminal, on stderr, and waits for one line.
 *
 * @returns the line, empty where the terminal was closed instead; null where nobody is there to be asked: with --json,
 * and where input or stderr is no terminal
 * @throws the signal's reason once it aborts: Ctrl-C ends the command, not the question alone
 */
export async function ask(
  question: string,
  terminal: { readonly input: ProcessInput | undefined; readonly output: Output; readonly signal: AbortSignal },
): Promise<string | null> {
  const { input, output, signal } = terminal;
  if (output.json || !output.stderr.isTerminal || input?.isTTY !== true) return null;
  signal.throwIfAborted();
  output.stderr.write(question);
  // The terminal edits the line itself, and turns Ctrl-C into the signal that every command listens for.
  const lines = createInterface({ input, terminal: false });
  try {
    return await new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
      const closed = (): void => {
        output.stderr.write('\n');
        resolve('');
      };
      lines.once('close', closed);
      lines.once('line', (line) => {
        lines.off('close', closed);
        resolve(line);
      });
    });
  } finally {
    lines.close();
  }
}
