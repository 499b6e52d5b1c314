/** What `sync` and what exits like it answer to the shell (design section 7), for the end of their `--help`. */
export const SYNC_EXIT_CODES =
  '\nExit codes:\n  0  every run certified\n  3  some run held, inexact or partial\n  4  some run failed\n' +
  '  2  wrong usage or settings, or a part they name cannot be used\n  1  a defect\n';
