import { z } from 'zod';
import type { JobDefinition } from '../../jobs/job.ts';
import { Failure } from '../catalog/failure.ts';

/**
 * A job's payload, checked against the catalog of jobs.
 * @param data as it is to be added, or as the queue gave it
 * @throws Failure `internal` naming what is wrong with it; trying again would not help
 */
export function checkedPayload<Payload>(definition: JobDefinition<Payload, unknown>, data: unknown): Payload {
  const parsed = definition.payload.safeParse(data);
  if (parsed.success) return parsed.data;
  throw new Failure({
    class: 'internal',
    operation: 'read the payload of a job',
    subject: definition.name,
    detail: z.prettifyError(parsed.error).replaceAll('\n', ' '),
    hint: 'Another version of catalog-mirror may have added it: let all workers run the same one.',
  });
}
