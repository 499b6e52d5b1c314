import type { FakeArtifact } from '../../src/fake/listing.ts';
import type { MirroredOrganization } from '../../src/mirror/dependencies.ts';
import { artifacts, type Harness, mirrored } from './harness.ts';

/** Artifacts `from` to `to` of an organization, which every listing with include_public shows. */
export function shared(from: number, to: number, organization: string): FakeArtifact[] {
  return artifacts(from, to, organization).map((one) => ({ ...one, is_public: true }));
}

export function withGuests(organization: string): MirroredOrganization {
  return mirrored(organization, { includePublic: true });
}

/** How many current artifacts of whom each organization speaks for. */
export function speakers(harness: Harness) {
  return harness.rows<{ owner: string; mirrored_by: string; artifacts: number }>(
    `SELECT owner, mirrored_by, count(*)::integer AS artifacts FROM mirror.artifacts WHERE ended_at IS NULL
     GROUP BY owner, mirrored_by ORDER BY owner, mirrored_by`,
  );
}

/** The counters of an artifact in run order. */
export function observations(harness: Harness, artifactId: string) {
  return harness.rows<{ run: number; downloads: number }>(
    `SELECT run_id::integer AS run, download_count::integer AS downloads FROM mirror.download_observations
     WHERE artifact_id = $1 ORDER BY run_id`,
    [artifactId],
  );
}

/** What happened to an artifact, in the order in which it happened. */
export function events(harness: Harness, artifactId: string) {
  return harness.rows<{ event: string; changes: unknown }>(
    'SELECT event, changes FROM mirror.artifact_events WHERE artifact_id = $1 ORDER BY id',
    [artifactId],
  );
}

/** The daily rows of an artifact: [day of January 2025, organization, downloads, days covered]. */
export async function daily(harness: Harness, artifactId: string): Promise<readonly unknown[]> {
  const rows = await harness.rows(
    `SELECT to_char(day, 'DD') AS day, organization, downloads::integer, days_covered FROM report.daily_downloads
     WHERE artifact_id = $1 ORDER BY day`,
    [artifactId],
  );
  return rows.map(({ day, organization, downloads, days_covered }) => [day, organization, downloads, days_covered]);
}
