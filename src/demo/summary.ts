import type { RunState } from '../mirror/types.ts';
import type { UncoveredDay } from '../report/read-coverage.ts';

/** All that the demo's last screen says, as the views answer it. Days are `YYYY-MM-DD`; `daily` is from `dailyRates`. */
export interface DemoSummary {
  readonly firstDay: string;
  readonly lastDay: string;
  readonly nights: number;
  /** How long the demo took, in milliseconds of real time. */
  readonly elapsedMs: number;
  /** How many runs ended how; states without a run may be left out. */
  readonly runs: readonly { readonly state: RunState; readonly count: number }[];
  /** Over all mirrored organizations. */
  readonly artifacts: DemoArtifactCounts & DemoChangeCounts;
  readonly downloads: {
    /** The sum of all daily downloads. */
    readonly counted: number;
    readonly resets: number;
  };
  /** Days on which every mirrored organization has a complete run. */
  readonly coveredDays: number;
  /** Days between the first and the last on which some mirrored organization has none. */
  readonly uncoveredDays: readonly string[];
  /** The same days, each with whose it is and what became of its last run. */
  readonly uncovered: readonly UncoveredDay[];
  /** Days between the first and the last that the recording lacks: nobody could mirror them. */
  readonly unrecordedDays: readonly string[];
  /** The largest first. */
  readonly organizations: readonly DemoOrganizationSummary[];
  /** The models whose last seven days differ most from the seven before; what gained most first, what lost most last. */
  readonly movers: readonly DemoMover[];
  /** The most downloaded of each change, in the order of DEMO_CHANGES. */
  readonly changes: readonly DemoChange[];
  readonly nextSteps: readonly DemoNextStep[];
}

export interface DemoArtifactCounts {
  readonly current: number;
  /** Those among the current that belong to owners who are not mirrored themselves. */
  readonly guests: number;
  /** Those that ended and did not come back. */
  readonly gone: number;
}

/** How often each happened after the first night, whose listing is where the mirror began and no change. */
export interface DemoChangeCounts {
  /** First listed. */
  readonly arrived: number;
  /** Those among them that were created after the night before; the others were there and are new to the mirror. */
  readonly arrivedNew: number;
  readonly withdrawn: number;
  readonly superseded: number;
  readonly restored: number;
}

/** The changes of report.changes that the screen tells. */
export const DEMO_CHANGES = ['added', 'withdrawn', 'superseded', 'restored'] as const;

export interface DemoChange {
  readonly change: (typeof DEMO_CHANGES)[number];
  readonly day: string;
  readonly name: string;
  readonly version: string;
  /** All that was counted of the artifact, before and after the change; null where no day of it is known. */
  readonly downloads: number | null;
}

export interface DemoOrganizationSummary {
  readonly organization: string;
  /** Current artifacts that it mirrors, guests included. */
  readonly artifacts: number;
  /** Those among them that belong to other owners. */
  readonly guests: number;
  /** Days from its first run to its last, and how many of them are covered. */
  readonly days: number;
  readonly coveredDays: number;
  readonly downloads: number | null;
  readonly resets: number;
  readonly daily: readonly (number | null)[];
}

export interface DemoMover {
  readonly name: string;
  readonly downloads: number;
  /** In the seven days before. */
  readonly previousDownloads: number;
  readonly change: number;
  /** Of both weeks, fourteen days. */
  readonly daily: readonly (number | null)[];
}

/** A command that can be typed as it stands, and what it is for. */
export interface DemoNextStep {
  readonly command: string;
  readonly purpose: string;
}
