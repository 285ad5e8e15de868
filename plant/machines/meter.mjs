import { dailyRhythm, round } from '../random.mjs';

/** An energy meter that sends bare numbers without a time: the counter of one phase per topic, always rising. */
export class Meter {
  constructor(name, phase, random) {
    this.device = name;
    this.phase = phase;
    this.topic = `hamburg/power/main/${name}/${phase}`;
    this.random = random;
    this.energy = 1000 * (1 + random.below(9));
    this.periodTicks = 5;
  }

  message(micros) {
    this.energy = round(this.energy + 0.001 + Math.abs(this.random.normal(0.01 * (2 + dailyRhythm(micros)), 0.002)), 6);
    return { payload: String(this.energy), values: { [this.phase]: this.energy }, hasTime: false };
  }
}
