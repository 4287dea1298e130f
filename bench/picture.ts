/** docs/benchmarks.svg: how many times faster than each peer, a line an entry, on a logarithmic scale. */
import { OURS } from "./judge.js";
import type { Results } from "./report.js";

interface Line {
  readonly title: string;
  /** Ratios by peer; a peer that could not do the work has none. */
  readonly ratios: Readonly<Record<string, number>>;
}

const ROW = 18;
const LEFT = 430;
const SCALE = 470;
const RIGHT = 34;
const TOP = 74;
const WIDTH = LEFT + SCALE + RIGHT;
/** The scale's ends: what lies beyond is drawn at the edge, with its figure. */
const [LEAST, MOST] = [0.25, 1000];
const TICKS = [0.25, 0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000];

/** Shapes tell the peers apart where colours do not. */
const MARKS = [
  (x: number, y: number) => `<circle cx="${x}" cy="${y}" r="4.5"/>`,
  (x: number, y: number) => `<rect x="${x - 4}" y="${y - 4}" width="8" height="8"/>`,
  (x: number, y: number) => `<path d="M${x} ${y - 5.5}l5 9.5h-10z"/>`,
];

const STYLE = `
    text { font: 12px system-ui, sans-serif; fill: var(--ink) }
    .title { font-size: 15px; font-weight: 600 }
    .soft { fill: var(--soft) }
    .ground { fill: var(--ground) }
    .band { fill: var(--band) }
    .grid { stroke: var(--grid) }
    .one { stroke: var(--ink) }
    .peer0 { fill: var(--peer0) }
    .peer1 { fill: var(--peer1) }
    .peer2 { fill: var(--peer2) }
    svg { --ground: #ffffff; --band: #f4f6f8; --ink: #1f2328; --soft: #59636e; --grid: #d8dee4;
      --peer0: #0b62d6; --peer1: #b54800; --peer2: #0f7b45 }
    @media (prefers-color-scheme: dark) {
      svg { --ground: #0d1117; --band: #161b22; --ink: #e6edf3; --soft: #9198a1; --grid: #30363d;
        --peer0: #6cb0ff; --peer1: #ffa657; --peer2: #56d388 }
    }`;

const escaped = (text: string): string =>
  text.replace(/[&<>]/g, (sign) => `&#${sign.charCodeAt(0)};`);

const place = (ratio: number): number => {
  const share = Math.log(ratio / LEAST) / Math.log(MOST / LEAST);
  return Math.round((LEFT + SCALE * Math.min(1, Math.max(0, share))) * 10) / 10;
};

const short = (ratio: number): string => `${ratio < 10 ? ratio.toPrecision(2) : ratio.toFixed(0)}x`;

function marks({ title, ratios }: Line, peers: readonly string[], y: number): string {
  return peers
    .flatMap((name, i) => {
      const ratio = ratios[name];
      if (ratio === undefined) return [];
      const mark = MARKS[i % MARKS.length]!(place(ratio), y);
      const beyond =
        ratio > MOST || ratio < LEAST
          ? `<text x="${place(ratio) - 8}" y="${y + 4}" text-anchor="end">${short(ratio)}</text>`
          : "";
      const told = `<title>${escaped(`${title}: ${short(ratio)} ${name}`)}</title>`;
      return [`<g class="peer${i % MARKS.length}">${told}${mark}</g>${beyond}`];
    })
    .join("");
}

function scale(height: number): string {
  return TICKS.map((tick) => {
    const x = place(tick);
    const line = `<line class="${tick === 1 ? "one" : "grid"}" x1="${x}" x2="${x}" y1="${TOP - 6}" y2="${height - 8}"/>`;
    return `${line}<text class="soft" x="${x}" y="${TOP - 12}" text-anchor="middle">${tick}x</text>`;
  }).join("\n  ");
}

function legend(peers: readonly string[]): string {
  let x = LEFT;
  return peers
    .map((name, i) => {
      const mark = `<g class="peer${i % MARKS.length}">${MARKS[i % MARKS.length]!(x, 40)}</g>`;
      const text = `<text x="${x + 10}" y="44">${escaped(name)}</text>`;
      x += 34 + 7 * name.length;
      return mark + text;
    })
    .join("");
}

/** What there is to draw: rows that at least one peer can do. */
function lines({ rows, startup }: Results): Line[] {
  const line = (title: string, scores: Results["startup"]): Line[] => {
    const ours = scores[OURS]?.ms;
    const ratios = Object.entries(scores).flatMap(([name, { ms }]) =>
      name === OURS || ms === undefined || ours === undefined ? [] : [[name, ms / ours] as const],
    );
    return ratios.length > 0 ? [{ title, ratios: Object.fromEntries(ratios) }] : [];
  };
  const alone = rows.filter(({ entry }) => entry.threads === undefined);
  return [
    ...alone.flatMap(({ entry, scores }) => line(entry.title, scores)),
    ...line("import to first result", startup),
  ];
}

/** The picture, readable on light and on dark ground. */
export function picture(results: Results): string {
  const peers = results.names.filter((name) => name !== OURS);
  const all = lines(results);
  const height = TOP + all.length * ROW + 14;
  const body = all.map((line, i) => {
    const y = TOP + i * ROW + ROW / 2;
    const band =
      i % 2 === 0
        ? `<rect class="band" x="8" y="${y - ROW / 2}" width="${WIDTH - 16}" height="${ROW}"/>`
        : "";
    const title = `<text x="${LEFT - 14}" y="${y + 4}" text-anchor="end">${escaped(line.title)}</text>`;
    return { band, title, marks: marks(line, peers, y) };
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="How many times faster ${OURS} is than each peer">
  <style>${STYLE}
  </style>
  <rect class="ground" width="${WIDTH}" height="${height}" rx="6"/>
  <text class="title" x="16" y="26">How many times faster ${OURS} is, one core</text>
  <text class="soft" x="16" y="44">right of 1x: faster than the peer; no mark: it cannot do that</text>
  ${legend(peers)}
  ${body.map(({ band }) => band).join("\n  ")}
  ${scale(height)}
  ${body.map(({ title, marks }) => `${title}${marks}`).join("\n  ")}
</svg>
`;
}
