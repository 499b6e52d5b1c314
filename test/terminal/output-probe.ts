import type { Output } from '../../src/terminal/output.ts';

/** An output that keeps what is written, with a terminal made to measure. */
export interface OutputProbe {
  readonly output: Output;
  readonly stdout: string[];
  readonly stderr: string[];
}

export function probeOutput(
  terminal: { isTerminal?: boolean; columns?: number; colour?: boolean; json?: boolean } = {},
): OutputProbe {
  const { isTerminal = false, columns = Number.POSITIVE_INFINITY, colour = false, json = false } = terminal;
  const stdout: string[] = [];
  const stderr: string[] = [];
  const stream = (written: string[]) => ({
    write: (text: string) => {
      written.push(text);
    },
    send: async (bytes: Uint8Array) => {
      written.push(Buffer.from(bytes).toString('utf8'));
      return true;
    },
    isTerminal,
    columns,
    colour,
  });
  return { output: { stdout: stream(stdout), stderr: stream(stderr), json }, stdout, stderr };
}

/** What a terminal of one line shows after all that: each `\r` and clearing begins the line anew. */
export function screenOf(written: readonly string[]): { readonly above: string[]; readonly line: string } {
  const above: string[] = [];
  let line = '';
  // Nothing of what is drawn holds a NUL, so it can stand for the clearing.
  for (const part of written
    .join('')
    .replaceAll('\r\u001b[2K', '\0')
    .split(/(?<=[\0\n])|(?=[\0\n])/)) {
    if (part === '\n') above.push(line);
    line = part === '\n' || part === '\0' ? '' : line + part;
  }
  return { above, line };
}
