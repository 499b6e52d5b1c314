import { createServer, type Server } from 'node:http';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { afterEach, describe, expect, test } from 'vitest';
import { type CatalogClient, createCatalogClient } from '../../src/catalog/client.ts';
import { Failure } from '../../src/catalog/failure.ts';
import { MODELS } from '../../src/catalog/kinds/models.ts';
import { FakeClock } from '../support/clock.ts';

const MEBIBYTE = 2 ** 20;
/** Of an answer, received or unpacked, by default. */
const LIMIT = 64 * MEBIBYTE;
/** The pieces and the whole of what was received, and as much again for what is not collected yet. */
const MOST_GROWTH = 4 * LIMIT;
const GIBIBYTE = 2 ** 30;

const query = {
  organization: 'acme',
  sortBy: 'created_at',
  sortDir: 'asc',
  page: 1,
  limit: 200,
  includePublic: false,
} as const;

let server: Server;
let client: CatalogClient;
afterEach(async () => {
  await client.close();
  await new Promise((resolve) => {
    server.close(resolve);
    server.closeAllConnections();
  });
});

type Answer = Parameters<typeof createServer>[1] & {};

/** Reads one page from a server that answers so; how it failed, and by how much the process grew meanwhile. */
async function read(answer: Answer): Promise<{ readonly failure: Failure; readonly growth: number }> {
  server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  client = createCatalogClient({
    url: `http://127.0.0.1:${address.port}`,
    version: '0.0.0-test',
    clock: new FakeClock(),
    timeoutMs: 120_000,
  });
  const before = process.memoryUsage.rss();
  let most = before;
  const look = setInterval(() => {
    most = Math.max(most, process.memoryUsage.rss());
  }, 5);
  try {
    await client.readPage(MODELS, query);
  } catch (error) {
    if (error instanceof Failure) return { failure: error, growth: most - before };
    throw error;
  } finally {
    clearInterval(look);
  }
  throw new Error('it did not fail');
}

/** Sends a gibibyte in pieces, as fast as it is taken; `sent` counts. */
function pour(
  status: number,
  headers: Record<string, string>,
): { readonly answer: Answer; readonly sent: () => number } {
  let sent = 0;
  const piece = Buffer.alloc(MEBIBYTE, ' ');
  return {
    sent: () => sent,
    answer: (_, response) => {
      response.writeHead(status, headers);
      const more = (): void => {
        while (sent < GIBIBYTE && !response.destroyed) {
          sent += piece.length;
          if (!response.write(piece)) {
            response.once('drain', more);
            return;
          }
        }
        response.end();
      };
      more();
    },
  };
}

describe('an answer of a gibibyte', () => {
  test.each([
    ['in chunks, without a length', 200, {}, 'too_large', LIMIT],
    ['of the length that it promises', 200, { 'content-length': String(GIBIBYTE) }, 'too_large', LIMIT],
    ['that is an error', 502, {}, 'bad_gateway', MEBIBYTE],
  ] as const)('%s, is left unread beyond the limit', async (_, status, headers, failureClass, most) => {
    const { answer, sent } = pour(status, headers);
    const { failure, growth } = await read(answer);
    expect(failure.class).toBe(failureClass);
    expect(growth).toBeLessThan(MOST_GROWTH);
    // What the sockets hold on the way comes on top.
    expect(sent()).toBeLessThan(most + 32 * MEBIBYTE);
  });

  const zeros = gzipSync(Buffer.alloc(LIMIT));
  const bomb = Buffer.concat(Array.from({ length: 16 }, () => zeros));
  const { BROTLI_PARAM_QUALITY } = constants;

  const packed = [
    { way: 'as gzip', encoding: 'gzip', body: bomb },
    { way: 'as gzip within gzip', encoding: 'gzip, gzip', body: gzipSync(bomb) },
    {
      way: 'as brotli',
      encoding: 'br',
      body: brotliCompressSync(Buffer.alloc(4 * LIMIT), { params: { [BROTLI_PARAM_QUALITY]: 1 } }),
    },
  ];
  const table = packed.flatMap((one) => [
    { ...one, status: 200, failureClass: 'too_large' },
    { ...one, status: 502, failureClass: 'bad_gateway' },
  ]);

  test.each(table)('once unpacked, $way, is left packed beyond the limit where the status is $status', async (row) => {
    expect(row.body.length).toBeLessThan(2 * MEBIBYTE);
    const { failure, growth } = await read((_request, response) => {
      response.writeHead(row.status, { 'content-encoding': row.encoding }).end(row.body);
    });
    expect(failure.class).toBe(row.failureClass);
    expect(growth).toBeLessThan(MOST_GROWTH);
  });
});
