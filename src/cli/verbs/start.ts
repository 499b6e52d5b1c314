import type { ExitCode } from '../exit-codes.ts';
import type { Context } from '../shell.ts';
import { demo } from './demo.ts';
import { worker } from './worker.ts';

/** What `npm start` runs: the demo where no catalog is configured, else the worker. */
export function start(context: Context): Promise<ExitCode> {
  return context.settings.catalog.url === null ? demo(context) : worker(context);
}
