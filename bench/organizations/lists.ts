import type { FakeArtifact } from '../../src/fake/listing.ts';
import type { FakeListings } from '../../src/fake/shelf.ts';

/** The organizations of the benchmark: `org-0001` and so on. */
export function organizationNames(count: number): readonly string[] {
  return Array.from({ length: count }, (_, at) => `org-${String(at + 1).padStart(4, '0')}`);
}

/** What each of them lists: so many models, of other ids than those of every other organization. */
export function listsOf(organizations: number, artifacts: number): Record<string, FakeListings> {
  return Object.fromEntries(
    organizationNames(organizations).map((name, organization) => [
      name,
      { models: Array.from({ length: artifacts }, (_, number) => artifactOf(name, organization, number)) },
    ]),
  );
}

function artifactOf(name: string, organization: number, number: number): FakeArtifact {
  const digits = (value: number, width: number): string => String(value).padStart(width, '0');
  return {
    id: `00000000-0000-4000-${digits(8000 + Math.floor(organization / 10_000), 4)}-${digits(organization % 10_000, 4)}${digits(number, 8)}`,
    name: `${name}/model-${number}`,
    version: '1.0.0',
    framework: 'pytorch',
    created_at: new Date(Date.UTC(2025, 0, 1) + number * 60_000).toISOString(),
    download_count: number * 10,
    is_public: true,
  };
}
