// Chance from a seed, so that a plant can be played again: mulberry32 (public domain algorithm by T. Ettinger).
export class SeededRandom {
  constructor(seed) {
    this.state = seed >>> 0;
  }

  /** Uniform in [0, 1). */
  next() {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let t = this.state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }

  /** Whole number in [0, below). */
  below(below) {
    return Math.floor(this.next() * below);
  }

  /** Normal deviate (Box-Muller). */
  normal(mean = 0, deviation = 1) {
    const radius = Math.sqrt(-2 * Math.log(1 - this.next()));
    return mean + deviation * radius * Math.cos(2 * Math.PI * this.next());
  }
}

/** Rounds to so many decimals: sensors deliver decimals, not full doubles. */
export const round = (value, decimals) => Number(value.toFixed(decimals));

/** -1..1 over a day, lowest at four in the morning: the rhythm of a plant. */
export const dailyRhythm = (micros) => -Math.cos((2 * Math.PI * (micros / 1e6 - 4 * 3600)) / 86400);
