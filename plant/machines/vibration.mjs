import { round } from '../random.mjs';

const SAMPLES = 20;

/** An accelerometer on a bearing: twenty samples a message; the amplitude of the last one grows with its wear. */
export class Vibration {
  constructor(name, random) {
    this.device = name;
    this.topic = `hamburg/water/line-1/${name}/acceleration`;
    this.random = random;
    this.amplitude = 1;
    this.phase = 0;
    this.periodTicks = 1;
  }

  message(micros) {
    if (this.device === 'vib-4') this.amplitude = Math.min(2.5, this.amplitude + 0.004);
    const samples = [];
    const values = {};
    for (let i = 0; i < SAMPLES; i++) {
      this.phase += 0.7;
      samples.push(round(this.amplitude * Math.sin(this.phase) + this.random.normal(0, 0.2), 4));
      values[`a[${i}]`] = samples[i];
    }
    return { payload: JSON.stringify({ ts: micros, a: samples }), values };
  }
}
