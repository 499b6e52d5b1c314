import type { FakeArtifact } from '../../src/fake/listing.ts';

/** A good artifact that differs from those of other numbers in its id, name and creation time. */
export function makeArtifact(number: number, fields: FakeArtifact = {}): FakeArtifact {
  return {
    id: `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`,
    name: `acme/model-${number}`,
    version: '1.0.0',
    created_at: new Date(Date.UTC(2025, 0, 1) + number * 60_000).toISOString(),
    download_count: number * 10,
    is_public: true,
    ...fields,
  };
}

/** Artifacts number 1 to `count`. */
export function makeArtifacts(count: number): FakeArtifact[] {
  return Array.from({ length: count }, (_, at) => makeArtifact(at + 1));
}
