/**
 * How the values of a column are read: `integer` (any size), `real`, `day` (`YYYY-MM-DD`), `instant` (UTC, to the
 * microsecond), `json`.
 */
export type ReportColumnType = 'text' | 'boolean' | 'integer' | 'real' | 'day' | 'instant' | 'json';

export interface ReportDefinition {
  /** One line for a list of reports. */
  readonly purpose: string;
  /** The view's columns, all of them, in its order. */
  readonly columns: Readonly<Record<string, ReportColumnType>>;
  /** What comes first where not all is shown; ends with what makes the order the same every time. */
  readonly orderBy: string;
}

/** The views of schema `report` (design section 5) by their names, as commands show them. */
export const REPORTS = {
  artifacts: {
    purpose: 'the current versions, the most downloaded first',
    columns: {
      kind: 'text',
      organization: 'text',
      owner: 'text',
      artifact_id: 'text',
      name: 'text',
      version: 'text',
      framework: 'text',
      is_public: 'boolean',
      download_count: 'integer',
      origin: 'json',
      extra: 'json',
      created_at: 'instant',
      first_seen_at: 'instant',
      changed_at: 'instant',
      absent_since: 'instant',
    },
    orderBy: 'download_count DESC NULLS LAST, name, artifact_id',
  },
  models: {
    purpose: 'the models over all their versions, the most downloaded first',
    columns: {
      kind: 'text',
      organization: 'text',
      owner: 'text',
      name: 'text',
      version: 'text',
      versions: 'integer',
      ended_versions: 'integer',
      download_count: 'integer',
      download_count_of_all_versions: 'integer',
      is_public: 'boolean',
      first_created_at: 'instant',
      created_at: 'instant',
    },
    orderBy: 'download_count DESC NULLS LAST, name, kind, owner',
  },
  coverage: {
    purpose: 'which days are known, the latest first',
    columns: { kind: 'text', organization: 'text', day: 'day', covered: 'boolean', run_id: 'integer' },
    orderBy: 'day DESC, organization, kind',
  },
  daily_downloads: {
    purpose: 'downloads by artifact and day, the latest day and the greatest first',
    columns: {
      kind: 'text',
      organization: 'text',
      owner: 'text',
      artifact_id: 'text',
      name: 'text',
      version: 'text',
      day: 'day',
      downloads: 'integer',
      days_covered: 'integer',
      reset: 'boolean',
    },
    orderBy: 'day DESC, downloads DESC NULLS LAST, name, artifact_id',
  },
  organization_daily_downloads: {
    purpose: 'downloads by organization, owner and day, the latest day and the greatest first',
    columns: {
      kind: 'text',
      organization: 'text',
      owner: 'text',
      day: 'day',
      downloads: 'integer',
      artifacts: 'integer',
      resets: 'integer',
    },
    orderBy: 'day DESC, downloads DESC NULLS LAST, organization, owner, kind',
  },
  movers: {
    purpose: 'downloads by model in the last 7 and 28 days, those that gained most first',
    columns: {
      kind: 'text',
      organization: 'text',
      owner: 'text',
      name: 'text',
      window_days: 'integer',
      downloads: 'integer',
      previous_downloads: 'integer',
      change: 'integer',
    },
    orderBy: 'window_days, change DESC NULLS LAST, downloads DESC NULLS LAST, name, kind, owner',
  },
  changes: {
    purpose: 'what arrived, changed, went and came back, the latest first',
    columns: {
      at: 'instant',
      day: 'day',
      kind: 'text',
      organization: 'text',
      artifact_id: 'text',
      name: 'text',
      version: 'text',
      change: 'text',
      details: 'json',
    },
    orderBy: 'at DESC, name, artifact_id, change',
  },
  failures: {
    purpose: 'what failed, by day and class, the latest first',
    columns: {
      day: 'day',
      kind: 'text',
      organization: 'text',
      error_class: 'text',
      error_type: 'text',
      level: 'text',
      letters: 'integer',
      occurrences: 'integer',
      open: 'integer',
    },
    orderBy: 'day DESC, letters DESC, organization, kind, error_class, error_type, level',
  },
  run_history: {
    purpose: 'the runs and how they ended, the last first',
    columns: {
      run_id: 'integer',
      kind: 'text',
      organization: 'text',
      day: 'day',
      state: 'text',
      certified: 'boolean',
      trigger: 'text',
      include_public: 'boolean',
      started_at: 'instant',
      finished_at: 'instant',
      duration_seconds: 'real',
      total: 'integer',
      listed: 'integer',
      pages: 'integer',
      passes: 'integer',
      extra_reads: 'integer',
      requests: 'integer',
      retries: 'integer',
      added: 'integer',
      changed: 'integer',
      counted: 'integer',
      superseded: 'integer',
      withdrawn: 'integer',
      restored: 'integer',
      unproved: 'integer',
      letters: 'integer',
      error_class: 'text',
      error: 'text',
      time_zone: 'text',
    },
    orderBy: 'run_id DESC',
  },
} as const satisfies Readonly<Record<string, ReportDefinition>>;

export type ReportName = keyof typeof REPORTS;

function isReportName(name: string): name is ReportName {
  return Object.hasOwn(REPORTS, name);
}

/** The report of that name, written with hyphens or underscores; null where there is none. */
export function reportNamed(text: string): ReportName | null {
  const name = text.replaceAll('-', '_');
  return isReportName(name) ? name : null;
}
