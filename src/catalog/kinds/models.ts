import type { Kind } from '../kinds.ts';
import { ARTIFACT_FIELDS } from './artifact-fields.ts';

/** `GET /org/{org}/models`. */
export const MODELS: Kind = {
  name: 'models',
  segment: 'models',
  envelopeKey: 'models',
  maxLimit: 200,
  knownFields: ARTIFACT_FIELDS,
};
