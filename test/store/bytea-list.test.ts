import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { byteaList } from '../../src/store/bytea-list.ts';
import { postgresAvailable, useTestDatabase } from '../support/database.ts';

describe.skipIf(!postgresAvailable)('a list of bytes in PostgreSQL’s binary format', () => {
  const database = useTestDatabase();

  it('is read by PostgreSQL as the bytes that it was made of', async () => {
    const bytes = fc.uint8Array({ maxLength: 40 }).map((some) => Buffer.from(some));
    await fc.assert(
      fc.asyncProperty(fc.array(bytes, { minLength: 1, maxLength: 5 }), async (values) => {
        const { rows } = await database.pool.query<{ value: Buffer }>(
          'SELECT value FROM unnest($1::bytea[]) WITH ORDINALITY AS one (value, place) ORDER BY place',
          [byteaList(values)],
        );
        expect(rows.map(({ value }) => value)).toEqual(values);
      }),
    );
  });
});
