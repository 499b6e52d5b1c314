/**
 * What `sync` and what exits like it answer to the shell (design section 7), for the end of their `--help`.
 *
 * @param more what else exits with 3
 */
export function syncExitCodes(more = ''): string {
  return (
    `\nExit codes:\n  0  every run certified\n  3  some run held, inexact or partial${more}\n  4  some run failed\n` +
    '  2  wrong usage or settings, or a part they name cannot be used\n  1  a defect\n'
  );
}
