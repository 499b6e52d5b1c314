import { beforeEach, describe, expect, it } from 'vitest';
import { writeLetter } from '../store/letter-ground.ts';
import { postgresAvailable } from '../support/database.ts';
import { useCommands } from './ground.ts';

describe.skipIf(!postgresAvailable)('dead-letters list on a wide terminal', () => {
  const ground = useCommands({ acme: [] });
  beforeEach(async () => {
    await writeLetter(ground.database.pool, {
      error_class: 'validation',
      error_type: 'validation_error',
      page: 3,
      detail: 'could not read page 3 (models of acme): the catalog answered 422: no',
    });
    await writeLetter(ground.database.pool, {
      error_class: 'invalid_record',
      level: 'record',
      detail: 'name is not text',
    });
  });
  const list = async (columns: number): Promise<string> => {
    const { code, out } = await ground.run(['dead-letters', 'list'], {}, { columns });
    expect(code).toBe(0);
    return out;
  };

  it('says what happened, without what the other columns say', async () => {
    const out = await list(120);
    expect(out).toMatch(/validation +page +acme +3 .* the catalog answered 422: no$/m);
    expect(out).toMatch(/ name is not text$/m);
    expect(out).not.toContain('could not read');
    expect(out).not.toContain('validation_error');
  });

  it('has room for the catalog’s own type on a wider one', async () => {
    expect(await list(150)).toMatch(/ validation_error +page +acme .* the catalog answered 422: no$/m);
  });
});
