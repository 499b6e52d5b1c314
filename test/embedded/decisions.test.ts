import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tidy } from '../../src/embedded/cluster.ts';
import { parsePostmasterFile } from '../../src/embedded/postmaster.ts';
import { comparePlaces } from '../../src/embedded/process-table.ts';
import { allows, parseUsers } from '../../src/embedded/server-user.ts';

describe('postmaster.pid', () => {
  it('tells process, port and status', () => {
    const text = '4711\n/data\n1763894000\n5433\n\n127.0.0.1\n  123 4\nready   \n';
    expect(parsePostmasterFile(text)).toEqual({ pid: 4711, port: 5433, status: 'ready' });
  });

  it('that is only begun tells the process and no port', () => {
    expect(parsePostmasterFile('4711\n/data\n')).toEqual({ pid: 4711, port: null, status: null });
  });

  it.each(['', '\n', 'x\n', '0\n', '-3\n'])('that names no process (%j) tells nothing', (text) => {
    expect(parsePostmasterFile(text)).toBeNull();
  });
});

describe('a process number', () => {
  const here = { boot: 'b', namespace: 'n', host: 'h' };
  it.each([
    [here, 'same'],
    [{ ...here, host: 'renamed' }, 'same'],
    [{ ...here, boot: 'earlier' }, 'over'],
    [{ ...here, namespace: 'old' }, 'over'],
    [{ ...here, namespace: 'next door', host: 'neighbour' }, 'unknown'],
  ] as const)('from %o is %s', (there, verdict) => {
    expect(comparePlaces(there, here)).toBe(verdict);
  });
});

describe('a folder', () => {
  const user = { name: 'postgres', uid: 26, gid: 27 };
  it('lets in by the rights of the owner, else of the group, else of the others, and by no other', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0o777 }), fc.boolean(), fc.boolean(), (mode, owns, inGroup) => {
        const digits = mode.toString(8).padStart(3, '0');
        const digit = Number(owns ? digits[0] : inGroup ? digits[1] : digits[2]);
        const stats = { mode: 0o40000 | mode, uid: owns ? 26 : 0, gid: inGroup ? 27 : 0 };
        expect(allows(stats, user, 'enter')).toBe([1, 3, 5, 7].includes(digit));
        expect(allows(stats, user, 'read')).toBe([4, 5, 6, 7].includes(digit));
      }),
    );
  });
});

describe('the list of users', () => {
  it('is read as it stands, whatever lines are broken', () => {
    const passwd =
      'root:x:0:0:root:/root:/bin/sh\n\nbroken\npostgres:x:101:104:,,,:/:/bin/sh\nnobody:*:-2:-2::/:/bin/false\nx:x::1:::\n';
    expect(parseUsers(passwd)).toEqual([
      { name: 'root', uid: 0, gid: 0 },
      { name: 'postgres', uid: 101, gid: 104 },
      { name: 'nobody', uid: -2, gid: -2 },
    ]);
  });
});

describe("PostgreSQL's words in our errors", () => {
  it('are the lines that tell, without time and process number', () => {
    const output = [
      '2026-11-23 10:52:23.396 UTC [25678] LOG:  starting PostgreSQL 18.4',
      '2026-11-23 10:52:23.397 UTC [25678] FATAL:  could not create any TCP/IP sockets',
      '2026-11-23 10:52:23.397 UTC [25678] HINT:  Is another postmaster running?',
      '2026-11-23 10:52:23.398 UTC [25678] LOG:  database system is shut down',
    ].join('\n');
    expect(tidy(output)).toBe('FATAL:  could not create any TCP/IP sockets / HINT:  Is another postmaster running?');
  });

  it('are the last lines where none tells more than the others', () => {
    expect(tidy('a\n\nb\n')).toBe('a / b');
    expect(tidy('1\n2\n3\n4\n5\n6\n7\n8')).toBe('3 / 4 / 5 / 6 / 7 / 8');
    expect(tidy('')).toBe('');
  });
});
