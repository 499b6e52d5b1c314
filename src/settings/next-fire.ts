import { CronExpressionParser } from 'cron-parser';

/**
 * When a schedule fires next after a moment; null where it never does.
 *
 * @param cron as the settings have checked it
 * @param timeZone an IANA name
 */
export function nextFire(cron: string, timeZone: string, after: Date): Date | null {
  try {
    return CronExpressionParser.parse(cron, { tz: timeZone, currentDate: after }).next().toDate();
  } catch {
    return null;
  }
}
