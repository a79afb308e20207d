/** A curve: what was measured at each size, and what its axes are called. */

/** One line of a drawing, x ascending. */
export interface Series {
  readonly name: string;
  readonly points: readonly Point[];
}

interface Point {
  readonly x: number;
  readonly y: number;
}

/** What tools/bench/results keeps of one curve. */
export interface Measured {
  readonly node: string;
  readonly series: readonly Series[];
}

/** What a drawing says beside the lines. Both units stand on the axes. */
export interface Captions {
  readonly title: string;
  readonly x: string;
  readonly y: string;
  /** How y is spread: from nought, or by powers of ten. x is spread by powers of ten. */
  readonly scale: "linear" | "log";
}

export interface Curve extends Captions {
  /** Measures it in this process, so many rounds each point. */
  readonly measure: (rounds: number) => Promise<readonly Series[]>;
}
