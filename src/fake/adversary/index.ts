/**
 * `catalog-mirror/fake-catalog`: lists that move while they are read, to hold a mirror of your own against
 * (docs/adversary.md).
 */
export type { MovingItem } from './moving-item.ts';
export { type Arrangement, type MovingAnswer, MovingList, type MovingListOptions } from './moving-list.ts';
export {
  type Rates,
  SCENARIOS,
  type Scenario,
  type ScenarioName,
  type ServerOrder,
  scenarioByName,
  type TotalsMoment,
} from './scenarios.ts';
export { type Adversary, type AdversaryOptions, startAdversary } from './start-adversary.ts';
export type { Happening } from './truth.ts';
