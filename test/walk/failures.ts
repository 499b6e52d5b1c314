import { Failure, type FailureClass } from '../../src/catalog/failure.ts';

/** A page that was given up for good. */
export function refusal(failureClass: FailureClass, page: number): Failure {
  return new Failure({
    class: failureClass,
    operation: `read page ${page}`,
    subject: 'models of acme',
    detail: 'the catalog said no',
    hint: 'Ask again tomorrow.',
  });
}
