import { Failure } from '../../catalog/failure.ts';
import type { QueueBackend } from '../../queue/backend.ts';
import { listSchedules, runScheduleNow } from '../../queue/schedules.ts';
import { countOf, formatMoment } from '../../terminal/format.ts';
import { visible } from '../../terminal/safe-text.ts';
import { renderTable } from '../../terminal/table.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { openDatabase } from '../parts/database.ts';
import { openQueue, requireCatalog } from '../parts/mirror.ts';
import type { Context } from '../shell.ts';
import { UsageError } from '../usage-error.ts';

/** `schedule list`: the schedules in the queue, the next to fire first. */
export async function listAllSchedules(context: Context): Promise<ExitCode> {
  return withQueue(context, async (backend) => {
    const schedules = await listSchedules(backend);
    if (context.output.json) {
      context.printJson(schedules);
      return EXIT.ok;
    }
    if (schedules.length === 0) {
      context.say('The queue has no schedules yet: they are set when `catalog-mirror worker` starts.');
      return EXIT.ok;
    }
    context.print(
      renderTable(
        schedules,
        [
          { header: 'organization', value: (one) => one.organization },
          { header: 'kind', value: (one) => one.kind },
          { header: 'cron', value: (one) => one.cron, mayCut: false },
          { header: 'time zone', value: (one) => one.timeZone },
          { header: 'next', value: (one) => (one.next === null ? null : formatMoment(one.next)), mayCut: false },
          {
            header: 'last',
            value: (one) => (one.lastFire === null ? null : formatMoment(one.lastFire)),
            mayCut: false,
          },
        ],
        { width: context.output.stdout.columns, colours: context.colours },
      ),
    );
    return EXIT.ok;
  });
}

/** `schedule run ORG`: puts the jobs of an organization's schedules on the queue now; a worker mirrors it. */
export async function runSchedule(context: Context, organization: string): Promise<ExitCode> {
  return withQueue(context, async (backend) => {
    const jobs = await runScheduleNow(backend, organization).catch((error: unknown) => {
      if (error instanceof Failure && error.class === 'not_found') throw noSchedule(organization);
      throw error;
    });
    if (context.output.json) context.printJson(jobs);
    else
      context.print(
        `${countOf(jobs.length, 'job')} queued for ${visible(organization)}; the next free worker mirrors it.\n`,
      );
    return EXIT.ok;
  });
}

function noSchedule(organization: string): UsageError {
  return new UsageError(
    `The queue has no schedule for ${organization}.`,
    'Start a worker that has it in its settings, or use `catalog-mirror sync` to mirror it here and now; ' +
      '`catalog-mirror schedule list` shows what has one.',
  );
}

async function withQueue(context: Context, use: (backend: QueueBackend) => Promise<ExitCode>): Promise<ExitCode> {
  requireCatalog(context);
  const database = await openDatabase(context);
  try {
    const backend = await openQueue(context, database);
    try {
      return await use(backend);
    } finally {
      await backend.close();
    }
  } finally {
    await database.close();
  }
}
