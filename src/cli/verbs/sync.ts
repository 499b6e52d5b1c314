import { type MirrorTarget, targetsOf } from '../../queue/targets.ts';
import type { ExitCode } from '../exit-codes.ts';
import { openMirror, requireCatalog, requireOrganizations } from '../parts/mirror.ts';
import { mirrorNow } from '../parts/mirror-now.ts';
import type { Context } from '../shell.ts';
import { UsageError } from '../usage-error.ts';

/** `sync [ORG…]`: mirrors organizations now, through the queue, and works the jobs in this process. */
export async function sync(context: Context, organizations: readonly string[]): Promise<ExitCode> {
  requireCatalog(context);
  const targets = chooseTargets(context, organizations);
  const parts = await openMirror(context);
  try {
    return await mirrorNow(context, parts, { asks: targets, trigger: 'manual' });
  } finally {
    await parts.close();
  }
}

function chooseTargets(context: Context, named: readonly string[]): readonly MirrorTarget[] {
  const configured = requireOrganizations(context);
  const known = new Set(configured.map(({ organization }) => organization));
  const unknown = named.filter((organization) => !known.has(organization));
  if (unknown.length > 0) {
    throw new UsageError(
      `The settings do not name ${unknown.join(', ')}. They name: ${[...known].join(', ')}.`,
      'Add it to CATALOG_ORGANIZATIONS or to catalog-mirror.config.json: which organizations are mirrored decides who ' +
        'speaks for an artifact.',
    );
  }
  const wanted = new Set(named.length === 0 ? known : named);
  return targetsOf(configured.filter(({ organization }) => wanted.has(organization)));
}
