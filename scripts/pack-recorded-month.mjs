#!/usr/bin/env node
// @ts-check
/**
 * Packs the recorded month into data/replicate-month.ndjson.gz (data/README.md says what is in it).
 *
 *   node scripts/pack-recorded-month.mjs INPUT [OUTPUT]
 *
 * INPUT is NDJSON: a first line `{"days": ["YYYY-MM-DD", …]}`, then one line a model: owner, name, created_at, origin and
 * `totals`, one a day, null where the model was not listed. OUTPUT holds the same lines with each total but a model's
 * first as the difference to the one before it, which packs a fifth smaller. The same input gives the same text; the
 * packed bytes also depend on the zlib that Node was built with.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { constants, gzipSync } from 'node:zlib';

const MAX_PACKED_BYTES = 300_000;

/** @param {readonly (number | null)[]} totals */
function differences(totals) {
  let last = 0;
  return totals.map((total) => {
    if (total === null) return null;
    const difference = total - last;
    last = total;
    return difference;
  });
}

/** @param {string} line */
function packLine(line) {
  const { totals, ...model } = JSON.parse(line);
  return JSON.stringify({ ...model, totals: differences(totals) });
}

const [input, output = fileURLToPath(new URL('../data/replicate-month.ndjson.gz', import.meta.url))] =
  process.argv.slice(2);
if (input === undefined) {
  process.stderr.write('usage: node scripts/pack-recorded-month.mjs INPUT [OUTPUT]\n');
  process.exit(2);
}

const [head, ...models] = readFileSync(input, 'utf8').trimEnd().split('\n');
const text = `${[head, ...models.map(packLine)].join('\n')}\n`;
const packed = gzipSync(text, { level: constants.Z_BEST_COMPRESSION, memLevel: 9 });
if (packed.length > MAX_PACKED_BYTES) {
  process.stderr.write(`${input} packs to ${packed.length} bytes; at most ${MAX_PACKED_BYTES} are allowed\n`);
  process.exit(1);
}
writeFileSync(output, packed);
process.stdout.write(`${models.length} models, ${packed.length} bytes: ${output}\n`);
