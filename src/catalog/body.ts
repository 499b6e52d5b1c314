import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate, inflateRaw } from 'node:zlib';

/** A body, or why there is none. */
export type Body =
  | { readonly status: 'whole'; readonly bytes: Buffer }
  /** Received or unpacked beyond the limit. */
  | { readonly status: 'too_large' }
  /** The bytes as received, which do not unpack as the header says. */
  | { readonly status: 'damaged'; readonly bytes: Buffer; readonly encoding: string }
  | { readonly status: 'unknown_encoding'; readonly encoding: string };

/** What `Accept-Encoding` says. */
export const ACCEPTED_ENCODINGS = 'gzip, deflate, br';

/** More layers than anybody means; each could multiply the size. */
const MOST_LAYERS = 3;

type Unpack = (bytes: Buffer, options: { readonly maxOutputLength: number }) => Promise<Buffer>;

const unpackGzip: Unpack = promisify(gunzip);
const unpackBrotli: Unpack = promisify(brotliDecompress);
const unpackZlib: Unpack = promisify(inflate);
const unpackRaw: Unpack = promisify(inflateRaw);

/** `deflate` means zlib's format, but some servers send it without its header. */
const unpackDeflate: Unpack = (bytes, options) => {
  const header = bytes.length < 2 ? 0 : bytes.readUInt16BE(0);
  const isZlib = (header & 0x0f00) === 0x0800 && header % 31 === 0;
  return isZlib ? unpackZlib(bytes, options) : unpackRaw(bytes, options);
};

const UNPACK: ReadonlyMap<string, Unpack> = new Map([
  ['gzip', unpackGzip],
  ['x-gzip', unpackGzip],
  ['deflate', unpackDeflate],
  ['br', unpackBrotli],
]);

/**
 * Collects a body as it arrives, up to a limit; null beyond it, with the rest left unread.
 *
 * By events: an iterator takes a third longer for a page, and a page is what is read most.
 *
 * @param limit in bytes
 */
export function collect(stream: Readable, limit: number): Promise<Buffer | null> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    stream.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= limit) {
        chunks.push(chunk);
        return;
      }
      resolve(null);
      stream.destroy();
    });
    stream.on('end', () => resolve(Buffer.concat(chunks, size)));
    stream.on('error', reject);
    stream.on('close', () => reject(new Error('the answer ended before it was whole')));
  });
}

/**
 * Collects the beginning of a body, and leaves the rest unread.
 *
 * @param most in bytes
 */
export async function collectStart(stream: AsyncIterable<Uint8Array>, most: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of stream) {
    size += chunk.length;
    chunks.push(chunk);
    if (size >= most) break;
  }
  return Buffer.concat(chunks, size).subarray(0, most);
}

/**
 * Undoes `Content-Encoding`, never to more than the limit: a small body may unpack to one that fills the memory.
 *
 * @param limit of the unpacked body, in bytes
 */
export async function unpack(received: Buffer, contentEncoding: string, limit: number): Promise<Body> {
  const layers = contentEncoding
    .toLowerCase()
    .split(',')
    .map((layer) => layer.trim())
    .filter((layer) => layer !== '' && layer !== 'identity');
  const unknown = layers.find((layer) => !UNPACK.has(layer));
  if (unknown !== undefined || layers.length > MOST_LAYERS) {
    return { status: 'unknown_encoding', encoding: unknown ?? contentEncoding };
  }
  let bytes = received;
  // They were applied in the order of the header.
  for (const layer of layers.reverse()) {
    if (bytes.length === 0) break;
    try {
      bytes = (await UNPACK.get(layer)?.(bytes, { maxOutputLength: limit })) ?? bytes;
    } catch (error) {
      const tooLarge = error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE';
      return tooLarge ? { status: 'too_large' } : { status: 'damaged', bytes: received, encoding: layer };
    }
  }
  return { status: 'whole', bytes };
}
