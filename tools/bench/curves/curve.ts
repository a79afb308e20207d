/** A curve: the values measured at each size, and the captions of its axes. */

/** One line in a drawing, with ascending x. */
export interface Series {
  readonly name: string;
  readonly points: readonly Point[];
}

interface Point {
  readonly x: number;
  readonly y: number;
}

/** The data of one curve that is kept in tools/bench/results. */
export interface Measured {
  readonly node: string;
  readonly series: readonly Series[];
}

/** The title of a drawing and the labels of its axes, with units. */
export interface Captions {
  readonly title: string;
  readonly x: string;
  readonly y: string;
  /** The scale of y: linear from zero, or logarithmic. x is always logarithmic. */
  readonly scale: "linear" | "log";
}

export interface Curve extends Captions {
  /** Measures the curve in this process, with `rounds` rounds per point. */
  readonly measure: (rounds: number) => Promise<readonly Series[]>;
}
