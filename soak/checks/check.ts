/** One thing that must be true after a soak. */
export interface Check {
  /** What is claimed, as a sentence. */
  readonly claim: string;
  /** What was looked at: `1,204 rows`. A check that looked at nothing shows nothing. */
  readonly lookedAt: string;
  /** Why it is not true, in sentences; empty where it is. */
  readonly problems: readonly string[];
}

/** A few of many, for people. */
export function some(problems: readonly string[], most = 8): readonly string[] {
  return problems.length <= most ? problems : [...problems.slice(0, most), `and ${problems.length - most} more`];
}
