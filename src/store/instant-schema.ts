import { z } from 'zod';
import { parseInstant } from '../catalog/timestamp.ts';

/** An instant in stored JSON, or in what a query returns as text. */
export const instantSchema = z.string().transform((text, context) => {
  const instant = parseInstant(text);
  if (instant === null) {
    context.addIssue({ code: 'custom', message: 'is not a timestamp' });
    return z.NEVER;
  }
  return instant;
});
