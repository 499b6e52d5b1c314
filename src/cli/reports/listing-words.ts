import { POLICIES, policyOf } from '../../catalog/policy.ts';
import type { ListingRun, ListingRuns } from '../../report/read-listings.ts';
import type { RunState } from '../../store/run.ts';
import { cutToWidth, tied } from '../../terminal/width.ts';

/** Errors can be long; `runs show` has all of it. */
const LONGEST_REASON = 160;

/** `acme`, or `acme (datasets)` where it is not the kind that most have alone. */
export function listingName({ organization, kind }: { readonly organization: string; readonly kind: string }): string {
  return kind === 'models' ? organization : `${organization} (${kind})`;
}

/** What became of a run, as the reason why something is not known: `failed: the catalog answered 404`. */
export function whatBecame(run: { readonly state: RunState; readonly error: string | null } | null): string {
  if (run === null) return 'no run';
  if (run.state === 'running') return 'a run is under way';
  return run.error === null ? run.state : `${run.state}: ${reasonOf(run.error)}`;
}

/** The same as what is said of the run: `is partial: page 3 failed`. */
export function howItEnded(run: { readonly state: RunState; readonly error: string | null }): string {
  switch (run.state) {
    case 'running':
      return 'is under way';
    case 'failed':
      return whatBecame(run);
    case 'abandoned':
      return `was ${whatBecame(run)}`;
    default:
      return `is ${whatBecame(run)}`;
  }
}

/** Its first line, without what to do about it: that is said where there is room for it. */
function reasonOf(error: string): string {
  const [line = ''] = error.split('\n', 1);
  const hint = Object.values(POLICIES)
    .map((policy) => `; ${policy.hint}`)
    .find((ending) => line.endsWith(ending));
  const reason = hint === undefined ? line : line.slice(0, -hint.length);
  return cutToWidth(reason.trim().replace(/\.$/, ''), LONGEST_REASON);
}

/** What to do where a listing's last run did not make it complete, in a sentence or two. */
export function adviceFor({ organization }: Pick<ListingRuns, 'organization'>, run: ListingRun): string {
  const again = `run ${command(`sync ${organization}`)}`;
  const details = `${command(`runs show ${run.runId}`)} says more`;
  switch (run.state) {
    case 'running':
      return run.isForsaken ? `Its process died: ${again}, which takes it up or begins anew.` : 'Wait for it.';
    case 'failed': {
      const hint = run.errorClass === null ? '' : `${capital(policyOf(run.errorClass).hint)}. `;
      return `${hint}Then ${again}.`.replace(/^Then r/, 'R');
    }
    case 'abandoned':
      return `Its process died and nothing of it was stored: ${again}.`;
    default:
      return `${capital(details)}; or ${again}.`;
  }
}

/** A command that can be typed, kept on one line. */
export function command(args: string): string {
  return tied(`\`catalog-mirror ${args}\``);
}

function capital(text: string): string {
  return `${text.slice(0, 1).toUpperCase()}${text.slice(1)}`;
}
