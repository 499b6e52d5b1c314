import { ErrorCode } from 'bullmq';
import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { whileAnotherSets } from '../../src/queue/look-and-set.ts';

function errorOf(code: string | number): Error {
  return typeof code === 'string'
    ? Object.assign(new pg.DatabaseError('broken off', 10, 'error'), { code })
    : Object.assign(new Error('it exists'), { code });
}

/** Fails with each of these, one after the other, and then succeeds. */
function failing(...errors: readonly Error[]) {
  let looks = 0;
  return async () => {
    looks += 1;
    const error = errors[looks - 1];
    if (error !== undefined) throw error;
    return looks;
  };
}

describe('looking and setting a schedule while others set it', () => {
  it.each([
    ['its job was made in between', ErrorCode.SchedulerJobIdCollision],
    ['two waited for each other', '40P01'],
    ['two wrote the same row', '40001'],
  ])('looks again where %s', async (_, code) => {
    expect(await whileAnotherSets(failing(errorOf(code), errorOf(code)))).toBe(3);
  });

  it('does not look again where something else is wrong', async () => {
    await expect(whileAnotherSets(failing(errorOf('53300')))).rejects.toThrow('broken off');
    await expect(whileAnotherSets(failing(errorOf(ErrorCode.SchedulerJobSlotsBusy)))).rejects.toThrow('it exists');
  });

  it('gives up where it never ends', async () => {
    const endless = Array.from({ length: 100 }, () => errorOf('40P01'));
    await expect(whileAnotherSets(failing(...endless))).rejects.toThrow('broken off');
  });
});
