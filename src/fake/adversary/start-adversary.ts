import { startFakeCatalog } from '../server.ts';
import { answerControl } from './control.ts';
import { MovingList } from './moving-list.ts';
import { type Scenario, type ScenarioName, scenarioByName } from './scenarios.ts';

export interface AdversaryOptions {
  /** A scenario's name, or a scenario of your own. */
  readonly scenario: ScenarioName | Scenario;
  /** A whole number: with the same one, the same requests get the same answers. */
  readonly seed: number;
  /** The slug whose models it lists; default `acme`. Every other one is unknown: 404. */
  readonly organization?: string;
  /** How many models the list begins with; default 1,200. */
  readonly size?: number;
  /** The most models on a page; default 200, the contract's. */
  readonly maxLimit?: number;
  /** The port on loopback; default 0, a free one. */
  readonly port?: number;
}

/** A catalog on loopback whose list moves while it is read. */
export interface Adversary {
  /** The base address, without `/api/v1`. */
  readonly url: string;
  /** The list itself: it knows the truth that `GET /adversary` tells. */
  readonly list: MovingList;
  /** Ends every connection and the server. */
  close(): Promise<void>;
}

/**
 * Starts an adversary on 127.0.0.1: a catalog that keeps the contract, and whose list moves at every read of a page as
 * its scenario says. Its control address is `/adversary` (docs/adversary.md).
 *
 * @throws RangeError where there is no such scenario, or a size or limit is out of range; the error of the operating
 *   system where the port cannot be had
 */
export async function startAdversary(options: AdversaryOptions): Promise<Adversary> {
  const { organization = 'acme', seed, size, maxLimit, port } = options;
  const list = new MovingList(scenarioOf(options.scenario), seed, {
    owner: organization,
    ...(size === undefined ? {} : { size }),
    ...(maxLimit === undefined ? {} : { maxLimit }),
  });
  const { url, close } = await startFakeCatalog({
    organizations: {},
    moving: { [organization]: list },
    control: (request) => answerControl(list, organization, request),
    ...(port === undefined ? {} : { port }),
  });
  return { url, list, close };
}

/** The name is a plain string here: who calls from JavaScript may have misspelt it. */
function scenarioOf(given: string | Scenario): Scenario {
  if (typeof given !== 'string') return given;
  const scenario = scenarioByName(given);
  if (scenario === undefined) throw new RangeError(`there is no scenario ${JSON.stringify(given)}`);
  return scenario;
}
