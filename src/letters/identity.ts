import { createHash } from 'node:crypto';
import type { FailureClass } from '../catalog/failure.ts';
import { parseJson } from '../catalog/parse-json.ts';
import type { LetterLevel } from './types.ts';

/** What a failure is about. Two failures that are equal in all of it are the same one (design section 5). */
export interface LetterSubject {
  readonly errorClass: FailureClass;
  readonly level: LetterLevel;
  readonly organization: string;
  readonly kind: string;
  readonly page: number | null;
  readonly artifactId: string | null;
  /** The source text of a bad record that shows no id; null otherwise. */
  readonly record: string | null;
}

/** A digest that is equal for the same failure, night after night, however its counter moves. */
export function letterIdentity(subject: LetterSubject): string {
  const parts = [
    subject.errorClass,
    subject.level,
    subject.organization,
    subject.kind,
    subject.page,
    subject.artifactId,
    subject.record === null ? null : withoutCounter(subject.record),
  ];
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url');
}

function withoutCounter(source: string): string {
  try {
    return JSON.stringify(parseJson(source), (key, value: unknown) => (key === 'download_count' ? undefined : value));
  } catch {
    return source;
  }
}
