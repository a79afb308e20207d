/**
 * Counters, gauges and histograms, and their text format for Prometheus.
 *
 * Rule: outsiders cannot create an unbounded number of series. A label value that is not a plain
 * name becomes "other", and past a limit so do all label values of a new series.
 */

interface MetricSpec {
  readonly kind: "counter" | "gauge" | "histogram";
  readonly labels: readonly string[];
  readonly means: string;
  /** Upper bounds of a histogram, ascending. */
  readonly buckets?: readonly number[];
}

export type MetricSpecs = Readonly<Record<string, MetricSpec>>;

type Labels = Readonly<Record<string, string | undefined>>;

interface Series {
  readonly labels: string;
  /** The value; for a histogram, the sum. */
  value: number;
  count: number;
  /** For a histogram: how many values were at most the bound at the same index. */
  readonly buckets: number[];
}

/** How many series each metric may have. */
const maxSeries = 1000;
const plainName = /^[\w./:$@-]{1,100}$/;

export class MetricSet {
  readonly #specs: MetricSpecs;
  readonly #series = new Map<string, Map<string, Series>>();

  constructor(specs: MetricSpecs) {
    this.#specs = specs;
  }

  /** Adds to a counter. A missing label becomes "none". */
  add(name: string, labels: Labels = {}, value = 1): void {
    const series = this.#of(name, labels);
    if (series !== undefined) series.value += value;
  }

  set(name: string, labels: Labels, value: number): void {
    const series = this.#of(name, labels);
    if (series !== undefined) series.value = value;
  }

  observe(name: string, labels: Labels, value: number): void {
    const series = this.#of(name, labels);
    if (series === undefined) return;
    series.value += value;
    series.count += 1;
    for (const [at, bound] of (this.#specs[name]?.buckets ?? []).entries())
      if (value <= bound) series.buckets[at] = (series.buckets[at] ?? 0) + 1;
  }

  /** Returns all metrics in the Prometheus text format 0.0.4. */
  text(): string {
    return Object.entries(this.#specs)
      .flatMap(([name, { kind, means, buckets }]) => [
        `# HELP ${name} ${means}`,
        `# TYPE ${name} ${kind}`,
        ...[...(this.#series.get(name)?.values() ?? [])].flatMap((series) =>
          kind === "histogram"
            ? histogramLines(name, series, buckets ?? [])
            : [`${name}${braces(series.labels)} ${series.value}`],
        ),
      ])
      .map((line) => `${line}\n`)
      .join("");
  }

  /** Returns the series with these labels, or undefined for a metric that is not in the table. */
  #of(name: string, given: Labels): Series | undefined {
    const spec = Object.hasOwn(this.#specs, name) ? this.#specs[name] : undefined;
    if (spec === undefined) return undefined;
    const all = this.#series.get(name) ?? new Map<string, Series>();
    this.#series.set(name, all);
    const labels = labelsOf(spec, (label) => labelValue(given[label]));
    const known = all.get(labels);
    if (known !== undefined) return known;
    const key = all.size < maxSeries ? labels : labelsOf(spec, () => "other");
    const made = all.get(key) ?? { labels: key, value: 0, count: 0, buckets: [] };
    all.set(key, made);
    return made;
  }
}

function labelsOf({ labels }: MetricSpec, valueFor: (label: string) => string): string {
  return labels.map((label) => `${label}="${valueFor(label)}"`).join(",");
}

function labelValue(value: string | undefined): string {
  if (value === undefined) return "none";
  return plainName.test(value) ? value : "other";
}

function histogramLines(
  name: string,
  { labels, value, count, buckets }: Series,
  bounds: readonly number[],
): readonly string[] {
  const all = (bound: string) => braces(labels === "" ? bound : `${labels},${bound}`);
  return [
    ...bounds.map((bound, at) => `${name}_bucket${all(`le="${bound}"`)} ${buckets[at] ?? 0}`),
    `${name}_bucket${all('le="+Inf"')} ${count}`,
    `${name}_sum${braces(labels)} ${value}`,
    `${name}_count${braces(labels)} ${count}`,
  ];
}

function braces(labels: string): string {
  return labels === "" ? "" : `{${labels}}`;
}
