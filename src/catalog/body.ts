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
