import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { processOutput, wantsColour } from '../../src/terminal/output.ts';

describe('wantsColour', () => {
  it.each([
    [true, {}, true],
    [false, {}, false],
    [true, { NO_COLOR: '1' }, false],
    [true, { NO_COLOR: '' }, true],
    [true, { TERM: 'dumb' }, false],
    [false, { FORCE_COLOR: '1' }, true],
    [false, { FORCE_COLOR: '0' }, false],
    [true, { FORCE_COLOR: 'false' }, false],
    [true, { FORCE_COLOR: '1', TERM: 'dumb' }, true],
    [true, { FORCE_COLOR: '1', NO_COLOR: '1' }, false],
  ])('on a terminal: %s, with %j: %s', (isTerminal, environment, colour) => {
    expect(wantsColour(isTerminal, environment)).toBe(colour);
  });
});

class FakeStream extends EventEmitter {
  readonly written: string[] = [];
  isTTY?: boolean;
  columns?: number;

  /** What became of a write; null for nothing yet. */
  passOn: ((done: (error?: Error | null) => void) => void) | null = (done) => done();

  write(data: string | Uint8Array, done?: (error?: Error | null) => void): boolean {
    this.written.push(typeof data === 'string' ? data : Buffer.from(data).toString());
    if (done !== undefined) this.passOn?.(done);
    return true;
  }
}

function open(env: Record<string, string> = {}, terminal: { isTTY?: boolean; columns?: number } = {}) {
  const stdout = Object.assign(new FakeStream(), terminal);
  return { stdout, output: processOutput({ stdout, stderr: new FakeStream(), env }, { json: false }) };
}

describe('processOutput', () => {
  it('follows the width of a terminal as it is resized', () => {
    const { stdout, output } = open({}, { isTTY: true, columns: 80 });
    expect(output.stdout.columns).toBe(80);
    stdout.columns = 120;
    expect(output.stdout.columns).toBe(120);
  });

  it.each([
    ['a pipe', {}],
    ['a terminal that does not know its width', { isTTY: true, columns: 0 }],
  ])('knows no limit for %s', (_, terminal) => {
    expect(open({}, terminal).output.stdout.columns).toBe(Number.POSITIVE_INFINITY);
  });

  it('draws nothing on a dumb terminal', () => {
    expect(open({ TERM: 'dumb' }, { isTTY: true }).output.stdout.isTerminal).toBe(false);
    expect(open({ TERM: 'xterm' }, { isTTY: true }).output.stdout.isTerminal).toBe(true);
  });

  it.each(['EPIPE', 'EIO'])('goes quiet when the reader goes away or the terminal is closed (%s)', (code) => {
    const { stdout, output } = open();
    output.stdout.write('a');
    stdout.emit('error', Object.assign(new Error(`write ${code}`), { code }));
    output.stdout.write('b');
    expect(stdout.written).toEqual(['a']);
  });

  it('does not keep to itself that a disk is full', () => {
    const { stdout } = open();
    const full = Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
    expect(() => stdout.emit('error', full)).toThrow(full);
  });
});

describe('bytes that are sent', () => {
  const A = Buffer.from('a');
  const NEVER = new AbortController().signal;
  const failing = (code: string): Error => Object.assign(new Error(`write ${code}`), { code });

  it('have gone on when the promise resolves', async () => {
    const { stdout, output } = open();
    let goOn: () => void = () => {};
    stdout.passOn = (done) => {
      goOn = done;
    };
    let isOver = false;
    const sent = output.stdout.send(A, NEVER).then((wanted) => {
      isOver = true;
      return wanted;
    });
    await Promise.resolve();
    expect(isOver).toBe(false);
    goOn();
    expect(await sent).toBe(true);
    expect(stdout.written).toEqual(['a']);
  });

  it('are not wanted where the reader went away, and no more are written', async () => {
    const { stdout, output } = open();
    stdout.passOn = (done) => {
      done(failing('EPIPE'));
      stdout.emit('error', failing('EPIPE'));
    };
    expect(await output.stdout.send(A, NEVER)).toBe(false);
    expect(await output.stdout.send(A, NEVER)).toBe(false);
    expect(stdout.written).toEqual(['a']);
  });

  it('fail once, for whoever sent them, where a disk is full', async () => {
    const { stdout, output } = open();
    const full = failing('ENOSPC');
    stdout.passOn = (done) => {
      done(full);
      stdout.emit('error', full);
    };
    await expect(output.stdout.send(A, NEVER)).rejects.toBe(full);
  });

  it('are waited for no longer than until the signal aborts', async () => {
    const { stdout, output } = open();
    stdout.passOn = null;
    const stop = new AbortController();
    const sent = output.stdout.send(A, stop.signal);
    const reason = new Error('stopped by SIGINT');
    stop.abort(reason);
    await expect(sent).rejects.toBe(reason);
    await expect(output.stdout.send(A, stop.signal)).rejects.toBe(reason);
    expect(stdout.written).toEqual(['a']);
  });
});
