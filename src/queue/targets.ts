import { mirrorOrganization } from '../../jobs/mirror-organization.ts';

/** One listing to mirror: an organization and a kind. */
export interface MirrorTarget {
  readonly organization: string;
  readonly kind: string;
}

/** What is to be done with a listing: it is mirrored, unless `records` says otherwise. */
export interface MirrorAsk extends MirrorTarget {
  /** The held run whose absences a person approved; none where it is left out. */
  readonly approves?: string | null;
  /** Letters of single records whose stored texts are to be checked again, in place of mirroring; none where left out. */
  readonly records?: readonly string[];
}

/** What the queue has to know of an organization's settings. */
export interface ScheduledOrganization {
  readonly organization: string;
  readonly kinds: readonly string[];
  /** Five fields, or six with seconds first. */
  readonly cron: string;
  /** An IANA name. */
  readonly timeZone: string;
}

/** Every organization and kind, in the order of the settings. */
export function targetsOf(
  organizations: readonly Pick<ScheduledOrganization, 'organization' | 'kinds'>[],
): readonly MirrorTarget[] {
  return organizations.flatMap(({ organization, kinds }) => kinds.map((kind) => ({ organization, kind })));
}

/** Names a target within a queue. Slugs may hold any sign, colons included, which BullMQ's ids may not. */
export function targetId({ organization, kind }: MirrorTarget): string {
  return `${kind}/${encodeURIComponent(organization)}`;
}

/**
 * The queue of mirror jobs: that of one `sync` where it waits for them, else the one that all workers share.
 * @param syncId of openSyncQueue(); null for the shared one
 */
export function mirrorQueue(syncId: string | null): string {
  return syncId === null ? mirrorOrganization.name : `${mirrorOrganization.name}.${syncId}`;
}
