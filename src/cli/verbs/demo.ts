import { createDemoClock } from '../../demo/demo-clock.ts';
import { DEMO_NEXT_STEPS } from '../../demo/next-steps.ts';
import { planDemo } from '../../demo/plan.ts';
import { playMonth } from '../../demo/play-month.ts';
import { readDemoSummary } from '../../demo/read-summary.ts';
import { startRecordedCatalog } from '../../demo/recorded-catalog.ts';
import { readRecordedMonth, unrecordedDays } from '../../demo/recorded-month.ts';
import { renderDemoSummary } from '../../demo/screen/render-summary.ts';
import { packageVersion } from '../../package-root.ts';
import { openQueueBackend } from '../../queue/backend.ts';
import { countOf } from '../../terminal/format.ts';
import { withProgress } from '../../terminal/progress.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { openDemoDatabase } from '../parts/database.ts';
import type { Context } from '../shell.ts';

/** `demo`: mirrors a recorded month of a real catalog, night after night, and shows what came of it. */
export async function demo(context: Context): Promise<ExitCode> {
  const beganAt = context.clock.now().getTime();
  const month = await readRecordedMonth();
  const plan = planDemo(month);
  context.say(
    `A recorded month of a real catalog: ${countOf(month.models.length, 'model')}, ` +
      `${countOf(plan.nights.length, 'night')}, ${countOf(plan.organizations.length, 'organization')}.`,
  );
  const catalog = await startRecordedCatalog(month);
  try {
    const database = await openDemoDatabase(context, plan.organizations.length);
    try {
      const clock = createDemoClock(context.clock);
      const backend = await openQueueBackend(
        { store: 'postgres', databaseUrl: database.connectionString },
        { log: context.say, clock },
      );
      try {
        const total = plan.nights.length * plan.organizations.length;
        await withProgress({ output: context.output, clock: context.clock, verb: 'mirroring', total }, (progress) =>
          playMonth(plan, {
            pool: database.pool,
            backend,
            catalog,
            clock,
            version: packageVersion(),
            signal: context.signal,
            onNight: (day) => progress.note(day),
            onProgress: (organization, pagesRead, pages) => progress.update(organization, pagesRead, pages),
            onRun: (run) => progress.finish(run.organization),
          }),
        );
      } finally {
        await backend.close();
      }
      const summary = {
        ...(await readDemoSummary(database.pool)),
        elapsedMs: context.clock.now().getTime() - beganAt,
        unrecordedDays: unrecordedDays(month),
        nextSteps: DEMO_NEXT_STEPS,
      };
      if (context.output.json) context.printJson(summary);
      else
        context.print(renderDemoSummary(summary, { width: context.output.stdout.columns, colours: context.colours }));
      return EXIT.ok;
    } finally {
      await database.close();
    }
  } finally {
    await catalog.close();
  }
}
