import type { Clock } from '../clock.ts';

/** A clock that is set to each night in turn and then runs on in real time. */
export interface DemoClock extends Clock {
  set(moment: Date): void;
}

/** @param real the process's clock, which waits for real */
export function createDemoClock(real: Clock): DemoClock {
  let offsetMs = 0;
  return {
    now: () => new Date(real.now().getTime() + offsetMs),
    sleep: (milliseconds, signal) => real.sleep(milliseconds, signal),
    random: () => real.random(),
    set(moment) {
      offsetMs = moment.getTime() - real.now().getTime();
    },
  };
}
