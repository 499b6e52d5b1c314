import type { Kind } from '../kinds.ts';
import { ARTIFACT_FIELDS } from './artifact-fields.ts';

/** `GET /org/{org}/datasets`: the same listing, with `datasets` for `models` in the envelope. */
export const DATASETS: Kind = {
  name: 'datasets',
  segment: 'datasets',
  envelopeKey: 'datasets',
  maxLimit: 200,
  knownFields: ARTIFACT_FIELDS,
};
