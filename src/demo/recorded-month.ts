import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { z } from 'zod';
import { Failure } from '../catalog/failure.ts';
import { packageRoot } from '../package-root.ts';
import { daysFromTo } from '../report/days.ts';
import { uuidV5 } from './uuid-v5.ts';

/** The namespace of the ids that the recording lacks. Changing it changes every id of the demo. */
const ID_NAMESPACE = '6f0f7a52-5d0c-4c0e-9b0a-2f9a1d3c8e41';

/** The recording holds a few hundred kilobytes; a file that unpacks to more than this is not it. */
const MAX_UNPACKED_BYTES = 16 * 1024 * 1024;

/** One model as it stood through the recorded month. */
export interface RecordedModel {
  /** Not recorded: the version 5 uuid of `name` under a namespace of this project, so the same in every demo. */
  readonly id: string;
  readonly owner: string;
  /** `owner/name`, as the contract writes names. */
  readonly name: string;
  /** As recorded. For 28 models it is midnight of the first day that lists them, which looks filled in. */
  readonly createdAt: string;
  readonly origin: Readonly<Record<string, string>> | null;
  /** The counter on each of the month's days; null where the model was not listed that day. */
  readonly totals: readonly (number | null)[];
}

export interface RecordedMonth {
  /** The recorded days, `YYYY-MM-DD`, ascending. A day that was not recorded is not among them. */
  readonly days: readonly string[];
  /** By owner, then name. */
  readonly models: readonly RecordedModel[];
}

const headSchema = z.strictObject({ days: z.array(z.iso.date()).min(1) });

const modelSchema = z.strictObject({
  owner: z.string().min(1),
  name: z.string().min(1),
  created_at: z.iso.datetime(),
  origin: z.record(z.string(), z.string()).nullable(),
  totals: z.array(z.int().nullable()),
});

/**
 * Reads the recorded month that comes with the package: public facts from the npm package
 * all-the-public-replicate-models 1.352.0 (data/README.md).
 *
 * @throws Failure (internal) where the file is missing or is not what was packed
 */
export async function readRecordedMonth(): Promise<RecordedMonth> {
  const path = join(packageRoot(), 'data', 'replicate-month.ndjson.gz');
  try {
    return parseRecordedMonth(await readFile(path));
  } catch (cause) {
    throw new Failure({
      class: 'internal',
      operation: 'read the recorded month',
      subject: path,
      detail: cause instanceof Error ? cause.message : String(cause),
      hint: 'The file comes with the package: install catalog-mirror again.',
      cause,
    });
  }
}

/**
 * Unpacks and checks a recorded month.
 *
 * @param packed gzip of NDJSON, as scripts/pack-recorded-month.mjs writes it
 * @throws Error that names the line which is not as it should be
 */
export function parseRecordedMonth(packed: Uint8Array): RecordedMonth {
  const text = gunzipSync(packed, { maxOutputLength: MAX_UNPACKED_BYTES }).toString('utf8');
  const [head = '', ...lines] = text.trimEnd().split('\n');
  const { days } = parseLine(headSchema, head, 1);
  if (days.some((day, index) => index > 0 && day <= (days[index - 1] ?? ''))) {
    throw new Error('line 1: the days do not ascend');
  }
  const models = lines.map((line, index) => parseModel(line, index + 2, days.length));
  const names = new Set(models.map((model) => model.name));
  if (names.size !== models.length) throw new Error('two lines hold the same model');
  return { days, models };
}

/** The days between the first and the last recorded one of which there is no record. */
export function unrecordedDays(month: RecordedMonth): string[] {
  const recorded = new Set(month.days);
  return daysFromTo(month.days[0] ?? '', month.days.at(-1) ?? '').filter((day) => !recorded.has(day));
}

function parseLine<Schema extends z.ZodType>(schema: Schema, line: string, number: number): z.infer<Schema> {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (cause) {
    throw new Error(`line ${number} is not JSON`, { cause });
  }
  const parsed = schema.safeParse(value);
  if (!parsed.success) throw new Error(`line ${number}: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

function parseModel(line: string, number: number, days: number): RecordedModel {
  const { owner, name, created_at, origin, totals } = parseLine(modelSchema, line, number);
  if (totals.length !== days) throw new Error(`line ${number}: ${totals.length} totals for ${days} days`);
  const fullName = `${owner}/${name}`;
  return {
    id: uuidV5(ID_NAMESPACE, fullName),
    owner,
    name: fullName,
    createdAt: created_at,
    origin,
    totals: sumDifferences(totals),
  };
}

/** Each number but the first is packed as the difference to the number before it. */
function sumDifferences(differences: readonly (number | null)[]): (number | null)[] {
  let total = 0;
  return differences.map((difference) => {
    if (difference === null) return null;
    total += difference;
    return total;
  });
}
