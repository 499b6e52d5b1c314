import { ID } from '../../src/catalog/record-words';
import { copyUuid, UUID_BYTES, UUID_DIGITS } from '../uuid';
import { NO_ROOM, positionIn, recordAfter, takeRoom } from './records';

const NEWLINE: u8 = 0x0a;

/**
 * Copies the ids of the items that were seen last, in their order: as they are written, each with a newline, and behind
 * them as PostgreSQL keeps them.
 *
 * @param recordsAt where their records are
 * @param count of them
 * @returns where they are; zero where there is no memory for them
 */
export function copyIds(recordsAt: usize, count: i32): usize {
  const lineBytes = UUID_DIGITS + 1;
  const lines = takeRoom(<usize>count * (lineBytes + UUID_BYTES));
  if (lines === NO_ROOM) return NO_ROOM;
  const ids = lines + <usize>count * lineBytes;
  let record = recordsAt;
  for (let index: usize = 0; index < <usize>count; index += 1) {
    const id = positionIn(record, ID);
    const line = lines + index * lineBytes;
    memory.copy(line, id, UUID_DIGITS);
    store<u8>(line + UUID_DIGITS, NEWLINE);
    copyUuid(id, ids + index * UUID_BYTES);
    record = recordAfter(record);
  }
  return lines;
}
